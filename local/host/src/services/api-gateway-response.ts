import { validateHeaderName, validateHeaderValue } from 'node:http';

/** What the client is sent. */
export interface ClientResponse {
  statusCode: number;
  /** Names in lower case. */
  headers: Map<string, string>;
  cookies: string[];
  body: string | Buffer;
}

/** What a function answered cannot be made a response. The client learns nothing of it; the log does. */
export class MalformedResponse extends Error {
  override readonly name = 'MalformedResponse';
}

export function messageResponse(statusCode: number, message: string): ClientResponse {
  const headers = new Map([['content-type', 'application/json']]);
  return { statusCode, headers, cookies: [], body: JSON.stringify({ message }) };
}

/**
 * Reads a function's result, JSON text. One with a statusCode is the response; any other is the body of a response
 * with status 200, as JSON or, if it is a string, as it is.
 *
 * @throws {MalformedResponse}
 * @see API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs", Lambda function response for format 2.0
 */
export function parseFunctionResult(payload: string): ClientResponse {
  const result: unknown = JSON.parse(payload);
  if (isObject(result) && result['statusCode'] !== undefined) return parseResponse(result);
  const headers = new Map([['content-type', 'application/json']]);
  return { statusCode: 200, headers, cookies: [], body: typeof result === 'string' ? result : payload };
}

function parseResponse(result: Record<string, unknown>): ClientResponse {
  const headers = parseHeaders(result['headers']);
  // What HTTP APIs have been seen to send when the function does not say.
  if (!headers.has('content-type')) headers.set('content-type', 'text/plain;charset=UTF-8');
  return {
    statusCode: parseStatusCode(result['statusCode']),
    headers,
    cookies: parseCookies(result['cookies']),
    body: parseBody(result['body'], result['isBase64Encoded']),
  };
}

function parseStatusCode(given: unknown): number {
  const statusCode = typeof given === 'string' && /^\d{3}$/v.test(given) ? Number(given) : given;
  const isFinal =
    typeof statusCode === 'number' && Number.isInteger(statusCode) && statusCode >= 200 && statusCode < 600;
  if (!isFinal) throw new MalformedResponse(`statusCode is not a number from 200 to 599 but ${describe(given)}`);
  return statusCode;
}

/** Short, and nothing of what an object holds. */
function describe(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number'
    ? `${typeof value} ${String(value).slice(0, 20)}`
    : typeof value;
}

/** The server frames the body itself, and the connection is its own. */
const NOT_THE_FUNCTIONS = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding', 'upgrade']);

function parseHeaders(given: unknown): Map<string, string> {
  const headers = new Map<string, string>();
  if (given === undefined || given === null) return headers;
  if (!isObject(given)) throw new MalformedResponse('headers is not an object');
  for (const [name, value] of Object.entries(given)) {
    const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    if (!isPlain) throw new MalformedResponse(`the header "${name}" is neither a string, a number nor a boolean`);
    checkHeader(name, String(value));
    if (!NOT_THE_FUNCTIONS.has(name.toLowerCase())) headers.set(name.toLowerCase(), String(value));
  }
  return headers;
}

function parseCookies(given: unknown): string[] {
  if (given === undefined || given === null) return [];
  const isList = Array.isArray(given) && given.every((cookie) => typeof cookie === 'string');
  if (!isList) throw new MalformedResponse('cookies is not a list of strings');
  for (const cookie of given) checkHeader('set-cookie', cookie);
  return given;
}

function checkHeader(name: string, value: string): void {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch {
    throw new MalformedResponse(`the header "${name}" has characters that a header cannot have`);
  }
}

function parseBody(given: unknown, isBase64Encoded: unknown): string | Buffer {
  if (given === undefined || given === null) return '';
  if (typeof given !== 'string') throw new MalformedResponse(`body is not a string but ${typeof given}`);
  return isBase64Encoded === true ? Buffer.from(given, 'base64') : given;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
