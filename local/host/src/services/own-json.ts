import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { refuse } from '../http-server.ts';
import type { Log } from '../log.ts';
import { discardRequestBody, readRequestBody } from './request-body.ts';

// What the JSON requests below `/_countersign/` have in common.

/** Something is wrong with a request: what is said of it, and as which status. */
export class Refusal extends Error {
  readonly status: number;
  readonly type: string;

  constructor(status: number, type: string, message: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
}

/** A listener that answers with what the work gives or with its {@link Refusal}, and logs whatever else went wrong. */
export function answering(
  log: Log,
  work: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>,
): RequestListener {
  return (request, response) => {
    Promise.try(work, request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else if (error instanceof Refusal) {
        discardRequestBody(request);
        refuse(response, error.status, error.type, error.message);
      } else {
        log.error('own-request.failed', { path: request.url?.split('?', 1)[0], error });
        refuse(response, 500, 'InternalError', 'Something went wrong. The log says what.');
      }
    });
  };
}

export function requireMethod(request: IncomingMessage, method: 'GET' | 'POST'): void {
  if (request.method === method) return;
  throw new Refusal(405, 'MethodNotAllowed', `This is ${method === 'GET' ? 'read with GET' : 'asked with POST'}.`);
}

/** Reads a JSON object. @throws {Refusal} */
export async function readJsonObject(request: IncomingMessage, bytesMax: number): Promise<Record<string, unknown>> {
  // A form of any page could send every other type.
  if (!/^application\/json\s*(?:;|$)/iv.test(request.headers['content-type'] ?? ''))
    throw new Refusal(415, 'UnsupportedMediaType', 'The body is application/json.');
  const body = await readRequestBody(request, bytesMax);
  if (body === undefined) throw new Refusal(413, 'RequestTooLarge', `The body has at most ${bytesMax} bytes.`);
  const value = parseJson(body.toString());
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new Refusal(400, 'ValidationException', 'The body has to be a JSON object, such as {}.');
}

export function sendJsonText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(text);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
