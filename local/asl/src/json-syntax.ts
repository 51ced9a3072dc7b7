import { quotable } from './problem.ts';

/** Where and why a text is not the JSON we take. */
export interface JsonFault {
  readonly message: string;
  /** `[Source: (String)"not a definition"; line: 1, column: 4]` */
  readonly location: string;
}

/**
 * Looks for what keeps a text from being JSON, in the words of the service's JSON parser (Jackson).
 *
 * Stricter than `JSON.parse` in three ways, each of which would lose something in silence or overflow a stack: an object
 * names no member twice, a number fits a double, and nothing nests deeper than {@link JSON_DEPTH_MAX}.
 * Takes one pass and no recursion, however the text nests.
 */
export function findJsonFault(text: string): JsonFault | undefined {
  try {
    scan(text);
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof Malformed)) throw thrown;
    const location = locate(text, thrown.at);
    return { message: `${thrown.message}\n at ${location}`, location };
  }
}

/**
 * Half of what Jackson allows by default, so that whoever walks a definition by recursion, in this room or beyond, has stack to
 * spare. Forty Parallel states in each other need 163.
 */
export const JSON_DEPTH_MAX = 500;

class Malformed extends Error {
  /** The first character that was not read. */
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

interface Container {
  readonly kind: 'Object' | 'Array';
  readonly start: number;
  readonly names: Set<string>;
}

type Expected = 'value' | 'value or close' | 'name' | 'name or close' | 'comma or close' | 'nothing';

function scan(text: string): void {
  const open: Container[] = [];
  let expected: Expected = 'value';
  let at = skipSpace(text, 0);
  for (; at < text.length; at = skipSpace(text, at)) {
    const container = open.at(-1);
    const char = text.charAt(at);
    if (char === '}' || char === ']') {
      if (container === undefined || !expected.endsWith('close'))
        throw unexpected(text, at, wanted(expected, container));
      if (char !== closeOf(container)) throw wrongClose(text, at, container);
      open.pop();
      at += 1;
      expected = open.length === 0 ? 'nothing' : 'comma or close';
    } else if (expected === 'comma or close' && container !== undefined) {
      if (char !== ',') throw unexpected(text, at, wanted(expected, container));
      at += 1;
      expected = container.kind === 'Object' ? 'name' : 'value';
    } else if ((expected === 'name' || expected === 'name or close') && container !== undefined) {
      at = readColon(text, readName(text, at, container));
      expected = 'value';
    } else if (expected === 'nothing') {
      throw unexpected(text, at, 'expected nothing after the end of the value');
    } else if (char === '{' || char === '[') {
      if (open.length === JSON_DEPTH_MAX) throw tooDeep(at);
      open.push({ kind: char === '{' ? 'Object' : 'Array', start: at, names: new Set() });
      at += 1;
      expected = char === '{' ? 'name or close' : 'value or close';
    } else {
      at = readScalar(text, at);
      expected = container === undefined ? 'nothing' : 'comma or close';
    }
  }
  if (expected !== 'nothing') throw endOfInput(text, expected, open.at(-1));
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (' \t\n\r'.includes(text.charAt(at)) && at < text.length) at += 1;
  return at;
}

function readName(text: string, at: number, container: Container): number {
  if (text.charAt(at) !== '"') throw unexpected(text, at, 'was expecting double-quote to start field name');
  const end = readString(text, at, 'name');
  const raw = text.slice(at, end);
  const name = raw.includes('\\') ? String(JSON.parse(raw)) : raw.slice(1, -1);
  if (container.names.has(name)) throw new Malformed(`Duplicate field '${quotable(name)}'`, end);
  container.names.add(name);
  return end;
}

function readColon(text: string, from: number): number {
  const at = skipSpace(text, from);
  if (at >= text.length) throw new Malformed('Unexpected end-of-input within/between Object entries', at);
  if (text.charAt(at) !== ':') throw unexpected(text, at, 'was expecting a colon to separate field name and value');
  return at + 1;
}

function readScalar(text: string, at: number): number {
  const char = text.charAt(at);
  if (char === '"') return readString(text, at, 'value');
  if (char === '-' || isDigit(char)) return readNumber(text, at);
  if (!WORD_START.test(text.slice(at, at + 2))) throw unexpected(text, at, `expected a valid value ${VALUES}`);
  WORD.lastIndex = at;
  const word = WORD.exec(text)?.[0] ?? '';
  if (word === 'true' || word === 'false' || word === 'null') return at + word.length;
  throw new Malformed(`Unrecognized token '${quotable(word)}': was expecting ${VALUES}`, at + word.length);
}

const VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
const WORD_START = /^[\p{ID_Start}$_]/u;
const WORD = /[\p{ID_Continue}$]*/uy;

function readString(text: string, start: number, kind: 'name' | 'value'): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code === 0x5c) at = readEscape(text, at + 1);
    else if (code < 0x20) {
      const must = `has to be escaped using backslash to be included in ${kind === 'name' ? 'name' : 'string value'}`;
      throw new Malformed(`Illegal unquoted character (${describeChar(text, at)}): ${must}`, at + 1);
    }
  }
  const where = kind === 'name' ? ' in field name' : ': was expecting closing quote for a string value';
  throw new Malformed(`Unexpected end-of-input${where}`, text.length);
}

