import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import type { LogFields } from '../src/log.ts';
import { silentLog } from '../src/log.ts';
import type { HttpApiOptions } from '../src/services/api-gateway.ts';
import { createHttpApi } from '../src/services/api-gateway.ts';
import type { HttpApiEvent } from '../src/services/api-gateway-event.ts';
import { served } from './served.ts';

export interface Answer {
  status: number | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Request {
  method?: string;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
}

export interface RunningApi {
  port: number;
  events: HttpApiEvent[];
  log: { event: string; fields: LogFields }[];
  send(this: void, path: string, request?: Request): Promise<Answer>;
}

/** What the function behind every route does; the payload it answers with is JSON text. */
export type Answering = (event: HttpApiEvent, signal: AbortSignal) => string | Promise<string>;

/** An HTTP API behind a socket, that ends with the test. Its function runs in this process. */
export async function startApi(
  t: TestContext,
  answer: Answering,
  options: Partial<HttpApiOptions> = {},
): Promise<RunningApi> {
  const events: HttpApiEvent[] = [];
  const log: RunningApi['log'] = [];
  const record = (event: string, fields: LogFields = {}) => void log.push({ event, fields });
  const api = createHttpApi({
    apiId: 'a1b2c3d4e5',
    stage: '$default',
    region: 'eu-west-1',
    accountId: '123456789012',
    routes: [{ routeKey: '$default', target: 'function' }],
    log: { ...silentLog, info: record, error: record },
    async invoke({ payload, signal }) {
      const event = JSON.parse(payload) as HttpApiEvent;
      events.push(event);
      return { payload: await answer(event, signal) };
    },
    ...options,
  });
  const port = await served(t, (message, response) => api.handle(message, response));
  return { port, events, log, send: (path, given) => sendRequest(port, path, given) };
}

async function sendRequest(
  port: number,
  path: string,
  { method = 'GET', headers = {}, body }: Request = {},
): Promise<Answer> {
  const message = request({ host: '127.0.0.1', port, path, method, headers });
  message.end(body);
  const [response] = (await once(message, 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}
