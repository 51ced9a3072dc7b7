import { createHash, createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** What a request says of its signature: in the header `Authorization`, or in the query of a presigned URL. */
export interface ClaimedSignature {
  readonly accessKeyId: string;
  readonly sessionToken?: string;
  /** Day, region and service that the key is for: `20260101/us-east-1/s3`. */
  readonly scope: Scope;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** `20260101T120000Z` */
  readonly date: string;
  /** Of a presigned URL alone. */
  readonly expiresSeconds?: number;
}

interface Scope {
  readonly day: string;
  readonly region: string;
  readonly service: string;
}

/** A request as it came over the wire. */
export interface SignedRequest {
  readonly method?: string | undefined;
  /** Path and query, as sent. */
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

const HEADER =
  /^AWS4-HMAC-SHA256 +Credential=([^\/\s,]+)\/(\d{8})\/([^\/\s,]+)\/([^\/\s,]+)\/aws4_request, *SignedHeaders=([^\s,]+), *Signature=([0-9a-f]{64})$/v;
const CREDENTIAL = /^([^\/\s]+)\/(\d{8})\/([^\/\s]+)\/([^\/\s]+)\/aws4_request$/v;

/** The access key id that a request names, whatever else is right or wrong with it. */
export function accessKeyIdOf({ headers, url = '/' }: SignedRequest): string | undefined {
  const { authorization } = headers;
  if (authorization !== undefined) return /Credential=([^\/\s,]+)\//v.exec(authorization)?.[1];
  return url.includes('X-Amz-Credential=') ? queryOf(url).get('X-Amz-Credential')?.split('/', 1)[0] : undefined;
}

/** @returns undefined where there is none, or none that can be read. */
export function claimedSignature(request: SignedRequest): ClaimedSignature | undefined {
  return request.headers.authorization === undefined ? claimedInQuery(request) : claimedInHeader(request);
}

function claimedInHeader({ headers }: SignedRequest): ClaimedSignature | undefined {
  const match = HEADER.exec(headers.authorization ?? '');
  const date = oneOf(headers['x-amz-date']);
  if (match === null || date === undefined) return undefined;
  const [, accessKeyId = '', day = '', region = '', service = '', signedHeaders = '', signature = ''] = match;
  const sessionToken = oneOf(headers['x-amz-security-token']);
  return {
    accessKeyId,
    ...(sessionToken !== undefined && { sessionToken }),
    scope: { day, region, service },
    signedHeaders: signedHeaders.split(';'),
    signature,
    date,
  };
}

function claimedInQuery({ url = '/' }: SignedRequest): ClaimedSignature | undefined {
  const query = queryOf(url);
  const match = CREDENTIAL.exec(query.get('X-Amz-Credential') ?? '');
  const [date, signedHeaders] = [query.get('X-Amz-Date'), query.get('X-Amz-SignedHeaders')];
  const [signature, expires] = [query.get('X-Amz-Signature'), query.get('X-Amz-Expires')];
  if (match === null || !date || !signedHeaders || !signature || !/^\d{1,6}$/v.test(expires ?? '')) return undefined;
  const [, accessKeyId = '', day = '', region = '', service = ''] = match;
  const sessionToken = query.get('X-Amz-Security-Token');
  return {
    accessKeyId,
    ...(sessionToken !== null && { sessionToken }),
    scope: { day, region, service },
    signedHeaders: signedHeaders.split(';'),
    signature,
    date,
    expiresSeconds: Number(expires),
  };
}

/**
 * Signs a request anew, as its sender did. Two signatures are compared in constant time by {@link isSignedWith}.
 *
 * @see IAM User Guide, "Create a signed AWS API request"
 */
export interface SignatureVerifier {
  /** @param body what a request without the header `x-amz-content-sha256` is signed over; S3 is given none. */
  isSignedWith(
    secretAccessKey: string,
    claimed: ClaimedSignature,
    request: SignedRequest,
    body: Uint8Array | undefined,
  ): boolean;
}

/** A key for a day, region and service is the same for all requests of that day. */
const KEYS_MAX = 1000;

export function signatureVerifier(): SignatureVerifier {
  const keys = new Map<string, KeyObject>();

  function signingKey(secretAccessKey: string, accessKeyId: string, scope: Scope): KeyObject {
    const { day, region, service } = scope;
    const name = `${accessKeyId}/${day}/${region}/${service}`;
    const kept = keys.get(name);
    if (kept !== undefined) return kept;
    const key = signingKeyOf(secretAccessKey, scope);
    if (keys.size >= KEYS_MAX) keys.clear();
    keys.set(name, key);
    return key;
  }

  return {
    isSignedWith(secretAccessKey, claimed, request, body) {
      const { accessKeyId, scope, date, signature, signedHeaders } = claimed;
      if (!date.startsWith(scope.day) || !coversWhatMatters(signedHeaders, request.headers)) return false;
      if (!isOverBody(request.headers, body)) return false;
      const { day, region, service } = scope;
      const scopeText = `${day}/${region}/${service}/aws4_request`;
      const canonical = sha256(canonicalRequest(claimed, request, body));
      const toSign = ['AWS4-HMAC-SHA256', date, scopeText, canonical].join('\n');
      const wanted = hmac(signingKey(secretAccessKey, accessKeyId, scope), toSign);
      const given = Buffer.from(signature, 'hex');
      return given.length === wanted.length && timingSafeEqual(given, wanted);
    },
  };
}

/**
 * What everything of a scope is signed with in place of the secret itself. A key object: of bytes Node makes one for each
 * signature, which takes three times as long as to sign.
 */
export function signingKeyOf(secretAccessKey: string, { day, region, service }: Scope): KeyObject {
  const parts = [day, region, service, 'aws4_request'];
  const start = createSecretKey(Buffer.from(`AWS4${secretAccessKey}`));
  return parts.reduce((secret, part) => createSecretKey(hmac(secret, part)), start);
}

/** Without the host a request could be sent elsewhere, and what stands in `x-amz-` headers is part of what is asked. */
function coversWhatMatters(signedHeaders: readonly string[], headers: IncomingHttpHeaders): boolean {
  const wanted = Object.keys(headers).filter((name) => name === 'host' || name.startsWith('x-amz-'));
  return wanted.every((name) => signedHeaders.includes(name));
}

/** S3 compares what it is sent with this header by itself, and is given no body here. */
function isOverBody(headers: IncomingHttpHeaders, body: Uint8Array | undefined): boolean {
  const given = oneOf(headers['x-amz-content-sha256']);
  return body === undefined || given === undefined || !/^[0-9a-f]{64}$/v.test(given) || given === sha256(body);
}

/** When it was signed. Epoch milliseconds; NaN for what is no date. */
export function signedAtMs({ date }: ClaimedSignature): number {
  return Date.parse(date.replace(/^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/v, '$1-$2-$3T$4:$5:$6Z'));
}

function canonicalRequest(
  { scope, signedHeaders, expiresSeconds }: ClaimedSignature,
  { method = 'GET', url = '/', headers }: SignedRequest,
  body: Uint8Array | undefined,
): string {
  const isS3 = scope.service === 's3';
  const isPresigned = expiresSeconds !== undefined;
  const [path = '/', search = ''] = splitAt(url, '?');
  const given = oneOf(headers['x-amz-content-sha256']);
  const payload = given ?? (isPresigned && isS3 ? 'UNSIGNED-PAYLOAD' : sha256(body ?? ''));
  return [
    method,
    // All but S3 escape the path once more than it was sent.
    isS3 ? path : normalized(path).split('/').map(escaped).join('/'),
    canonicalQuery(search, isPresigned),
    ...signedHeaders.map((name) => `${name}:${headerText(headers[name])}`),
    '',
    signedHeaders.join(';'),
    payload,
  ].join('\n');
}

/** Nor does any other service tell `//` or `/../` from what they come to. */
function normalized(path: string): string {
  const segments = path.split('/').reduce<string[]>((before, segment) => {
    if (segment === '' || segment === '.') return before;
    return segment === '..' ? before.slice(0, -1) : [...before, segment];
  }, []);
  return `/${segments.join('/')}${segments.length > 0 && path.endsWith('/') ? '/' : ''}`;
}

function canonicalQuery(search: string, isPresigned: boolean): string {
  if (search === '') return '';
  return search
    .split('&')
    .map((pair) => splitAt(pair, '=').map((part) => escaped(unescaped(part))))
    .map(([name = '', value = '']) => [name, value] as const)
    .filter(([name]) => !(isPresigned && name === 'X-Amz-Signature'))
    .sort(([a, x], [b, y]) => (a === b ? order(x, y) : order(a, b)))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function order(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function headerText(value: string | string[] | undefined): string {
  const text = Array.isArray(value) ? value.join(',') : (value ?? '');
  return text.replace(/[ \t]+/gv, ' ').replace(/^ | $/gv, '');
}

/** What RFC 3986 leaves unescaped, and nothing else. */
function escaped(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'\(\)*]/gv,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function queryOf(url: string): URLSearchParams {
  return new URLSearchParams(splitAt(url, '?')[1] ?? '');
}

function splitAt(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function oneOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

function hmac(key: KeyObject, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** Hexadecimal. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
