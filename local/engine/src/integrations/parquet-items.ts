import { parquetMetadataAsync, parquetReadObjects, type AsyncBuffer, type Compressors } from 'hyparquet';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { isArray, type Json } from '../../../asl/src/index.ts';
import { MapIoError } from '../map-io.ts';
import { readerFailed } from './item-formats.ts';
import { objectPart } from './s3-object-bytes.ts';
import type { S3Location, S3Objects } from './s3-objects.ts';

/** A file whose groups are larger is refused, as by Step Functions: one of them is in memory at a time. */
const ROW_GROUP_BYTES_MAX = 256 * 1024 * 1024;
/** The service is asked for so much at a time, which is less than the longest reply that is taken. */
const PART_BYTES = 4 * 1024 * 1024;

/** Snappy is hyparquet's own; these are Node's. What is longer than its page says is not unpacked. */
const compressors: Compressors = {
  GZIP: (input, maxOutputLength) => gunzipSync(input, { maxOutputLength }),
  BROTLI: (input, maxOutputLength) => brotliDecompressSync(input, { maxOutputLength }),
  ZSTD: (input, maxOutputLength) => zstdDecompressSync(input, { maxOutputLength }),
};

/** Each row becomes an object by the names of the columns. @throws {MapIoError} States.ItemReaderFailed */
export async function* parquetItems(s3: S3Objects, location: S3Location): AsyncGenerator<Json> {
  const file = await fileAt(s3, location);
  const metadata = await understood(() => parquetMetadataAsync(file));
  let rowStart = 0;
  for (const { num_rows: rows, total_byte_size: bytes } of metadata.row_groups) {
    if (Number(bytes) > ROW_GROUP_BYTES_MAX)
      throw readerFailed(`The file has a row group of ${bytes} bytes; it may have ${ROW_GROUP_BYTES_MAX}.`);
    const rowEnd = rowStart + Number(rows);
    const group = await understood(() => parquetReadObjects({ file, metadata, compressors, rowStart, rowEnd }));
    for (const row of group) yield jsonOf(row);
    rowStart = rowEnd;
  }
}

async function fileAt(s3: S3Objects, location: S3Location): Promise<AsyncBuffer> {
  const start = await objectPart(s3, { ...location, first: 0, count: 4 });
  // A service that knows no ranges has sent all of it.
  const whole = start.bytes.length === start.totalBytes ? start.bytes : undefined;
  const slice = async (first: number, end = start.totalBytes): Promise<ArrayBuffer> => {
    if (whole !== undefined) return copied([whole.subarray(first, end)]);
    const parts: Buffer[] = [];
    for (let at = first; at < end;) {
      const count = Math.min(PART_BYTES, end - at);
      const { bytes } = await objectPart(s3, { ...location, first: at, count, etag: start.etag });
      if (bytes.length === 0) throw readerFailed('The object is shorter than it was.');
      parts.push(bytes);
      at += bytes.length;
    }
    return copied(parts);
  };
  return { byteLength: start.totalBytes, slice };
}

function copied(parts: readonly Buffer[]): ArrayBuffer {
  return new Uint8Array(Buffer.concat(parts)).buffer;
}

async function understood<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof MapIoError) throw error;
    throw readerFailed(`The file is no Parquet: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Whole numbers beyond those of JavaScript lose their last digits, as JSON's do; dates become their ISO text, bytes base64. */
function jsonOf(value: unknown): Json {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (isArray(value as Json)) return (value as unknown[]).map(jsonOf);
  if (typeof value !== 'object' || value === null) return null;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, jsonOf(member)]));
}
