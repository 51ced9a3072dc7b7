import type { Json } from './json.ts';
import { type CompiledPath, readPathHere } from './json-path.ts';
import { SyntaxFault, TextReader } from './text-reader.ts';

/** A call such as `States.Format('Hello {}', $.name)`. */
export interface IntrinsicCall {
  readonly type: 'call';
  readonly name: IntrinsicName;
  readonly arguments: readonly IntrinsicArgument[];
  /** The call as its author wrote it; the service names it so when it fails. */
  readonly text: string;
}

export type IntrinsicArgument =
  | IntrinsicCall
  | { readonly type: 'path'; readonly path: CompiledPath }
  | { readonly type: 'literal'; readonly value: Json }
  /** A text between single quotes, with its escapes. */
  | { readonly type: 'text'; readonly written: string };

/** How many arguments each function takes, from and to. */
const ARGUMENT_COUNTS = {
  'States.Format': [1, Infinity],
  'States.StringToJson': [1, 1],
  'States.JsonToString': [1, 1],
  'States.Array': [0, Infinity],
  'States.ArrayPartition': [2, 2],
  'States.ArrayContains': [2, 2],
  'States.ArrayRange': [3, 3],
  'States.ArrayGetItem': [2, 2],
  'States.ArrayLength': [1, 1],
  'States.ArrayUnique': [1, 1],
  'States.Base64Encode': [1, 1],
  'States.Base64Decode': [1, 1],
  'States.Hash': [2, 2],
  'States.JsonMerge': [3, 3],
  'States.MathRandom': [2, 3],
  'States.MathAdd': [2, 2],
  'States.StringSplit': [2, 2],
  'States.UUID': [0, 0],
} as const;

export type IntrinsicName = keyof typeof ARGUMENT_COUNTS;

/** How many calls may stand within each other. Developer Guide, "Intrinsic functions" */
const NESTING_MAX = 10;

/**
 * Reads a call of an intrinsic function.
 *
 * @throws {SyntaxFault}
 * @see https://states-language.net/spec.html#appendix-b
 */
export function parseIntrinsicCall(text: string): IntrinsicCall {
  const reader = new TextReader(text);
  const parsed = call(reader, 1);
  if (!reader.isAtEnd()) reader.fail('unexpected text after the call');
  return parsed;
}

/** Whether a text is a call of a function that there is, with as many arguments as it takes. */
export function isIntrinsicCall(text: string): boolean {
  try {
    parseIntrinsicCall(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxFault) return false;
    throw error;
  }
}

/** Takes the escapes out of a text: a backslash stands before `'`, `{`, `}` or another backslash. */
export function unescapeText(written: string): string {
  return written.replaceAll(/\\(['{}\\])/g, '$1');
}

function call(reader: TextReader, depth: number): IntrinsicCall {
  const start = reader.position;
  const name = reader.match(/[A-Za-z0-9.]+/y) ?? reader.fail('expected the name of a function');
  if (!isIntrinsicName(name)) reader.fail(`unknown function ${name}`);
  if (depth > NESTING_MAX) reader.fail(`more than ${NESTING_MAX} calls within each other`);
  const args = callArguments(reader, depth);
  const [least, most] = ARGUMENT_COUNTS[name];
  if (args.length < least || args.length > most) reader.fail(`${name} does not take ${args.length} arguments`);
  return { type: 'call', name, arguments: args, text: reader.text.slice(start, reader.position) };
}

function isIntrinsicName(name: string): name is IntrinsicName {
  return Object.hasOwn(ARGUMENT_COUNTS, name);
}

function callArguments(reader: TextReader, depth: number): IntrinsicArgument[] {
  reader.expect('(');
  reader.skipSpaces();
  if (reader.take(')')) return [];
  const found: IntrinsicArgument[] = [];
  do {
    reader.skipSpaces();
    found.push(argument(reader, depth));
    reader.skipSpaces();
  } while (reader.take(','));
  reader.expect(')');
  return found;
}

function argument(reader: TextReader, depth: number): IntrinsicArgument {
  const next = reader.peek();
  if (next === '$') return { type: 'path', path: readPathHere(reader, ',)') };
  if (next === "'") return { type: 'text', written: text(reader) };
  const number = reader.match(/-?\d+(\.\d+)?([eE][-+]?\d+)?/y);
  if (number !== undefined) return { type: 'literal', value: Number(number) };
  const word = reader.match(/(true|false|null)(?=[ ,)])/y);
  if (word !== undefined) return { type: 'literal', value: word === 'null' ? null : word === 'true' };
  return call(reader, depth + 1);
}

function text(reader: TextReader): string {
  const written = reader.quoted("'");
  if (/\\/.test(written.replaceAll(/\\['{}\\]/g, ''))) reader.fail("a backslash escapes only ' { } and \\");
  return written;
}
