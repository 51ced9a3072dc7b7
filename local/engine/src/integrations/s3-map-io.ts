import {
  isArray,
  isObject,
  jsonText,
  type ItemReaderPlan,
  type Json,
  type JsonObject,
  type ResultWriterPlan,
} from '../../../asl/src/index.ts';
import { MapIoError, type MapIo, type MapResult, type MapResults } from '../map-io.ts';
import { csvItems, jsonItems, jsonLinesItems, parseItemJson, readerFailed } from './item-formats.ts';
import type { S3Location, S3Objects, S3Result } from './s3-objects.ts';

/**
 * Items and results of distributed Maps in Amazon S3.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
 */
export function s3MapIo(s3: S3Objects): MapIo {
  return {
    async readItems(reader) {
      if (reader.resource.endsWith(':s3:listObjectsV2'))
        return await listed(s3, asFields(reader.parameters), reader.maxItems);
      const text = await textAt(s3, locationOf(reader.parameters, 'States.ItemReaderFailed'));
      return await itemsIn(s3, text, reader);
    },
    async writeResults(writer, results) {
      return await write(s3, writer, results);
    },
  };
}

async function listed(s3: S3Objects, fields: JsonObject, maxItems: number | undefined): Promise<Json[]> {
  const bucket = text(fields, 'Bucket');
  const prefix = text(fields, 'Prefix');
  if (bucket === undefined) throw readerFailed("The field 'Bucket' is required but was missing");
  const items: Json[] = [];
  let startAfter: string | undefined;
  for (;;) {
    const where = { bucket, ...(prefix !== undefined && { prefix }), ...(startAfter !== undefined && { startAfter }) };
    const page = unwrap(await s3.listObjects(where, NEVER), 'States.ItemReaderFailed');
    for (const { key, etag, size, lastModified, storageClass } of page.objects) {
      items.push({
        Etag: etag,
        Key: key,
        LastModified: epochSeconds(lastModified),
        Size: size,
        StorageClass: storageClass,
      });
    }
    startAfter = page.objects.at(-1)?.key;
    if (
      !page.hasMore ||
      startAfter === undefined ||
      (maxItems !== undefined && maxItems > 0 && items.length >= maxItems)
    )
      return items;
  }
}

async function itemsIn(s3: S3Objects, content: string, { config, parameters }: ItemReaderPlan): Promise<Json[]> {
  switch (config['InputType'] ?? 'JSON') {
    case 'JSON':
      return jsonItems(content, config);
    case 'JSONL':
      return jsonLinesItems(content);
    case 'CSV':
      return csvItems(content, config);
    case 'MANIFEST':
      return await manifestItems(s3, content, config, parameters);
    default:
      throw readerFailed(`The InputType ${jsonText(config['InputType'] ?? null)} cannot be read here.`);
  }
}

/** An S3 inventory: the manifest names the files that list the objects. */
async function manifestItems(s3: S3Objects, content: string, config: JsonObject, parameters: Json): Promise<Json[]> {
  const manifest = asFields(parseItemJson(content));
  const { bucket } = locationOf(parameters, 'States.ItemReaderFailed');
  const from = (text(manifest, 'destinationBucket') ?? bucket).replace(/^arn:aws[a-z-]*:s3:::/, '');
  const schema = (text(manifest, 'fileSchema') ?? '').split(',').map((column) => column.trim());
  const files = isArray(manifest['files']) ? manifest['files'] : [];
  const items: Json[] = [];
  for (const file of files) {
    const key = text(asFields(file), 'key');
    if (key === undefined) throw readerFailed('The manifest names a file without a key.');
    const csv = await textAt(s3, { bucket: from, key });
    items.push(...csvItems(csv, { ...config, CSVHeaderLocation: 'GIVEN', CSVHeaders: schema }));
  }
  return items;
}

async function write(
  s3: S3Objects,
  { parameters, config }: ResultWriterPlan,
  { mapRunArn, children }: MapResults,
): Promise<Json> {
  const fields = asFields(parameters);
  const bucket = text(fields, 'Bucket');
  if (bucket === undefined) throw writerFailed("The field 'Bucket' is required but was missing");
  const prefix = text(fields, 'Prefix');
  const folder = `${prefix === undefined ? '' : `${prefix.replace(/\/$/, '')}/`}${mapRunArn.split(':').at(-1)}`;
  const put = async (name: string, content: string): Promise<Json> => {
    unwrap(await s3.putObject({ bucket, key: `${folder}/${name}`, text: content }, NEVER), 'States.ResultWriterFailed');
    return { Key: `${folder}/${name}`, Size: Buffer.byteLength(content) };
  };
  const files: Record<string, Json[]> = { FAILED: [], PENDING: [], SUCCEEDED: [] };
  for (const status of ['SUCCEEDED', 'FAILED']) {
    const some = children.filter((child) => (child.status === 'SUCCEEDED') === (status === 'SUCCEEDED'));
    if (some.length > 0) files[status] = [await put(`${status}_0.json`, formatted(some, config))];
  }
  await put('manifest.json', jsonText({ DestinationBucket: bucket, MapRunArn: mapRunArn, ResultFiles: files }));
  return { MapRunArn: mapRunArn, ResultWriterDetails: { Bucket: bucket, Key: `${folder}/manifest.json` } };
}

function formatted(children: readonly MapResult[], config: JsonObject): string {
  const rows = children.flatMap((child) => rowsOf(child, config['Transformation']));
  return config['OutputType'] === 'JSONL' ? rows.map((row) => jsonText(row)).join('\n') : jsonText(rows);
}

/** NONE tells of the execution, COMPACT gives its output alone, FLATTEN the items of it where it is a list. */
function rowsOf(child: MapResult, transformation: Json | undefined): Json[] {
  if (child.status === 'SUCCEEDED' && (transformation === 'COMPACT' || transformation === 'FLATTEN')) {
    const output = JSON.parse(child.output ?? 'null') as Json;
    return transformation === 'FLATTEN' && isArray(output) ? [...output] : [output];
  }
  const { executionArn, name, input, output, error, cause, status, startDateMs, stopDateMs } = child;
  const iso = (ms: number): string => new Date(ms).toISOString();
  return [
    {
      ...(cause !== undefined && { Cause: cause }),
      ...(error !== undefined && { Error: error }),
      ExecutionArn: executionArn,
      Input: input,
      InputDetails: { Included: true },
      Name: name,
      ...(output !== undefined && { Output: output, OutputDetails: { Included: true } }),
      StartDate: iso(startDateMs),
      Status: status,
      ...(stopDateMs !== undefined && { StopDate: iso(stopDateMs) }),
    },
  ];
}

async function textAt(s3: S3Objects, location: S3Location): Promise<string> {
  return unwrap(await s3.getObjectText(location, NEVER), 'States.ItemReaderFailed');
}

/** Reading and writing end by the limits of the connection, not by anybody's word. */
const NEVER = new AbortController().signal;

function locationOf(parameters: Json, error: MapIoError['error']): S3Location {
  const fields = asFields(parameters);
  const bucket = text(fields, 'Bucket');
  const key = text(fields, 'Key');
  if (bucket !== undefined && key !== undefined) return { bucket, key };
  throw new MapIoError(error, `The field '${bucket === undefined ? 'Bucket' : 'Key'}' is required but was missing`);
}

function unwrap<T>(result: S3Result<T>, error: MapIoError['error']): T {
  if ('ok' in result) return result.ok;
  throw new MapIoError(error, result.cause);
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

function writerFailed(cause: string): MapIoError {
  return new MapIoError('States.ResultWriterFailed', cause);
}
