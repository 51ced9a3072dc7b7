import type { Context } from './context.ts';

const VARIABLE = /\$\{([^\}]*)\}/gv;

/** What takes the place of a wildcard that is meant as a character, until the pattern is compared. */
const LITERALS: Readonly<Record<string, string>> = { '*': '\u{E000}', '?': '\u{E001}', $: '$' };

export function hasVariables(text: string): boolean {
  return text.includes('${');
}

/**
 * Puts the values of a request where a text of a policy has variables. A wildcard in such a value is a character.
 *
 * @returns undefined where the request has no value, and none is given instead: then nothing matches
 * @see IAM User Guide, "IAM policy elements: Variables and tags"
 */
export function fillVariables(text: string, context: Context): string | undefined {
  let isWhole = true;
  const filled = text.replace(VARIABLE, (_, inside: string) => {
    const literal = LITERALS[inside];
    if (literal !== undefined) return literal;
    const [, key = '', fallback] = /^\s*([^,\s]+)\s*(?:,\s*'([^']*)'\s*)?$/v.exec(inside) ?? [];
    const values = context(key.toLowerCase());
    const value = values?.length === 1 ? values[0] : fallback;
    isWhole &&= value !== undefined;
    return asCharacters(value ?? '');
  });
  return isWhole ? filled : undefined;
}

/** In a text that is compared with one that {@link fillVariables} gave, wildcards are what they are there. */
export function asCharacters(text: string): string {
  return text.replaceAll('*', '\u{E000}').replaceAll('?', '\u{E001}');
}
