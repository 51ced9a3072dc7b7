import { checksumName } from './s3-body.ts';
import { S3Error } from './s3-error.ts';
import type { BucketExchange, S3Answer, S3Context } from './s3-exchange.ts';
import { startsWith } from './s3-lifecycle.ts';
import type { Bucket, ObjectHead, S3Store } from './s3-store.ts';
import { xmlDocument, xmlText } from './s3-xml.ts';

const KEYS_MAX = 1000;

/** What is listed under one line: an object, or all keys that go on alike up to the delimiter. */
type Entry = { kind: 'object'; head: ObjectHead } | { kind: 'common prefix'; prefix: Buffer };

interface Listing {
  prefix: Buffer;
  delimiter: Buffer;
  maxKeys: number;
  from: Position;
}

interface Position {
  key: Buffer;
  isInclusive: boolean;
}

/** In the binary order of UTF-8, which is not the order JavaScript sorts in. @see S3 API Reference, ListObjectsV2 */
export function listObjectsV2({ store }: S3Context, { bucket, request }: BucketExchange): S3Answer {
  const { query } = request;
  const continuationToken = query.get('continuation-token');
  const startAfter = query.get('start-after');
  const encodingType = query.get('encoding-type');
  if (encodingType !== undefined && encodingType !== 'url') throw invalidArgument('encoding-type', encodingType);
  const listing: Listing = {
    prefix: Buffer.from(query.get('prefix') ?? ''),
    delimiter: Buffer.from(query.get('delimiter') ?? ''),
    maxKeys: parseMaxKeys(query.get('max-keys')),
    from:
      continuationToken === undefined
        ? { key: Buffer.from(startAfter ?? ''), isInclusive: startAfter === undefined }
        : parseContinuationToken(continuationToken),
  };
  const { entries, isTruncated } = listEntries(store, bucket, listing);
  const last = entries.at(-1);

  const encode = encodingType === 'url' ? urlEncoded : (text: string) => text;
  const optional = (name: string, value: string | undefined) => (value === undefined ? '' : xmlText(name, value));
  const elements = [
    xmlText('Name', bucket.name),
    xmlText('Prefix', encode(query.get('prefix') ?? '')),
    optional('Delimiter', query.has('delimiter') ? encode(query.get('delimiter') ?? '') : undefined),
    optional('StartAfter', startAfter === undefined ? undefined : encode(startAfter)),
    optional('EncodingType', encodingType),
    optional('ContinuationToken', continuationToken),
    optional('NextContinuationToken', isTruncated && last !== undefined ? mintContinuationToken(last) : undefined),
    xmlText('KeyCount', entries.length),
    xmlText('MaxKeys', listing.maxKeys),
    xmlText('IsTruncated', isTruncated),
    ...entries.map((entry) => entryElement(entry, encode, query.get('fetch-owner') === 'true')),
  ];
  return { status: 200, body: xmlDocument('ListBucketResult', elements.join('')) };
}

/** Reads no more rows than it answers: behind a common prefix it goes on at the first key that is not under it. */
function listEntries(store: S3Store, bucket: Bucket, listing: Listing): { entries: Entry[]; isTruncated: boolean } {
  const entries: Entry[] = [];
  if (listing.maxKeys === 0) return { entries, isTruncated: false };
  let position: Position | undefined = laterOf(listing.from, { key: listing.prefix, isInclusive: true });
  while (position !== undefined) {
    let next: Position | undefined;
    for (const head of store.liveFrom(bucket, position.key, position.isInclusive)) {
      if (!startsWith(head.key, listing.prefix)) break;
      if (entries.length === listing.maxKeys) return { entries, isTruncated: true };
      const entry = entryOf(head, listing);
      entries.push(entry);
      if (entry.kind === 'object') continue;
      next = behind(entry.prefix);
      break;
    }
    position = next;
  }
  return { entries, isTruncated: false };
}

function entryOf(head: ObjectHead, { prefix, delimiter }: Listing): Entry {
  const at = delimiter.length === 0 ? -1 : head.key.indexOf(delimiter, prefix.length);
  if (at === -1) return { kind: 'object', head };
  return { kind: 'common prefix', prefix: Buffer.from(head.key.subarray(0, at + delimiter.length)) };
}

function laterOf(a: Position, b: Position): Position {
  return a.key.compare(b.key) >= 0 ? a : b;
}

/** The first possible key that does not begin so. UTF-8 knows no byte 255, so there is always one. */
function behind(prefix: Buffer): Position | undefined {
  const key = Buffer.from(prefix);
  const last = key.at(-1);
  if (last === undefined) return undefined;
  key[key.length - 1] = last + 1;
  return { key, isInclusive: true };
}

/** A letter for the kind of the last entry, and its bytes. Callers pass it back as it is. */
function mintContinuationToken(last: Entry): string {
  const [kind, bytes] = last.kind === 'object' ? ['k', last.head.key] : ['p', last.prefix];
  return Buffer.concat([Buffer.from(kind), bytes]).toString('base64url');
}

function parseContinuationToken(token: string): Position {
  const bytes = Buffer.from(token, 'base64url');
  const kind = String.fromCharCode(bytes[0] ?? 0);
  const key = bytes.subarray(1);
  const position = kind === 'p' ? behind(key) : { key, isInclusive: false };
  const isOurs = /^[kp]$/v.test(kind) && bytes.toString('base64url') === token;
  if (isOurs && position !== undefined) return position;
  throw new S3Error('InvalidArgument', 'The continuation token provided is incorrect', {
    ArgumentName: 'continuation-token',
  });
}

function parseMaxKeys(given: string | undefined): number {
  if (given === undefined) return KEYS_MAX;
  if (!/^\d{1,10}$/v.test(given)) throw invalidArgument('max-keys', given);
  return Math.min(Number(given), KEYS_MAX);
}

function invalidArgument(name: string, value: string): S3Error {
  const message = `Invalid value for ${name}`;
  return new S3Error('InvalidArgument', message, { ArgumentName: name, ArgumentValue: value });
}

/** A space as %20: decoders differ on what a plus sign means. */
function urlEncoded(text: string): string {
  return encodeURIComponent(text)
    .replaceAll('%2F', '/')
    .replace(/[!'\(\)~]/gv, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function entryElement(entry: Entry, encode: (text: string) => string, isOwnerWanted: boolean): string {
  if (entry.kind === 'common prefix') {
    return `<CommonPrefixes>${xmlText('Prefix', encode(entry.prefix.toString()))}</CommonPrefixes>`;
  }
  const { head } = entry;
  const checksum =
    head.checksum === undefined
      ? ''
      : xmlText('ChecksumAlgorithm', checksumName(head.checksum.header)) + xmlText('ChecksumType', 'FULL_OBJECT');
  const elements = [
    xmlText('Key', encode(head.key.toString())),
    xmlText('LastModified', new Date(head.lastModifiedMs).toISOString()),
    xmlText('ETag', `"${head.etag}"`),
    checksum,
    xmlText('Size', head.size),
    isOwnerWanted ? '<Owner><ID>local</ID></Owner>' : '',
    xmlText('StorageClass', 'STANDARD'),
  ];
  return `<Contents>${elements.join('')}</Contents>`;
}
