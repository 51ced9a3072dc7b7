import { Agent as HttpAgent, type IncomingHttpHeaders, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Place } from './place.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** As many as the SDK keeps to one host. */
const SOCKETS_MAX = 50;

const http = new HttpAgent({ keepAlive: true, maxSockets: SOCKETS_MAX });
const https = new HttpsAgent({ keepAlive: true, maxSockets: SOCKETS_MAX });

/** Sends a request over a connection that is kept. Rejected where no whole answer comes. */
export function exchange(
  { protocol, hostname, port }: Place,
  { method, path, headers, body }: { method: string; path: string; headers: Record<string, string>; body: string },
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const isPlain = protocol === 'http:';
  const options = { hostname, port, method, path, headers, agent: isPlain ? http : https };
  const request = (isPlain ? httpRequest : httpsRequest)(options, (response) => {
    const { statusCode: status = 0 } = response;
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (part: string) => (text += part));
    response.once('end', () => resolve({ status, headers: response.headers, body: text }));
    response.once('error', reject);
  });
  request.once('error', reject);
  request.end(body);
  return promise;
}
