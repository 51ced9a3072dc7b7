import { stripVTControlCharacters } from 'node:util';
import { textWidth } from './text-width.ts';

/** What this needs of a terminal. */
export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  write(text: string): unknown;
}

/** Text on a terminal that is drawn anew in its place, whenever what it shows has changed. */
export function liveView(terminal: Terminal): (text: string) => void {
  let rows = 0;
  return (text) => {
    const width = terminal.columns || 80;
    // What has scrolled off the top cannot be drawn over, so the view is never higher than the terminal.
    const { shown, height } = fitHeight(text.split('\n'), width, (terminal.rows || 24) - 1);
    const toTop = rows === 0 ? '' : `\r\u001B[${rows}A\u001B[0J`;
    terminal.write(`${toTop}${shown.join('\n')}\n`);
    rows = height;
  };
}

function fitHeight(lines: readonly string[], width: number, rowsMax: number): { shown: string[]; height: number } {
  const shown: string[] = [];
  let height = 0;
  for (const line of lines) {
    // The terminal breaks a long line into several rows.
    const rows = Math.max(1, Math.ceil(textWidth(stripVTControlCharacters(line)) / width));
    if (height + rows > rowsMax) break;
    shown.push(line);
    height += rows;
  }
  return { shown, height };
}
