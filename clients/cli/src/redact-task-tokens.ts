export const HIDDEN_TOKEN = '(task token, hidden)';

/** How a definition says "the task token", in JSONPath's words and in JSONata's. */
const TOKEN_EXPRESSION = /\$\$\.Task\.Token|\$states\.context\.Task\.Token/;

/** `TaskToken` in any spelling, and the `Token` of a context object that was passed on whole. */
const USUAL_NAME = /^(?:task[-_ ]?)?token$/i;

/** Shorter text is no token of Step Functions; replacing it everywhere would only spoil the reading. */
const TOKEN_LENGTH_MIN = 16;

/**
 * Makes a function that hides task tokens in whatever an execution shows: who holds a token can answer its task.
 *
 * A token is known by its member's name: a usual one, or one under which the definition passes it on. Its value is
 * then hidden wherever else it turns up, in later calls too. JSON text inside a string, as `input` and `parameters`
 * are, is searched like the rest.
 */
export function taskTokenRedactor(definition: string | undefined): <Value>(value: Value) => Value {
  const names = new Set<string>();
  forEachText(definition, (text, name) => {
    if (name !== undefined && TOKEN_EXPRESSION.test(text)) names.add(name.replace(/\.\$$/, ''));
  });
  const isTokenName = (name: string | undefined) => name !== undefined && (USUAL_NAME.test(name) || names.has(name));
  const tokens = new Set<string>();
  return (value) => {
    forEachText(value, (text, name) => {
      if (isTokenName(name) && text.length >= TOKEN_LENGTH_MIN) tokens.add(text);
    });
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- texts are exchanged for texts, so the shape stays
    return mapTexts(value, (text, name) =>
      isTokenName(name) ? HIDDEN_TOKEN : withoutTokens(text, tokens),
    ) as typeof value;
  };
}

function withoutTokens(text: string, tokens: ReadonlySet<string>): string {
  let clean = text;
  for (const token of tokens) clean = clean.replaceAll(token, HIDDEN_TOKEN);
  return clean;
}

/** Visits each string in a value with the name of the nearest member it stands under. */
function forEachText(value: unknown, visit: (text: string, name: string | undefined) => void): void {
  mapTexts(value, (text, name) => {
    visit(text, name);
    return text;
  });
}

function mapTexts(value: unknown, change: (text: string, name: string | undefined) => string, name?: string): unknown {
  if (typeof value === 'string') return mapJsonText(value, change, name) ?? change(value, name);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change, name));
  // An instant (Date) has no text of its own to change.
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, mapTexts(member, change, key)]));
}

/** The same for an object or an array that is given as JSON text; its spelling stays unless something is hidden. */
function mapJsonText(
  text: string,
  change: (text: string, name: string | undefined) => string,
  name?: string,
): string | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const changed = mapTexts(value, change, name);
  return JSON.stringify(changed) === JSON.stringify(value) ? text : JSON.stringify(changed);
}
