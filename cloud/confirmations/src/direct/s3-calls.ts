import { Readable } from 'node:stream';
import type { Address, DirectCall, DirectRequest, Input } from './direct-call.ts';

/** Header names of the members that are known here. A request with any other member is the SDK's. */
const HEADERS: Readonly<Record<string, string>> = {
  ContentType: 'content-type',
  IfMatch: 'if-match',
  IfNoneMatch: 'if-none-match',
};

const getObject: DirectCall = {
  addressOf,
  toRequest: (input) => requestOf('GET', input),
  toOutput: ({ status, headers, body }) => {
    if (status !== 200) return undefined;
    return { Body: bodyOf(body), ETag: headers.etag, ContentType: headers['content-type'] };
  },
};

const putObject: DirectCall = {
  addressOf,
  toRequest: ({ Body, ...input }) => (typeof Body === 'string' ? requestOf('PUT', input, Body) : undefined),
  toOutput: ({ status, headers }) => (status === 200 ? { ETag: headers.etag } : undefined),
};

const deleteObject: DirectCall = {
  addressOf,
  toRequest: (input) => requestOf('DELETE', input),
  toOutput: ({ status }) => (status === 204 ? {} : undefined),
};

/** Calls of Amazon S3 about one object that is a text. Of what S3 answers beside it they give the ETag and the content type. */
export const S3_CALLS: Readonly<Record<string, DirectCall>> = {
  GetObjectCommand: getObject,
  PutObjectCommand: putObject,
  DeleteObjectCommand: deleteObject,
};

function addressOf({ Bucket, Key }: Input): Address {
  return { placeName: String(Bucket), path: `/${String(Key).split('/').map(escaped).join('/')}` };
}

function requestOf(method: string, { Bucket, Key, ...members }: Input, body = ''): DirectRequest | undefined {
  if (typeof Bucket !== 'string' || typeof Key !== 'string') return undefined;
  const headers: Record<string, string> = {};
  for (const [member, value] of Object.entries(members)) {
    const name = HEADERS[member];
    if (name === undefined || typeof value !== 'string') return undefined;
    headers[name] = value;
  }
  return { method, headers, body };
}

/** All but what RFC 3986 leaves unescaped. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'\(\)*]/gv, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}

/** As the SDK gives it, with the ways to read all of it. */
function bodyOf(text: string): Readable {
  return Object.assign(Readable.from([Buffer.from(text)]), {
    transformToString: () => Promise.resolve(text),
    transformToByteArray: () => Promise.resolve(new Uint8Array(Buffer.from(text))),
    transformToWebStream: () => new Blob([text]).stream(),
  });
}
