import { JSON_DEPTH_MAX } from './json-syntax.ts';
import type { Json } from './json.ts';
import { type LinearRegex, parseLinearRegex } from './linear-regex.ts';
import { TextReader } from './text-reader.ts';

/** A JSONPath without what stands for its root: the steps from a document to what is selected. */
export interface Path {
  readonly steps: readonly Step[];
  /**
   * The steps, if each is one member or one place of an array. Nearly all paths of real definitions are of this kind, and
   * following them is a plain loop.
   */
  readonly keys: readonly Key[] | undefined;
  /** A definite path selects one value or none, any other one a list. */
  readonly isDefinite: boolean;
  /** The function at the end, as in `$.items.length()`. */
  readonly aggregate: AggregateName | undefined;
}

export type Key = string | number;

export type Step =
  | { readonly type: 'key'; readonly key: Key }
  /** `['a','b']` at the end of a path: an object of these members. */
  | { readonly type: 'pick'; readonly names: readonly string[] }
  /** `['a','b']` elsewhere, `[0,2]`: one value after the other. */
  | { readonly type: 'keys'; readonly keys: readonly Key[] }
  | { readonly type: 'slice'; readonly from: number | undefined; readonly to: number | undefined }
  | { readonly type: 'wildcard' }
  | { readonly type: 'filter'; readonly filter: Filter }
  /** `..`: the step, from the value itself and from all that is in it. */
  | { readonly type: 'scan'; readonly step: Step };

export type Filter =
  | { readonly type: 'any' | 'every'; readonly filters: readonly Filter[] }
  | { readonly type: 'not'; readonly filter: Filter }
  | { readonly type: 'exists'; readonly operand: PathOperand }
  | { readonly type: 'matches'; readonly operand: Operand; readonly regex: LinearRegex }
  | { readonly type: 'compare'; readonly operator: Operator; readonly left: Operand; readonly right: Operand };

export type PathOperand = { readonly type: 'path'; readonly from: 'item' | 'document'; readonly path: Path };
export type Operand = PathOperand | { readonly type: 'literal'; readonly value: Json };

const AGGREGATES = ['length', 'size', 'min', 'max', 'avg', 'sum', 'stddev', 'keys'] as const;
export type AggregateName = (typeof AGGREGATES)[number];

/** Longer ones before those that they begin with. */
const SIGNS = ['===', '!==', '==', '!=', '<=', '>=', '<', '>'] as const;
const WORDS = ['in', 'nin', 'contains', 'all', 'size', 'empty', 'subsetof', 'anyof', 'noneof'] as const;
export type Operator = (typeof SIGNS)[number] | (typeof WORDS)[number];

const FILTER_DEPTH_MAX = 16;

/**
 * Reads the steps of a path in the dialect of Jayway's JsonPath, which Step Functions evaluates with, from where the reader
 * is to the first character that cannot belong to them. A dotted name runs to the next `.`, `[`, `(` or space, so nearly
 * everything is a name; `stops` are the further characters that end it where a path is part of something else.
 *
 * @throws {SyntaxFault}
 * @see https://github.com/json-path/JsonPath
 */
export function parseSteps(reader: TextReader, stops: string, firstKey?: string): Path {
  return parsePath(reader, stops, 0, firstKey);
}

function parsePath(reader: TextReader, stops: string, depth: number, firstKey?: string): Path {
  const steps: Step[] = firstKey === undefined ? [] : [{ type: 'key', key: firstKey }];
  let aggregate: AggregateName | undefined;
  for (;;) {
    const isScan = reader.take('..');
    const isDotted = !isScan && reader.take('.');
    if (!isScan && !isDotted && reader.peek() !== '[') break;
    const step = reader.peek() === '[' ? bracketed(reader, depth) : dotted(reader, stops);
    if (typeof step === 'string') {
      aggregate = step;
      break;
    }
    steps.push(isScan ? { type: 'scan', step } : step);
    // A longer path finds nothing in a document, and as a ResultPath it would make one that is nested too deeply.
    if (steps.length > JSON_DEPTH_MAX) reader.fail(`more than ${JSON_DEPTH_MAX} steps`);
  }
  return path(steps, aggregate);
}

function path(parsed: readonly Step[], aggregate: AggregateName | undefined): Path {
  const steps = parsed.map((step, index) => (index < parsed.length - 1 ? followed(step) : step));
  const keys = steps.map((step) => (step.type === 'key' ? step.key : undefined)).filter((key) => key !== undefined);
  return {
    steps,
    keys: keys.length === steps.length ? keys : undefined,
    isDefinite: steps.every((step) => step.type === 'key' || step.type === 'pick'),
    aggregate,
  };
}

/** Several names pick an object at the end of a path only; where more comes after them they are followed one by one. */
function followed(step: Step): Step {
  if (step.type === 'scan') return { type: 'scan', step: followed(step.step) };
  return step.type === 'pick' ? { type: 'keys', keys: step.names } : step;
}

function dotted(reader: TextReader, stops: string): Step | AggregateName {
  if (reader.take('*')) return { type: 'wildcard' };
  const start = reader.position;
  while (!reader.isAtEnd() && !'.[( '.includes(reader.peek()) && !stops.includes(reader.peek())) reader.position += 1;
  const name = reader.text.slice(start, reader.position);
  if (name === '') reader.fail('expected a name');
  if (!reader.take('(')) return { type: 'key', key: name };

  const aggregate = AGGREGATES.find((known) => known === name);
  if (aggregate === undefined) reader.fail(`unknown function ${name}`);
  reader.expect(')');
  return aggregate;
}

