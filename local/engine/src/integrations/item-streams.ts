import { parse } from 'csv-parse';
import { pipeline, Readable } from 'node:stream';
import type { Json, JsonObject } from '../../../asl/src/index.ts';
import { MapIoError } from '../map-io.ts';
import {
  csvOptions,
  csvProblem,
  headersGiven,
  parseItemJson,
  pointerSteps,
  readerFailed,
  rowItem,
} from './item-formats.ts';
import { jsonArrayTexts } from './json-array-texts.ts';

/*
 * The formats of item-formats.ts, for objects of any length: a part of the file comes in, and its items go on.
 */

type Bytes = AsyncIterable<Buffer>;

/** A record longer than this is taken for a file that has no line ends. */
const RECORD_BYTES_MAX = 16 * 1024 * 1024;

/** The array that the file is, or that ItemsPointer leads to. @throws {MapIoError} */
export async function* streamJsonItems(bytes: Bytes, config: JsonObject): AsyncGenerator<Json> {
  const pointer = config['ItemsPointer'];
  const steps = typeof pointer === 'string' ? pointerSteps(pointer) : [];
  for await (const text of jsonArrayTexts(texts(bytes), steps)) yield parseItemJson(text);
}

/** One item a line. @throws {MapIoError} */
export async function* streamJsonLinesItems(bytes: Bytes): AsyncGenerator<Json> {
  let begun = '';
  for await (const text of texts(bytes)) {
    const lines = (begun + text).split('\n');
    begun = lines.pop() ?? '';
    if (begun.length > RECORD_BYTES_MAX)
      throw readerFailed(`The file has a line of more than ${RECORD_BYTES_MAX} bytes.`);
    for (const line of lines) if (line.trim() !== '') yield parseItemJson(line);
  }
  if (begun.trim() !== '') yield parseItemJson(begun);
}

/** Each row becomes an object by the header. @throws {MapIoError} */
export async function* streamCsvItems(bytes: Bytes, config: JsonObject): AsyncGenerator<Json> {
  const parser = parse({ ...csvOptions(config), max_record_size: RECORD_BYTES_MAX });
  // A failure of the source comes out of the parser, for the pipeline destroys it with that.
  pipeline(Readable.from(bytes), parser, () => {});
  let headers = headersGiven(config);
  try {
    for await (const row of parser as AsyncIterable<string[]>) {
      if (headers === undefined) headers = row;
      else yield rowItem(headers, row);
    }
  } catch (error) {
    throw error instanceof MapIoError ? error : csvProblem(error);
  }
}

async function* texts(bytes: Bytes): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const part of bytes) yield decoder.decode(part, { stream: true });
  yield decoder.decode();
}
