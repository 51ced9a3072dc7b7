import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { S3Error } from './s3-error.ts';

/** A request by the words of S3, path style. A key is whatever stands behind the bucket: `..` and `//` are part of it. */
export interface S3Request {
  method: string;
  /** Absent for `/`, which speaks of all buckets. */
  bucketName?: string;
  /** Absent where the request speaks of the bucket. */
  key?: string;
  /** Without what signs a URL and `x-id`. */
  query: ReadonlyMap<string, string>;
  headers: IncomingHttpHeaders;
}

/** S3 User Guide, "Object key naming guidelines". */
const KEY_BYTES_MAX = 1024;

/** Ignored: the SDK repeats the operation's name in `x-id`, and presigned URLs carry their signature. */
const IGNORED_PARAMETERS = /^(?:x-id$|x-amz-)/iv;

export function parseRequest(message: IncomingMessage): S3Request {
  // Not `new URL`: it would resolve `../`, and two keys would become one.
  const [path = '', search = ''] = splitAt(message.url ?? '/', '?');
  const [bucketPath, keyPath] = splitAt(path.replace(/^\//v, ''), '/');
  const query = parseQuery(search);
  requireSignature(message.headers, search);
  if (bucketPath === '' && keyPath !== undefined) throw invalidUri();
  return {
    method: message.method ?? 'GET',
    query,
    headers: message.headers,
    ...(bucketPath === undefined || bucketPath === '' ? {} : { bucketName: percentDecoded(bucketPath) }),
    ...(keyPath === undefined || keyPath === '' ? {} : { key: checkedKey(percentDecoded(keyPath)) }),
  };
}

/**
 * Any key id will do, but there must be one, and no web page may call: browsers send pages' simple requests to
 * 127.0.0.1 without asking, and these can carry neither this header nor hide where they come from.
 */
function requireSignature(headers: IncomingHttpHeaders, search: string): void {
  const isSigned = (headers.authorization?.startsWith('AWS4-') ?? false) || /(?:^|&)X-Amz-Signature=/iv.test(search);
  if (!isSigned)
    throw new S3Error('AccessDenied', 'Access Denied: the request is not signed. Any credentials will do.');
  if (headers.origin !== undefined) {
    throw new S3Error('AccessDenied', 'Access Denied: no web page may call this S3, whatever CORS rules a bucket has.');
  }
}

/** @throws {S3Error} for what can be no key */
export function checkedKey(key: string): string {
  const size = Buffer.byteLength(key);
  if (size > KEY_BYTES_MAX) {
    const limits = { Size: String(size), MaxSizeAllowed: String(KEY_BYTES_MAX) };
    throw new S3Error('KeyTooLongError', 'Your key is too long', limits);
  }
  if (key.includes('\0')) throw new S3Error('InvalidArgument', 'A key cannot contain the character NUL.');
  return key;
}

/**
 * @param text as Node gives the request line and headers: one character a byte.
 * @throws {S3Error} InvalidURI unless the decoded bytes are UTF-8
 */
export function percentDecoded(text: string): string {
  if (/%(?![\da-fA-F]{2})/v.test(text)) throw invalidUri();
  const decoded = text.replace(/%(?<code>[\da-fA-F]{2})/gv, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  try {
    return UTF8.decode(Buffer.from(decoded, 'latin1'));
  } catch {
    throw invalidUri();
  }
}

/** A byte order mark is a character of the key like any other. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parseQuery(search: string): Map<string, string> {
  const query = new Map<string, string>();
  for (const pair of search.split('&')) {
    const [name = '', value = ''] = splitAt(pair, '=').map((part) => percentDecoded(part.replaceAll('+', ' ')));
    if (name !== '' && !IGNORED_PARAMETERS.test(name)) query.set(name, value);
  }
  return query;
}

function splitAt(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function invalidUri(): S3Error {
  return new S3Error('InvalidURI', "Couldn't parse the specified URI.");
}
