/** What dresses a piece of a drawing, such as a colour. Pieces are dressed alike where it is the same function. */
export type Dress = (text: string) => string;

export interface Line {
  readonly isDashed: boolean;
  readonly dress?: Dress | undefined;
}

interface Cell {
  readonly text: string;
  readonly dress?: Dress | undefined;
  /** Of a line: by which sides it is left. */
  readonly sides?: number;
  readonly isDashed?: boolean;
}

const BLANK: Cell = { text: ' ' };

const [UP, DOWN, LEFT, RIGHT] = [1, 2, 4, 8] as const;

/** By the sum of the sides by which a cell is left. */
const LINES = ' ╵╷│╴┘┐┤╶└┌├─┴┬┼';
const DASHED: Readonly<Record<string, string>> = { '│': '╎', '─': '╌' };

/** Characters in rows and columns. Lines that meet join, and what is written covers what was there. */
export class Canvas {
  readonly #rows: Cell[][];

  constructor(width: number, height: number) {
    this.#rows = Array.from({ length: height }, () => Array.from({ length: width }, () => BLANK));
  }

  /** Each grapheme in its own cell; one that takes two columns takes two cells. */
  write(x: number, y: number, graphemes: readonly (readonly [string, number])[], dress?: Dress): void {
    let at = x;
    for (const [text, columns] of graphemes) {
      this.#put(at, y, { text, dress });
      if (columns === 2) this.#put(at + 1, y, { text: '', dress });
      at += columns;
    }
  }

  vertical(x: number, top: number, bottom: number, line: Line): void {
    for (let y = top; y <= bottom; y += 1) this.#join(x, y, (y > top ? UP : 0) | (y < bottom ? DOWN : 0), line);
  }

  horizontal(y: number, fromX: number, toX: number, line: Line): void {
    const [left, right] = [Math.min(fromX, toX), Math.max(fromX, toX)];
    for (let x = left; x <= right; x += 1) this.#join(x, y, (x > left ? LEFT : 0) | (x < right ? RIGHT : 0), line);
  }

  /** The border of a box, with nothing in it. */
  frame(left: number, top: number, width: number, height: number, dress?: Dress): void {
    const line = { isDashed: false, dress };
    const [right, bottom] = [left + width - 1, top + height - 1];
    for (let y = top; y <= bottom; y += 1) for (let x = left; x <= right; x += 1) this.#put(x, y, BLANK);
    for (const y of [top, bottom]) this.horizontal(y, left, right, line);
    for (const x of [left, right]) this.vertical(x, top, bottom, line);
  }

  /** One line a row, without blanks at the ends. */
  text(): string {
    return this.#rows.map(rowText).join('\n');
  }

  #join(x: number, y: number, sides: number, { isDashed, dress }: Line): void {
    const before = this.#rows[y]?.[x];
    const all = sides | (before?.sides ?? 0);
    const isAllDashed = isDashed && (before?.isDashed ?? true);
    const text = LINES[all] ?? ' ';
    this.#put(x, y, {
      text: isAllDashed ? (DASHED[text] ?? text) : text,
      dress: dress ?? before?.dress,
      sides: all,
      isDashed: isAllDashed,
    });
  }

  #put(x: number, y: number, cell: Cell): void {
    const row = this.#rows[y];
    if (row !== undefined && x >= 0 && x < row.length) row[x] = cell;
  }
}

function rowText(cells: readonly Cell[]): string {
  const end = cells.findLastIndex(({ text }) => text !== ' ' && text !== '') + 1;
  let text = '';
  // Neighbours that are dressed alike are dressed at once.
  for (let at = 0; at < end;) {
    const dress = cells[at]?.dress;
    let run = '';
    for (; at < end && cells[at]?.dress === dress; at += 1) run += cells[at]?.text ?? '';
    text += dress === undefined ? run : dress(run);
  }
  return text;
}
