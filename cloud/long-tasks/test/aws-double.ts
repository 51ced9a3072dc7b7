import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** S3 and Step Functions as far as a supervisor calls them, by their own protocols; one bucket, and one task token that is waited for. */
export class AwsDouble {
  readonly objects = new Map<string, string>();
  /** What was said by the token, in order: `SendTaskHeartbeat`, `SendTaskSuccess {…}`, … */
  readonly said: { action: string; body: Record<string, unknown> }[] = [];
  /** Every request line, for what must not be in one. */
  readonly requests: string[] = [];
  waitsFor: string | undefined;
  /** S3 refuses to remove anything. */
  deletesNothing = false;
  /** The role may send heartbeats and nothing else. */
  refusesAnswers = false;
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await buffer(request)).toString();
    this.requests.push(`${request.method} ${request.url}`);
    const target = request.headers['x-amz-target'];
    const [status, text] = typeof target === 'string' ? this.#stepFunctions(target, body) : this.#s3(request, body);
    response.writeHead(status, { etag: '"etag"' }).end(text);
  }

  #s3({ method, url = '' }: IncomingMessage, body: string): [number, string] {
    const [, key = ''] = /^\/[^\/]+\/([^?]*)/v.exec(url) ?? [];
    if (method === 'DELETE' && this.deletesNothing) return [403, '<Error><Code>AccessDenied</Code></Error>'];
    if (method === 'PUT') this.objects.set(key, body);
    if (method === 'DELETE') this.objects.delete(key);
    if (method !== 'GET') return [method === 'DELETE' ? 204 : 200, ''];
    const found = this.objects.get(key);
    return found === undefined ? [404, '<Error><Code>NoSuchKey</Code></Error>'] : [200, found];
  }

  #stepFunctions(target: string, text: string): [number, string] {
    const body = JSON.parse(text) as Record<string, unknown>;
    const action = target.replace('AWSStepFunctions.', '');
    if (this.refusesAnswers && action !== 'SendTaskHeartbeat') {
      return [400, JSON.stringify({ __type: 'AccessDeniedException', message: 'not this role' })];
    }
    if (body['taskToken'] !== this.waitsFor) {
      return [
        400,
        JSON.stringify({ __type: 'TaskTimedOut', message: "Task Timed Out: 'Provided task does not exist anymore'" }),
      ];
    }
    this.said.push({ action, body });
    if (action !== 'SendTaskHeartbeat') this.waitsFor = undefined;
    return [200, '{}'];
  }
}
