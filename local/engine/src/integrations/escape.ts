/** As RFC 3986 has it, and so a signature: everything but letters, digits and `-._~`. */
export function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** With its question mark; empty where there is nothing to ask. */
export function escapedQuery(query: readonly (readonly [string, string])[]): string {
  return query.length === 0 ? '' : `?${query.map(([name, value]) => `${escaped(name)}=${escaped(value)}`).join('&')}`;
}
