/**
 * What is known of a request besides who asks for what: the values of a condition key, by its name in lower case;
 * undefined where the request has none.
 */
export type Context = (key: string) => readonly string[] | undefined;

/** The keys of a plain object, in whatever case; values that are undefined are not there. */
export function contextOf(values: Readonly<Record<string, string | readonly string[] | undefined>>): Context {
  const byKey = new Map(
    Object.entries(values).flatMap(([key, value]) =>
      value === undefined ? [] : [[key.toLowerCase(), typeof value === 'string' ? [value] : value] as const],
    ),
  );
  return (key) => byKey.get(key);
}

/** Asks the first, and where that has nothing the second. */
export function eitherContext(first: Context, second: Context): Context {
  return (key) => first(key) ?? second(key);
}

export const emptyContext: Context = () => undefined;
