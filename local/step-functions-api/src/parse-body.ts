import { SerializationException } from './errors.ts';
import { isTooDeep, TOO_DEEP } from './json-depth.ts';
import { isJsonBody, type JsonBody } from './parse-request.ts';

/** A byte order mark at the start is dropped, as Amazon's parser does; bytes that are not UTF-8 are refused. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads the JSON object of a request. An empty body counts as an empty object.
 *
 * @throws {SerializationException} that does not repeat the body: a task token may be in it
 */
export function parseBody(bytes: Buffer): JsonBody {
  if (bytes.length === 0) return {};
  const text = decode(bytes);
  if (isTooDeep(text)) throw new SerializationException(TOO_DEEP);
  const value = parseJson(text);
  if (!isJsonBody(value)) throw new SerializationException('The request body has to be a JSON object');
  return value;
}

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new SerializationException('The request body is not UTF-8');
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SerializationException('The request body is not valid JSON');
  }
}
