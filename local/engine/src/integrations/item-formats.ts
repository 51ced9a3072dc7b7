import { parse as parseCsv } from 'csv-parse/sync';
import { isArray, isObject, type Json, type JsonObject } from '../../../asl/src/index.ts';
import { MapIoError } from '../map-io.ts';

/*
 * The formats in which a distributed Map finds its items, as its ReaderConfig describes them.
 * https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
 */

/** The array that the file is, or that ItemsPointer leads to. @throws {MapIoError} */
export function jsonItems(content: string, config: JsonObject): Json[] {
  const pointer = config['ItemsPointer'];
  const found = typeof pointer === 'string' ? atPointer(parseItemJson(content), pointer) : parseItemJson(content);
  if (isArray(found)) return [...found];
  throw readerFailed('Attempting to map over non-iterable node.');
}

/** One item a line. @throws {MapIoError} */
export function jsonLinesItems(content: string): Json[] {
  return content.split('\n').flatMap((line) => (line.trim() === '' ? [] : [parseItemJson(line)]));
}

/**
 * Each row becomes an object by the header; what a row lacks is an empty text, and what it has too much is left out.
 *
 * @throws {MapIoError}
 */
export function csvItems(content: string, config: JsonObject): Json[] {
  const delimiter = delimiters[text(config, 'CSVDelimiter') ?? 'COMMA'] ?? ',';
  let rows: string[][];
  try {
    rows = parseCsv(content, { delimiter, relax_column_count: true, skip_empty_lines: true, bom: true });
  } catch (error) {
    throw readerFailed(`The file is no CSV: ${(error as Error).message}`);
  }
  const given = config['CSVHeaders'];
  const isGiven = config['CSVHeaderLocation'] === 'GIVEN' && isArray(given);
  const headers = isGiven ? given.map(String) : (rows.shift() ?? []);
  return rows.map((row) => Object.fromEntries(headers.map((header, column) => [header, row[column] ?? ''])));
}

/** @throws {MapIoError} */
export function parseItemJson(content: string): Json {
  try {
    return JSON.parse(content) as Json;
  } catch (error) {
    throw readerFailed(`The file is no JSON: ${(error as Error).message}`);
  }
}

export function readerFailed(cause: string): MapIoError {
  return new MapIoError('States.ItemReaderFailed', cause);
}

/** RFC 6901. */
function atPointer(document: Json, pointer: string): Json | undefined {
  let value: Json | undefined = document;
  for (const step of pointer.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    value = isArray(value)
      ? value[/^(0|[1-9]\d*)$/.test(name) ? Number(name) : -1]
      : isObject(value) && Object.hasOwn(value, name)
        ? value[name]
        : undefined;
  }
  return value;
}

const delimiters: Readonly<Record<string, string>> = { COMMA: ',', PIPE: '|', SEMICOLON: ';', SPACE: ' ', TAB: '\t' };

function text(fields: JsonObject, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' ? value : undefined;
}
