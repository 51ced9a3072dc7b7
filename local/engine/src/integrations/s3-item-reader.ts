import {
  isArray,
  isObject,
  jsonText,
  type ItemReaderPlan,
  type Json,
  type JsonObject,
} from '../../../asl/src/index.ts';
import { parseItemJson, readerFailed } from './item-formats.ts';
import { streamCsvItems, streamJsonItems, streamJsonLinesItems } from './item-streams.ts';
import { parquetItems } from './parquet-items.ts';
import { objectBytes } from './s3-object-bytes.ts';
import type { ListedObject, S3Location, S3Objects } from './s3-objects.ts';

/**
 * The items of a distributed Map, from an object in Amazon S3, from those that a manifest names, or from a list of objects.
 * Of objects of any length a few parts are in memory; of Parquet, one row group.
 *
 * @throws {MapIoError} States.ItemReaderFailed
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
 */
export function s3Items(s3: S3Objects, { resource, config, parameters }: ItemReaderPlan): AsyncIterable<Json> {
  const fields = asFields(parameters);
  if (resource.endsWith(':s3:listObjectsV2'))
    return config['Transformation'] === 'LOAD_AND_FLATTEN' ? flattened(s3, fields, config) : listed(s3, fields);
  const location = locationOf(fields);
  if (config['ManifestType'] === 'ATHENA_DATA') return athenaItems(s3, location, config);
  return config['InputType'] === 'MANIFEST' ? inventoryItems(s3, location, config) : objectItems(s3, location, config);
}

function objectItems(s3: S3Objects, location: S3Location, config: JsonObject): AsyncIterable<Json> {
  switch (config['InputType'] ?? 'JSON') {
    case 'JSON':
      return streamJsonItems(objectBytes(s3, location), config);
    case 'JSONL':
      return streamJsonLinesItems(objectBytes(s3, location));
    case 'CSV':
      return streamCsvItems(objectBytes(s3, location), config);
    case 'PARQUET':
      return parquetItems(s3, location);
    default:
      throw readerFailed(`The InputType ${jsonText(config['InputType'] ?? null)} cannot be read here.`);
  }
}

async function* listed(s3: S3Objects, fields: JsonObject): AsyncGenerator<Json> {
  for await (const { key, etag, size, lastModified, storageClass } of objectsIn(s3, fields)) {
    yield { Etag: etag, Key: key, LastModified: epochSeconds(lastModified), Size: size, StorageClass: storageClass };
  }
}

/** What the listed objects hold, one after the other. */
async function* flattened(s3: S3Objects, fields: JsonObject, config: JsonObject): AsyncGenerator<Json> {
  const bucket = required(fields, 'Bucket');
  for await (const { key, size } of objectsIn(s3, fields)) {
    // The console makes such an object to show an empty folder.
    if (size > 0 || !key.endsWith('/')) yield* objectItems(s3, { bucket, key }, config);
  }
}

async function* objectsIn(s3: S3Objects, fields: JsonObject): AsyncGenerator<ListedObject> {
  const bucket = required(fields, 'Bucket');
  const prefix = text(fields, 'Prefix');
  let startAfter = text(fields, 'StartAfter');
  for (;;) {
    const where = { bucket, ...(prefix !== undefined && { prefix }), ...(startAfter !== undefined && { startAfter }) };
    const page = await s3.listObjects(where, NEVER);
    if (!('ok' in page)) throw readerFailed(page.cause);
    yield* page.ok.objects;
    startAfter = page.ok.objects.at(-1)?.key;
    if (!page.ok.hasMore || startAfter === undefined) return;
  }
}

/** An S3 inventory: the manifest names the files that list the objects. */
async function* inventoryItems(s3: S3Objects, location: S3Location, config: JsonObject): AsyncGenerator<Json> {
  const manifest = asFields(parseItemJson(await wholeText(s3, location)));
  const format = text(manifest, 'fileFormat') ?? 'CSV';
  if (format !== 'CSV') throw readerFailed(`An inventory in the format ${format} cannot be read: it has to be CSV.`);
  const bucket = (text(manifest, 'destinationBucket') ?? location.bucket).replace(/^arn:aws[a-z-]*:s3:::/, '');
  const schema = (text(manifest, 'fileSchema') ?? '').split(',').map((column) => column.trim());
  for (const file of isArray(manifest['files']) ? manifest['files'] : []) {
    const key = text(asFields(file), 'key');
    if (key === undefined) throw readerFailed('The manifest names a file without a key.');
    const asCsv = { ...config, CSVHeaderLocation: 'GIVEN', CSVHeaders: schema };
    yield* streamCsvItems(objectBytes(s3, { bucket, key }), asCsv);
  }
}

/** What Athena's UNLOAD wrote: the manifest is a list of the files' URIs, one a line. */
async function* athenaItems(s3: S3Objects, location: S3Location, config: JsonObject): AsyncGenerator<Json> {
  for (const line of (await wholeText(s3, location)).split('\n')) {
    const uri = line.trim().replace(/^"(.*)"$/, '$1');
    if (uri === '') continue;
    const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
    if (bucket === undefined || key === undefined)
      throw readerFailed(`The manifest names '${uri}', which is no object in Amazon S3.`);
    yield* objectItems(s3, { bucket, key }, config);
  }
}

async function wholeText(s3: S3Objects, location: S3Location): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of objectBytes(s3, location)) parts.push(part);
  return Buffer.concat(parts).toString();
}

/** Reading ends by the limits of the connection, or when nobody asks for more. */
const NEVER = new AbortController().signal;

function locationOf(fields: JsonObject): S3Location {
  return { bucket: required(fields, 'Bucket'), key: required(fields, 'Key') };
}

function required(fields: JsonObject, name: string): string {
  const value = text(fields, name);
  if (value === undefined) throw readerFailed(`The field '${name}' is required but was missing`);
  return value;
}

function asFields(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function text(fields: JsonObject, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' ? value : undefined;
}

function epochSeconds(timestamp: string): number {
  return Math.floor(Date.parse(timestamp) / 1000);
}
