import { RE2JS } from 're2js';
import { SyntaxFault } from './text-reader.ts';

/** A regular expression that was checked and can be matched in a time that is linear in the text. */
export interface LinearRegex {
  readonly pattern: RE2JS;
  /** One character of the text costs at most so many steps. */
  readonly size: number;
}

const SOURCE_LENGTH_MAX = 1_000;
const PROGRAM_SIZE_MAX = 5_000;

const flagBits: Readonly<Record<string, number>> = {
  i: RE2JS.CASE_INSENSITIVE,
  m: RE2JS.MULTILINE,
  s: RE2JS.DOTALL,
  u: 0,
};

/**
 * Reads the pattern of a `=~` filter. The built-in engine goes back and tries again, so a pattern such as `(a+)+` can keep it busy
 * for years; RE2 goes through the text once, and refuses what it cannot do in that way: look-around and back references.
 *
 * @param flags any of `i`, `m`, `s` and `u`
 * @throws {SyntaxFault}
 * @see https://github.com/google/re2/wiki/Syntax
 */
export function parseLinearRegex(source: string, flags: string): LinearRegex {
  if (source.length > SOURCE_LENGTH_MAX) {
    throw new SyntaxFault(`a regular expression of more than ${SOURCE_LENGTH_MAX} characters`);
  }
  let bits = 0;
  for (const flag of flags) {
    const bit = flagBits[flag];
    if (bit === undefined) throw new SyntaxFault(`unknown flags ${flags}`);
    bits |= bit;
  }
  let pattern: RE2JS;
  try {
    pattern = RE2JS.compile(source, bits);
  } catch (error) {
    throw new SyntaxFault(error instanceof Error ? error.message : String(error));
  }
  const size = pattern.programSize();
  if (size > PROGRAM_SIZE_MAX) throw new SyntaxFault(`a regular expression of more than ${PROGRAM_SIZE_MAX} steps`);
  return { pattern, size };
}

/** Whether the regular expression matches the whole text; `visit` is told of the most steps that this can cost. */
export function matchesAll({ pattern, size }: LinearRegex, text: string, visit: (steps: number) => void): boolean {
  visit(size * (text.length + 1));
  return pattern.matches(text);
}
