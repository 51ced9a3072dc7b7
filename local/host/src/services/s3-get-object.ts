import { checkReadConditions } from './s3-conditions.ts';
import { noSuchKey, notImplemented, S3Error } from './s3-error.ts';
import type { ObjectExchange, S3Answer, S3Context } from './s3-exchange.ts';
import { checksumHeaders, objectHeaders, versionHeaders } from './s3-object-headers.ts';
import { toKnowWhatIsMissing } from './s3-permissions.ts';
import type { S3Request } from './s3-request.ts';
import type { ObjectHead } from './s3-store.ts';

/** What a caller may have answered in place of the object's own headers. */
export const RESPONSE_OVERRIDES = [
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-content-type',
  'response-expires',
];

/** @see S3 API Reference, GetObject */
export function getObject(context: S3Context, exchange: ObjectExchange): S3Answer {
  const { range, head, ...answer } = headOfAnswer(context, exchange);
  if (range === undefined) return answer;
  exchange.lease.take(range.length);
  return { ...answer, body: context.store.body(head.sequence, range.start, range.length) };
}

/** @see S3 API Reference, HeadObject */
export function headObject(context: S3Context, exchange: ObjectExchange): S3Answer {
  const { status, headers } = headOfAnswer(context, exchange);
  return { status, headers };
}

interface HeadOfAnswer extends S3Answer {
  headers: Record<string, string>;
  head: ObjectHead;
  /** The bytes that were asked for. Absent where none are to be sent. */
  range?: ByteRange;
}

function headOfAnswer(context: S3Context, exchange: ObjectExchange): HeadOfAnswer {
  const { bucket, request } = exchange;
  const head = findObject(context, exchange);
  const headers = { ...objectHeaders(bucket, head), ...overrides(request) };
  const { headers: given } = request;
  const conditions = {
    ifMatch: given['if-match'],
    ifNoneMatch: given['if-none-match'],
    ifModifiedSince: given['if-modified-since'],
    ifUnmodifiedSince: given['if-unmodified-since'],
  };
  if (checkReadConditions(conditions, head) === 'not modified') return { status: 304, headers, head };

  const range = requestedRange(request, head);
  if (range !== undefined) {
    const contentRange = `bytes ${range.start}-${range.start + range.length - 1}/${head.size}`;
    const partial = { 'content-range': contentRange, 'content-length': String(range.length) };
    return { status: 206, headers: { ...headers, ...partial }, head, range };
  }
  const checksum = given['x-amz-checksum-mode'] === 'ENABLED' ? checksumHeaders(head) : {};
  const whole = { ...checksum, 'content-length': String(head.size) };
  return { status: 200, headers: { ...headers, ...whole }, head, range: { start: 0, length: head.size } };
}

/**
 * @throws {S3Error} NoSuchKey, NoSuchVersion; MethodNotAllowed for a delete marker asked for by its version
 * @throws {AccessRefused} in place of NoSuchKey for who may not list the bucket
 */
export function findObject(
  { store }: S3Context,
  { bucket, key, keyBytes, request, require }: Omit<ObjectExchange, 'message' | 'lease'>,
): ObjectHead {
  const versionId = request.query.get('versionId');
  const head = versionId === undefined ? store.live(bucket, keyBytes) : store.version(bucket, keyBytes, versionId);
  if (head?.isDeleteMarker === true) {
    const marker = { ...markerHeaders, ...versionHeaders(bucket, head), allow: 'DELETE' };
    throw new S3Error('MethodNotAllowed', 'The specified method is not allowed against this resource.', {}, marker);
  }
  if (head !== undefined) return head;
  if (versionId !== undefined) {
    throw new S3Error('NoSuchVersion', 'The specified version does not exist.', { Key: key, VersionId: versionId });
  }
  require(toKnowWhatIsMissing({ bucketName: bucket.name }));
  const marker = store.deleteMarker(bucket, keyBytes);
  throw noSuchKey(key, marker === undefined ? {} : { ...markerHeaders, ...versionHeaders(bucket, marker) });
}

const markerHeaders = { 'x-amz-delete-marker': 'true' };

function overrides({ query }: S3Request): Record<string, string> {
  const given: Record<string, string> = {};
  for (const name of RESPONSE_OVERRIDES) {
    const value = query.get(name);
    if (value === undefined) continue;
    // A line break would end the header and begin one of the caller's own.
    if (/\p{Cc}/v.test(value)) {
      throw new S3Error('InvalidArgument', `The value of ${name} contains a control character.`);
    }
    given[name.replace('response-', '')] = Buffer.from(value).toString('latin1');
  }
  return given;
}

interface ByteRange {
  start: number;
  length: number;
}

/**
 * The one range S3 answers in a request. What is no range at all is passed over, as RFC 9110 wants it.
 *
 * @throws {S3Error} InvalidRange, NotImplemented
 */
function requestedRange({ headers }: S3Request, head: ObjectHead): ByteRange | undefined {
  const { range, 'if-range': ifRange } = headers;
  if (range === undefined || (ifRange !== undefined && !isSame(String(ifRange), head))) return undefined;
  if (/^bytes=.*,/v.test(range)) throw notImplemented('several ranges in one request');
  const { first = '', last = '' } = /^bytes=(?<first>\d*)-(?<last>\d*)$/v.exec(range)?.groups ?? {};
  const isBackwards = first !== '' && last !== '' && Number(last) < Number(first);
  if ((first === '' && last === '') || isBackwards) return undefined;

  const start = first === '' ? Math.max(0, head.size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? head.size : Math.min(head.size, Number(last) + 1);
  if (start < end) return { start, length: end - start };
  throw new S3Error(
    'InvalidRange',
    'The requested range is not satisfiable',
    { RangeRequested: range, ActualObjectSize: String(head.size) },
    { 'content-range': `bytes */${head.size}` },
  );
}

function isSame(ifRange: string, head: ObjectHead): boolean {
  return ifRange === `"${head.etag}"` || ifRange === new Date(head.lastModifiedMs).toUTCString();
}
