import { pipeline, Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { readerFailed } from './item-formats.ts';
import type { S3Location, S3ObjectPart, S3Objects } from './s3-objects.ts';

/** So much of an object is in memory at a time. */
const PART_BYTES = 1024 * 1024;
/** How they begin. RFC 1952, RFC 8878. */
const GZIP = Buffer.from([0x1f, 0x8b]);
const ZSTANDARD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
/** Reading ends by the limits of the connection, or when nobody asks for more. */
const NEVER = new AbortController().signal;

/**
 * An object's bytes, a part at a time; of one that is compressed with gzip or Zstandard, what it holds. Such a one is known by its
 * first bytes, with which no text in UTF-8 begins.
 *
 * @throws {MapIoError} States.ItemReaderFailed, also where the object is changed meanwhile.
 */
export async function* objectBytes(s3: S3Objects, location: S3Location): AsyncGenerator<Buffer> {
  const parts = objectParts(s3, location);
  const start = await firstBytes(parts);
  const all = startingWith(start, parts);
  const decompressor = decompressorOf(start);
  if (decompressor === undefined) {
    yield* all;
    return;
  }
  // A failure of the source comes out of the decompressor, for the pipeline destroys it with that.
  const unpacked = pipeline(Readable.from(all), decompressor, () => {}) as AsyncIterable<Buffer>;
  try {
    yield* unpacked;
  } catch (error) {
    throw failureOf(error, location);
  }
}

/** @throws {MapIoError} States.ItemReaderFailed */
export async function objectPart(
  s3: S3Objects,
  where: S3Location & { readonly first: number; readonly count: number; readonly etag?: string },
): Promise<S3ObjectPart> {
  const part = await s3.getObjectPart(where, NEVER);
  if ('ok' in part) return part.ok;
  throw readerFailed(part.cause);
}

async function* objectParts(s3: S3Objects, location: S3Location): AsyncGenerator<Buffer> {
  let next = await objectPart(s3, { ...location, first: 0, count: PART_BYTES });
  for (let first = 0; next.bytes.length > 0;) {
    yield next.bytes;
    first += next.bytes.length;
    if (first >= next.totalBytes) return;
    next = await objectPart(s3, { ...location, first, count: PART_BYTES, etag: next.etag });
  }
}

/** As many as tell how it is compressed, or all there are. */
async function firstBytes(parts: AsyncGenerator<Buffer>): Promise<Buffer> {
  let bytes: Buffer = Buffer.alloc(0);
  while (bytes.length < ZSTANDARD.length) {
    const part = await parts.next();
    if (part.done === true) break;
    bytes = Buffer.concat([bytes, part.value]);
  }
  return bytes;
}

async function* startingWith(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

function decompressorOf(start: Buffer): NodeJS.ReadWriteStream | undefined {
  if (start.subarray(0, GZIP.length).equals(GZIP)) return createGunzip();
  if (start.subarray(0, ZSTANDARD.length).equals(ZSTANDARD)) return createZstdDecompress();
  return undefined;
}

function failureOf(error: unknown, { key }: S3Location): unknown {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^(Z_|ZSTD_|ERR_ZSTD)/.test(code)
    ? readerFailed(`The object '${key}' cannot be decompressed: ${(error as Error).message}`)
    : error;
}
