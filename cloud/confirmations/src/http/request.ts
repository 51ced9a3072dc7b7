import { HttpError } from './http-error.ts';
import { isConfirmationId } from '../confirmation-id.ts';

/** Larger orders belong in a document that the order names. Step Functions itself takes 256 KiB. */
const BODY_BYTES_MAX = 64 * 1024;

const PAGE_LIMIT_DEFAULT = 50;
const PAGE_LIMIT_MAX = 100;

/**
 * The JSON of a body.
 *
 * @throws {HttpError} 400, 413, 415
 */
export async function readJson(request: Request): Promise<unknown> {
  const mediaType = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    throw new HttpError(415, `Send the body as application/json, not as ${mediaType ?? 'nothing in particular'}.`);
  }
  // A small body that unpacks into a huge one would pass the limit below.
  const encoding = request.headers.get('content-encoding');
  if (encoding !== null) throw new HttpError(415, `Send the body as it is, not encoded with "${encoding}".`);

  const bytes = await request.arrayBuffer();
  if (bytes.byteLength > BODY_BYTES_MAX) {
    throw new HttpError(413, `A body may have ${BODY_BYTES_MAX} bytes; this one has ${bytes.byteLength}.`);
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new HttpError(400, 'The body is not JSON in UTF-8.');
  }
}

/** @throws {HttpError} 400 */
export function readIdempotencyKey(request: Request): string | undefined {
  const key = request.headers.get('idempotency-key') ?? undefined;
  if (key === undefined || /^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new HttpError(400, 'An Idempotency-Key is 1 to 255 visible ASCII characters.');
}

/**
 * Which page of a list.
 *
 * @throws {HttpError} 400
 */
export function readPage(query: URLSearchParams): { after?: string; limit: number } {
  const limit = query.get('limit') ?? String(PAGE_LIMIT_DEFAULT);
  if (!/^\d{1,3}$/.test(limit) || Number(limit) < 1 || Number(limit) > PAGE_LIMIT_MAX) {
    throw new HttpError(400, `limit is a number from 1 to ${PAGE_LIMIT_MAX}.`);
  }
  const after = query.get('cursor');
  if (after !== null && !isConfirmationId(after)) {
    throw new HttpError(400, 'cursor is the nextCursor of an earlier answer, or absent.');
  }
  return { limit: Number(limit), ...(after !== null && { after }) };
}

/** @throws {HttpError} 400 */
export function readFlag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name) ?? 'false';
  if (value !== 'true' && value !== 'false') throw new HttpError(400, `${name} is true or false.`);
  return value === 'true';
}
