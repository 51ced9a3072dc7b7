import { fitText, textWidth } from './text-width.ts';

/** The text in lines of at most so many columns, broken between words; a word that is longer than a line is cut with …. */
export function wrapText(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line === '' || textWidth(longer) <= columns) line = longer;
    else {
      lines.push(fitText(line, columns));
      line = word;
    }
  }
  return [...lines, fitText(line, columns)];
}