/** Returns the place of the escape's last character. */
function readEscape(text: string, at: number): number {
  if (at >= text.length) throw new Malformed('Unexpected end-of-input in character escape sequence', at);
  if ('"\\/bfnrt'.includes(text.charAt(at))) return at;
  if (text.charAt(at) !== 'u') throw new Malformed(`Unrecognized character escape ${describeChar(text, at)}`, at + 1);
  for (let digit = at + 1; digit <= at + 4; digit += 1) {
    if (digit >= text.length) throw new Malformed('Unexpected end-of-input in character escape sequence', digit);
    if (!/[0-9a-fA-F]/.test(text.charAt(digit))) {
      throw unexpected(text, digit, 'expected a hex-digit for character escape sequence');
    }
  }
  return at + 4;
}

function readNumber(text: string, start: number): number {
  const integer = text.charAt(start) === '-' ? start + 1 : start;
  let at = readDigits(text, integer, 'expected digit (0-9) to follow minus sign, for valid numeric value');
  if (text.charAt(integer) === '0' && at > integer + 1) {
    throw new Malformed('Invalid numeric value: Leading zeroes not allowed', integer + 1);
  }
  if (text.charAt(at) === '.') at = readDigits(text, at + 1, 'Decimal point not followed by a digit');
  if (text.charAt(at) === 'e' || text.charAt(at) === 'E') {
    const sign = text.charAt(at + 1);
    at = readDigits(text, sign === '+' || sign === '-' ? at + 2 : at + 1, 'Exponent indicator not followed by a digit');
  }
  const number = text.slice(start, at);
  if (!Number.isFinite(Number(number)))
    throw new Malformed(`Numeric value (${quotable(number)}) out of range of double`, at);
  return at;
}

function readDigits(text: string, from: number, complaint: string): number {
  let at = from;
  while (isDigit(text.charAt(at))) at += 1;
  if (at > from) return at;
  if (at >= text.length) throw new Malformed(`Unexpected end-of-input in numeric value: ${complaint}`, at);
  throw new Malformed(`Unexpected character (${describeChar(text, at)}) in numeric value: ${complaint}`, at + 1);
}

function isDigit(char: string): boolean {
  return char >= '0' && char <= '9' && char.length === 1;
}

function closeOf({ kind }: Container): '}' | ']' {
  return kind === 'Object' ? '}' : ']';
}

function wanted(expected: Expected, container: Container | undefined): string {
  if (expected === 'comma or close') return `was expecting comma to separate ${container?.kind ?? 'Root'} entries`;
  if (expected === 'name') return 'was expecting double-quote to start field name';
  return expected === 'nothing' ? 'expected nothing after the end of the value' : `expected a valid value ${VALUES}`;
}

function unexpected(text: string, at: number, complaint: string): Malformed {
  return new Malformed(`Unexpected character (${describeChar(text, at)}): ${complaint}`, at + 1);
}

function wrongClose(text: string, at: number, container: Container): Malformed {
  const begun = `for ${container.kind} starting at ${locate(text, container.start)}`;
  return new Malformed(
    `Unexpected close marker '${text.charAt(at)}': expected '${closeOf(container)}' (${begun})`,
    at + 1,
  );
}

function tooDeep(at: number): Malformed {
  return new Malformed(
    `Document nesting depth (${JSON_DEPTH_MAX + 1}) exceeds the maximum allowed (${JSON_DEPTH_MAX})`,
    at + 1,
  );
}

function endOfInput(text: string, expected: Expected, container: Container | undefined): Malformed {
  if (container === undefined) return new Malformed('No content to map due to end-of-input', text.length);
  if (expected === 'value' || expected === 'name') {
    return new Malformed(`Unexpected end-of-input within/between ${container.kind} entries`, text.length);
  }
  const begun = `start marker at ${locate(text, container.start)}`;
  return new Malformed(`Unexpected end-of-input: expected close marker for ${container.kind} (${begun})`, text.length);
}

function describeChar(text: string, at: number): string {
  const code = text.charCodeAt(at);
  if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return `(CTRL-CHAR, code ${code})`;
  return `'${text.charAt(at)}' (code ${code}${code > 255 ? ` / 0x${code.toString(16)}` : ''})`;
}

/** How much of the text a location repeats. */
const SOURCE_LENGTH_MAX = 500;

function locate(text: string, at: number): string {
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  const column = at - before.lastIndexOf('\n');
  const rest = text.length - SOURCE_LENGTH_MAX;
  const source = rest > 0 ? `"${text.slice(0, SOURCE_LENGTH_MAX)}"[truncated ${rest} chars]` : `"${text}"`;
  return `[Source: (String)${source}; line: ${line}, column: ${column}]`;
}
