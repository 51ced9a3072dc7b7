import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

export interface HttpRequest {
  readonly method: string;
  /** Whose protocol, host and port are taken. */
  readonly base: URL;
  /** Escaped, with the query. Sent as it is: `..` is a part of a name to Amazon S3. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface HttpReply {
  readonly statusCode: number;
  readonly statusText: string;
  /** In the spelling that they were sent in. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** The first header of this name, which is given in small letters. */
  header(name: string): string | undefined;
  readonly body: Buffer;
}

export interface HttpLimits {
  readonly replyBytesMax: number;
  readonly timeoutMs: number;
}

/**
 * Sends one request, once, and reads the whole reply. Redirects are answers like any other.
 *
 * @throws {HttpFailure} if there is no complete reply within the limits.
 */
export async function exchange(request: HttpRequest, limits: HttpLimits, signal: AbortSignal): Promise<HttpReply> {
  const timeout = AbortSignal.timeout(limits.timeoutMs);
  try {
    return await send(request, limits.replyBytesMax, AbortSignal.any([signal, timeout]));
  } catch (thrown) {
    if (timeout.aborted) throw new HttpFailure(`no reply within ${limits.timeoutMs / 1000} seconds`);
    throw thrown instanceof HttpFailure ? thrown : new HttpFailure(reasonOf(thrown, request));
  }
}

/** The message says what went wrong, and nothing of what was sent. */
export class HttpFailure extends Error {}

const options = { keepAlive: true, timeout: 4000 } as const;
const agents = { http: new HttpAgent(options), https: new HttpsAgent(options) };

function send(request: HttpRequest, replyBytesMax: number, signal: AbortSignal): Promise<HttpReply> {
  const { method, base, path, headers, body } = request;
  const isSecure = base.protocol === 'https:';
  const { promise, resolve, reject } = Promise.withResolvers<HttpReply>();
  const sent = (isSecure ? httpsRequest : httpRequest)({
    agent: isSecure ? agents.https : agents.http,
    method,
    hostname: base.hostname.replace(/^\[|\]$/g, ''),
    ...(base.port !== '' && { port: base.port }),
    path,
    headers: { ...headers, ...((body.length > 0 || !isBodiless(method)) && { 'content-length': body.length }) },
    signal,
  });
  sent.on('error', reject);
  sent.on('response', (response) => {
    resolve(read(response, replyBytesMax));
  });
  sent.end(body);
  return promise;
}

function isBodiless(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

async function read(response: IncomingMessage, replyBytesMax: number): Promise<HttpReply> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > replyBytesMax) throw new HttpFailure(`the reply is longer than ${replyBytesMax} bytes`);
    parts.push(part);
  }
  return {
    statusCode: response.statusCode ?? 0,
    statusText: response.statusMessage ?? '',
    headers: spelledAsSent(response.rawHeaders),
    header(name) {
      const value = response.headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
    body: Buffer.concat(parts),
  };
}

function spelledAsSent(rawHeaders: readonly string[]): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    headers[name] = [...(Object.hasOwn(headers, name) ? (headers[name] ?? []) : []), rawHeaders[index + 1] ?? ''];
  }
  return headers;
}

/** In the words of the SDK for Java where it has some, as recorded. */
function reasonOf(thrown: unknown, { base }: HttpRequest): string {
  const code = (thrown as { code?: unknown }).code;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `${base.hostname}: Name or service not known`;
  if (code === 'ECONNREFUSED') return `Connect to ${base.host} failed: Connection refused`;
  if (code === 'ECONNRESET') return 'Connection reset';
  return thrown instanceof Error ? thrown.message : 'the request failed';
}
