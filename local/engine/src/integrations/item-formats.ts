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
  let rows: string[][];
  try {
    rows = parseCsv(content, csvOptions(config));
  } catch (error) {
    throw csvProblem(error);
  }
  const headers = headersGiven(config) ?? rows.shift() ?? [];
  return rows.map((row) => rowItem(headers, row));
}

export function csvOptions(config: JsonObject) {
  const delimiter = delimiters[text(config, 'CSVDelimiter') ?? 'COMMA'] ?? ',';
  return { delimiter, relax_column_count: true, skip_empty_lines: true, bom: true } as const;
}

export function csvProblem(error: unknown): MapIoError {
  return readerFailed(`The file is no CSV: ${(error as Error).message}`);
}

/** Those of the configuration; where there are none, the first row has them. */
export function headersGiven(config: JsonObject): readonly string[] | undefined {
  const given = config['CSVHeaders'];
  return config['CSVHeaderLocation'] === 'GIVEN' && isArray(given) ? given.map(String) : undefined;
}

export function rowItem(headers: readonly string[], row: readonly string[]): Json {
  return Object.fromEntries(headers.map((header, column) => [header, row[column] ?? '']));
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

/** The names that a JSON pointer leads by. RFC 6901. */
export function pointerSteps(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function atPointer(document: Json, pointer: string): Json | undefined {
  let value: Json | undefined = document;
  for (const name of pointerSteps(pointer)) {
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
