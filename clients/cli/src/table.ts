import { printableLine } from './printable.ts';
import { fitText, padText, textWidth } from './text-width.ts';

export interface Column<Row> {
  heading: string;
  value(row: Row): string;
  /** May be cut with … where the line is too long. An id never is: people copy it. */
  shrinks?: true;
}

const GAP = '  ';
const NARROWEST_COLUMN = 8;

/**
 * The rows under their headings, no line longer than `width`. Where they cannot fit, each row becomes a small block of
 * `heading  value` lines instead. `emphasise` dresses the headings.
 */
export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
  emphasise: (heading: string) => string,
): string {
  const cells = rows.map((row) => columns.map((column) => printableLine(column.value(row))));
  const widths = columnWidths(columns, cells, width);
  if (widths === undefined) return blocks(columns, cells, width, emphasise);
  const headings = line(
    columns.map((column) => column.heading),
    widths,
  );
  return [emphasise(headings), ...cells.map((row) => line(row, widths))].join('\n');
}

/** The facts of one thing, one a line, the names in a column of their own. */
export function facts(
  entries: readonly (readonly [name: string, value: string])[],
  emphasise: (name: string) => string,
): string {
  const nameWidth = Math.max(...entries.map(([name]) => textWidth(name)));
  return entries.map(([name, value]) => `${emphasise(padText(name, nameWidth))}${GAP}${value}`).join('\n');
}

function columnWidths<Row>(
  columns: readonly Column<Row>[],
  cells: readonly string[][],
  width: number,
): number[] | undefined {
  const widths = columns.map((column, index) =>
    Math.max(textWidth(column.heading), ...cells.map((row) => textWidth(row[index] ?? ''))),
  );
  let excess = widths.reduce((sum, each) => sum + each, 0) + GAP.length * (columns.length - 1) - width;
  // The widest column gives way first, so that two long texts end up about equally long.
  while (excess > 0) {
    const widest = Math.max(...widths.filter((_, index) => columns[index]?.shrinks));
    if (!(widest > NARROWEST_COLUMN)) return undefined;
    widths[widths.findIndex((each, index) => each === widest && columns[index]?.shrinks)] = widest - 1;
    excess -= 1;
  }
  return widths;
}

function line(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, index) => padText(fitText(cell, widths[index] ?? 0), widths[index] ?? 0))
    .join(GAP)
    .trimEnd();
}

function blocks<Row>(
  columns: readonly Column<Row>[],
  cells: readonly string[][],
  width: number,
  emphasise: (heading: string) => string,
): string {
  const headingWidth = Math.max(...columns.map((column) => textWidth(column.heading)));
  const valueWidth = width - headingWidth - GAP.length;
  return cells
    .map((row) =>
      columns
        .map((column, index) => {
          const value = row[index] ?? '';
          return (
            emphasise(padText(column.heading, headingWidth)) +
            GAP +
            (column.shrinks ? fitText(value, valueWidth) : value)
          );
        })
        .join('\n'),
    )
    .join('\n\n');
}
