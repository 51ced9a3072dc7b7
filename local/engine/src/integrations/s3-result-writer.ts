import {
  isArray,
  isObject,
  jsonText,
  type Json,
  type JsonObject,
  type ResultWriterPlan,
} from '../../../asl/src/index.ts';
import { MapIoError, type MapResult, type MapResults } from '../map-io.ts';
import type { S3Objects } from './s3-objects.ts';

/** A file of results is written when it is as long as this, and the next begun. */
const FILE_BYTES = 5_000_000;
/** Writing ends by the limits of the connection. */
const NEVER = new AbortController().signal;

/**
 * Writes the results of a Map Run, in files by how the children ended, with a manifest that names them. Written again they are
 * the same files.
 *
 * @throws {MapIoError} States.ResultWriterFailed
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
 */
export async function writeS3Results(
  s3: S3Objects,
  { parameters, config }: ResultWriterPlan,
  { mapRunArn, children }: MapResults,
): Promise<Json> {
  const fields = isObject(parameters) ? parameters : {};
  const bucket = text(fields, 'Bucket');
  if (bucket === undefined) throw writerFailed("The field 'Bucket' is required but was missing");
  const prefix = text(fields, 'Prefix');
  const folder = `${prefix === undefined ? '' : `${prefix.replace(/\/$/, '')}/`}${mapRunArn.split(':').at(-1)}`;
  const put = async (name: string, content: string): Promise<Json> => {
    const key = `${folder}/${name}`;
    const result = await s3.putObject({ bucket, key, text: content }, NEVER);
    if (!('ok' in result)) throw writerFailed(result.cause);
    return { Key: key, Size: Buffer.byteLength(content) };
  };
  const isJsonLines = config['OutputType'] === 'JSONL';
  const succeeded = resultFiles('SUCCEEDED', isJsonLines, put);
  const failed = resultFiles('FAILED', isJsonLines, put);
  for await (const child of children) {
    const files = child.status === 'SUCCEEDED' ? succeeded : failed;
    for (const row of resultRows(child, config['Transformation'])) await files.add(jsonText(row));
  }
  const written = { FAILED: await failed.end(), PENDING: [], SUCCEEDED: await succeeded.end() };
  await put('manifest.json', jsonText({ DestinationBucket: bucket, MapRunArn: mapRunArn, ResultFiles: written }));
  return { MapRunArn: mapRunArn, ResultWriterDetails: { Bucket: bucket, Key: `${folder}/manifest.json` } };
}

/** NONE tells of the execution, COMPACT gives its output alone, FLATTEN the items of it where it is a list. */
export function resultRows(child: MapResult, transformation: Json | undefined): Json[] {
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

type Put = (name: string, content: string) => Promise<Json>;

/** The files of one kind of end, of which one at a time is in memory. */
function resultFiles(kind: string, isJsonLines: boolean, put: Put) {
  const written: Json[] = [];
  let rows: string[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (rows.length === 0) return;
    const content = isJsonLines ? rows.join('\n') : `[${rows.join(',')}]`;
    rows = [];
    bytes = 0;
    written.push(await put(`${kind}_${written.length}.json`, content));
  };
  return {
    async add(row: string): Promise<void> {
      rows.push(row);
      bytes += Buffer.byteLength(row) + 1;
      if (bytes >= FILE_BYTES) await flush();
    },
    async end(): Promise<Json[]> {
      await flush();
      return written;
    },
  };
}

function text(fields: JsonObject, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' ? value : undefined;
}

function writerFailed(cause: string): MapIoError {
  return new MapIoError('States.ResultWriterFailed', cause);
}
