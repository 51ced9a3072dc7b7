import { EvaluationError } from './states-error.ts';
import { countWork } from './work.ts';

/**
 * Whether a text matches the pattern of a StringMatches, in which `*` stands for any characters, also none; `\*` and `\\` are the
 * characters themselves. Its time is linear in the two lengths.
 *
 * @throws {EvaluationError} States.Runtime if a backslash escapes nothing.
 */
export function matchesPattern(text: string, pattern: string): boolean {
  countWork(Math.ceil((text.length + pattern.length) / CHARACTERS_PER_VALUE));
  const [first = '', ...others] = literalsOf(pattern);
  const last = others.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let end = first.length;
  // Each as far to the left as it is found leaves the most for those after it.
  for (const literal of others) {
    const found = indexOf(literal, text, end);
    if (found < 0) return false;
    end = found + literal.length;
  }
  return end + last.length <= text.length && text.endsWith(last);
}

/** A search passes over so many in the time that a path takes to look at a value. */
const CHARACTERS_PER_VALUE = 16;

/** What stands between the stars. */
function literalsOf(pattern: string): readonly string[] {
  const literals = [''];
  for (const part of pattern.match(/\\[^]?|\*|[^\\*]+/g) ?? []) {
    if (part === '*') literals.push('');
    else literals.push(`${literals.pop() ?? ''}${part.startsWith('\\') ? unescaped(part, pattern) : part}`);
  }
  return literals;
}

function unescaped(part: string, pattern: string): string {
  if (part === '\\*' || part === '\\\\') return part.charAt(1);
  throw new EvaluationError(
    'States.Runtime',
    `Invalid StringMatches pattern '${pattern}': a backslash escapes only * and \\`,
  );
}

function indexOf(literal: string, text: string, from: number): number {
  return literal.length <= NATIVE_LENGTH_MAX ? text.indexOf(literal, from) : indexOfLong(literal, text, from);
}

/** V8 looks at no more of a literal when it decides how far to go on; with a longer one its time is the product of the lengths. */
const NATIVE_LENGTH_MAX = 250;

/** Knuth, Morris and Pratt: no character of the text is gone back to. */
function indexOfLong(literal: string, text: string, from: number): number {
  const borders = bordersOf(literal);
  let matched = 0;
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    while (matched > 0 && literal.charCodeAt(matched) !== code) matched = borders[matched - 1] ?? 0;
    if (literal.charCodeAt(matched) === code) matched++;
    if (matched === literal.length) return at + 1 - matched;
  }
  return -1;
}

/** Of each beginning of the literal, how long the longest is that it both begins and ends with. */
function bordersOf(literal: string): Uint32Array {
  const borders = new Uint32Array(literal.length);
  let matched = 0;
  for (let at = 1; at < literal.length; at++) {
    const code = literal.charCodeAt(at);
    while (matched > 0 && literal.charCodeAt(matched) !== code) matched = borders[matched - 1] ?? 0;
    if (literal.charCodeAt(matched) === code) matched++;
    borders[at] = matched;
  }
  return borders;
}
