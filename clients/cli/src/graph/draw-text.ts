import { graphemesOf, textWidth } from '../text-width.ts';
import { wrapText } from '../wrap-text.ts';
import { Canvas, type Dress } from './canvas.ts';
import { type GraphMarks, isTaken, STATUS_COLOURS } from './graph-marks.ts';
import { outlineText } from './outline-text.ts';
import {
  planGraph,
  type PlannedArrow,
  type PlannedBox,
  type PlannedGraph,
  type PlanStyle,
  START,
} from './plan-graph.ts';
import type { StateGraph } from './state-graph.ts';

/** From how one would like it to what is hardly readable any more. */
const STYLES: readonly PlanStyle[] = [
  { textWidth: 44, gap: 3, isStacked: false, beside: 6 },
  { textWidth: 24, gap: 3, isStacked: false, beside: 6 },
  { textWidth: 44, gap: 3, isStacked: true, beside: 2 },
  { textWidth: 24, gap: 2, isStacked: true, beside: 2 },
  { textWidth: 24, gap: 2, isStacked: true, beside: 1 },
  { textWidth: 44, gap: 3, isStacked: true, beside: 0 },
  { textWidth: 24, gap: 2, isStacked: true, beside: 0 },
  { textWidth: 20, gap: 2, isStacked: true, beside: 0 },
  { textWidth: 14, gap: 2, isStacked: true, beside: 0 },
];

export type Colour = (typeof STATUS_COLOURS)[keyof typeof STATUS_COLOURS] | 'dim' | 'bold';
export type DressAs = (colour: Colour) => Dress;

/** The graph as boxes and arrows, no wider than so many columns; where that cannot be, as a list of its states. */
export function graphText(graph: StateGraph, marks: GraphMarks, width: number, dressAs: DressAs): string {
  for (const style of STYLES) {
    const { plan, legend } = planGraph(graph, marks, style);
    if (plan.width > width) continue;
    const canvas = new Canvas(plan.width, plan.height);
    drawGraph(canvas, plan, [0, 0], { marks, dressAs });
    return [canvas.text(), ...legendLines(legend, width)].join('\n');
  }
  return outlineText(graph, marks, width);
}

interface Pen {
  readonly marks: GraphMarks;
  readonly dressAs: DressAs;
}

type Corner = readonly [left: number, top: number];

function drawGraph(canvas: Canvas, { boxes, arrows }: PlannedGraph, corner: Corner, pen: Pen): void {
  for (const arrow of arrows) drawArrow(canvas, arrow, corner, pen);
  for (const box of boxes) drawBox(canvas, box, corner, pen);
}

function drawArrow(
  canvas: Canvas,
  { arrow, bends, isUpwards, number }: PlannedArrow,
  [left, top]: Corner,
  pen: Pen,
): void {
  const { marks, dressAs } = pen;
  const dress = isTaken(marks, arrow) ? dressAs('green') : marks.statuses.size > 0 ? dressAs('dim') : undefined;
  const line = { isDashed: arrow.isCatch, dress };
  const points = bends.map(([x, y]) => [left + x, top + y] as const);
  const [[startX, startY] = [0, 0], [endX, endY] = [0, 0]] = [points[0], points.at(-1)];
  // The ends go on to the boxes, which are drawn over them.
  canvas.vertical(startX, startY - 1, startY, line);
  canvas.vertical(endX, endY, endY + 1, line);
  for (const [index, [x, y]] of points.slice(0, -1).entries()) {
    const [nextX, nextY] = points[index + 1] ?? [x, y];
    if (x === nextX) canvas.vertical(x, y, nextY, line);
    else canvas.horizontal(y, x, nextX, line);
  }
  if (isUpwards) canvas.write(startX, startY, graphemesOf('▲'), dress);
  else canvas.write(endX, endY, graphemesOf('▼'), dress);
  // Beside the line, where it leaves its state.
  const [x, y] = isUpwards ? [endX, endY] : [startX, startY];
  if (number !== undefined) canvas.write(x + 1, y, graphemesOf(String(number)), dressAs('bold'));
}

function drawBox(canvas: Canvas, box: PlannedBox, corner: Corner, pen: Pen): void {
  const { state, lines, inner, width, height } = box;
  const [left, top] = [corner[0] + box.left, corner[1] + box.top];
  const dress = dressOf(box, pen);
  if (state.name !== START) canvas.frame(left, top, width, height, dress);
  const firstRow = state.name === START ? top : top + 1;
  for (const [index, text] of lines.entries())
    canvas.write(left + Math.floor((width - textWidth(text)) / 2), firstRow + index, graphemesOf(text), dress);
  for (const each of inner) drawGraph(canvas, each.graph, [left + each.left, top + each.top], pen);
}

function dressOf({ state }: PlannedBox, { marks, dressAs }: Pen): Dress | undefined {
  const status = marks.statuses.get(state.name);
  if (status !== undefined) return dressAs(STATUS_COLOURS[status]);
  return marks.statuses.size > 0 && state.name !== START ? dressAs('dim') : undefined;
}

function legendLines(legend: readonly string[], width: number): string[] {
  const digits = String(legend.length).length;
  const lines = legend.flatMap((text, index) =>
    wrapText(text, width - digits - 2).map((line, row) =>
      row === 0 ? `${String(index + 1).padStart(digits)}  ${line}` : ' '.repeat(digits + 2) + line,
    ),
  );
  return lines.length === 0 ? [] : ['', ...lines];
}