function bracketed(reader: TextReader, depth: number): Step {
  reader.expect('[');
  reader.skipSpaces();
  const step = insideBrackets(reader, depth);
  reader.skipSpaces();
  reader.expect(']');
  return step;
}

function insideBrackets(reader: TextReader, depth: number): Step {
  const next = reader.peek();
  if (reader.take('*')) return { type: 'wildcard' };
  if (reader.take('?')) return { type: 'filter', filter: parenthesized(reader, depth + 1) };
  if (next === "'" || next === '"') {
    const names = separated(reader, () => unescapeQuote(reader.quoted(next), next));
    const [name = '', ...others] = names;
    return others.length === 0 ? { type: 'key', key: name } : { type: 'pick', names };
  }
  if (next === ':') return slice(reader, undefined);

  const indexes = separated(reader, () => index(reader));
  const [first = 0, ...others] = indexes;
  if (others.length > 0) return { type: 'keys', keys: indexes };
  return reader.peek() === ':' ? slice(reader, first) : { type: 'key', key: first };
}

/** A slice has two ends and no step: what Jayway makes of a third number is to ignore it. */
function slice(reader: TextReader, from: number | undefined): Step {
  reader.expect(':');
  reader.skipSpaces();
  const to = reader.peek() === ']' ? undefined : index(reader);
  if (from === undefined && to === undefined) reader.fail('expected a number');
  return { type: 'slice', from, to };
}

function index(reader: TextReader): number {
  const digits = reader.match(/-?\d{1,15}(?!\d)/y) ?? reader.fail('expected a name in quotes, a number, * or ?');
  reader.skipSpaces();
  return Number(digits) + 0;
}

function separated<T>(reader: TextReader, parseOne: () => T): T[] {
  const found: T[] = [];
  do {
    reader.skipSpaces();
    found.push(parseOne());
    reader.skipSpaces();
  } while (reader.take(','));
  return found;
}

/** Only the quote itself is escaped: `$['Test\"Name']` names a member with a backslash in its name, as recorded. */
function unescapeQuote(text: string, quote: string): string {
  return text.replaceAll(`\\${quote}`, quote);
}

function parenthesized(reader: TextReader, depth: number): Filter {
  if (depth > FILTER_DEPTH_MAX) reader.fail('filters nested too deeply');
  reader.skipSpaces();
  reader.expect('(');
  const filter = disjunction(reader, depth);
  reader.expect(')');
  return filter;
}

function disjunction(reader: TextReader, depth: number): Filter {
  return joined(reader, 'any', '||', () => joined(reader, 'every', '&&', () => term(reader, depth)));
}

function joined(reader: TextReader, type: 'any' | 'every', operator: string, parseOne: () => Filter): Filter {
  const filters: Filter[] = [];
  do filters.push(parseOne());
  while (reader.take(operator));
  const [only] = filters;
  return filters.length === 1 && only !== undefined ? only : { type, filters };
}

function term(reader: TextReader, depth: number): Filter {
  reader.skipSpaces();
  const filter = unspacedTerm(reader, depth);
  reader.skipSpaces();
  return filter;
}

function unspacedTerm(reader: TextReader, depth: number): Filter {
  if (depth > FILTER_DEPTH_MAX) reader.fail('filters nested too deeply');
  if (reader.take('!')) return { type: 'not', filter: term(reader, depth + 1) };
  if (reader.peek() === '(') return parenthesized(reader, depth + 1);

  const left = operand(reader, depth);
  reader.skipSpaces();
  if (reader.take('=~')) {
    reader.skipSpaces();
    return { type: 'matches', operand: left, regex: regex(reader) };
  }
  const operator = SIGNS.find((sign) => reader.take(sign)) ?? word(reader);
  if (operator !== undefined) {
    reader.skipSpaces();
    return { type: 'compare', operator, left, right: operand(reader, depth) };
  }
  return left.type === 'path' ? { type: 'exists', operand: left } : reader.fail('expected an operator');
}

function word(reader: TextReader): Operator | undefined {
  const text = reader.match(/[a-z]+/iy)?.toLowerCase();
  if (text === undefined) return undefined;
  return WORDS.find((known) => known === text) ?? reader.fail(`unknown operator ${text}`);
}

function operand(reader: TextReader, depth: number): Operand {
  if (reader.take('@')) return { type: 'path', from: 'item', path: parsePath(reader, FILTER_STOPS, depth) };
  if (reader.take('$')) return { type: 'path', from: 'document', path: parsePath(reader, FILTER_STOPS, depth) };
  return { type: 'literal', value: literal(reader, depth) };
}

const FILTER_STOPS = '=!<>~&|),]';

function literal(reader: TextReader, depth: number): Json {
  const next = reader.peek();
  if (next === "'" || next === '"') return reader.quoted(next).replaceAll(/\\(.)/gs, '$1');
  if (next === '[') return literalArray(reader, depth + 1);
  if (reader.take('true')) return true;
  if (reader.take('false')) return false;
  if (reader.take('null')) return null;
  return Number(reader.match(/-?\d+(\.\d+)?([eE][-+]?\d+)?/y) ?? reader.fail('expected a path or a value'));
}

function literalArray(reader: TextReader, depth: number): Json {
  if (depth > FILTER_DEPTH_MAX) reader.fail('arrays nested too deeply');
  reader.expect('[');
  reader.skipSpaces();
  if (reader.take(']')) return [];
  const items = separated(reader, () => literal(reader, depth));
  reader.expect(']');
  return items;
}

function regex(reader: TextReader): LinearRegex {
  const source = reader.quoted('/');
  return parseLinearRegex(source, reader.match(/[a-z]*/iy) ?? '');
}
