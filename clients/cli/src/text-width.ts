const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

// The blocks that terminals draw over two columns: Hangul, CJK, full-width forms (Unicode, East Asian Width W and F).
const WIDE =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115F\u2E80-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|[\u{20000}-\u{3FFFD}])/u;

/** The characters as a reader sees them, each with the columns that a terminal needs for it. */
export function graphemesOf(text: string): [grapheme: string, columns: number][] {
  return Array.from(graphemes.segment(text), ({ segment }) => [segment, WIDE.test(segment) ? 2 : 1]);
}

/** How many columns a terminal needs for this text, which holds no control characters. */
export function textWidth(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** The text cut to at most so many columns, with … where something is missing. */
export function fitText(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let fitted = '';
  let width = 0;
  for (const { segment } of graphemes.segment(text)) {
    width += WIDE.test(segment) ? 2 : 1;
    if (width > columns - 1) break;
    fitted += segment;
  }
  return `${fitted}…`;
}

export function padText(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - textWidth(text)));
}
