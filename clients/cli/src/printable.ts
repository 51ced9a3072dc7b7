/**
 * Makes text that came from elsewhere safe to show on a terminal: an order's details may hold escape sequences that
 * clear the screen, or marks that turn the reading direction round.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu, escaped);
}

/** The same on one line, for a table's cell: white space of any kind becomes one blank. */
export function printableLine(text: string): string {
  return printable(text.replaceAll(/\s+/gu, ' ').trim());
}

// The form that JSON uses, so that a JSON text stays the same JSON text.
function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
