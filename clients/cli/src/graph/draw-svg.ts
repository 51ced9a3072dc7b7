import { type GraphMarks, isTaken } from './graph-marks.ts';
import { planGraph, type PlannedArrow, type PlannedBox, type PlannedGraph, START } from './plan-graph.ts';
import type { StateGraph } from './state-graph.ts';

/** A terminal's cell, in pixels. */
const [CELL_WIDTH, CELL_HEIGHT] = [8, 17] as const;
const MARGIN = 2;

/** What of a status is seen without colours is in the text of its box. */
const STYLE = `
  svg { background: #fff; font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
  text { fill: #1c2430; text-anchor: middle; dominant-baseline: central; }
  .legend text { text-anchor: start; }
  .number { font-weight: bold; text-anchor: start; }
  .type { fill: #5a6472; font-size: 11px; }
  rect { fill: #fff; stroke: #5a6472; stroke-width: 1.2; rx: 6px; }
  path { fill: none; stroke: #5a6472; stroke-width: 1.2; }
  .catch { stroke-dasharray: 4 3; }
  .head { fill: #5a6472; stroke: none; }
  .taken { stroke: #1a7f37; stroke-width: 2.4; }
  .head.taken { fill: #1a7f37; stroke: none; }
  .left > rect { stroke: #1a7f37; fill: #eaf6ed; }
  .runs > rect, .waits > rect { stroke: #9a6700; fill: #fdf6e0; stroke-width: 2.4; }
  .failed > rect { stroke: #b42318; fill: #fdecea; stroke-width: 2.4; }
  .aborted > rect { stroke: #7a3ea0; fill: #f6eefb; stroke-width: 2.4; }`;

/** The graph as an SVG document of its own, which needs nothing else to be shown. */
export function graphSvg(graph: StateGraph, marks: GraphMarks): string {
  const { plan, legend } = planGraph(graph, marks, { textWidth: 44, gap: 3, isStacked: false, beside: 6 });
  const legendWidth = Math.max(0, ...legend.map((text) => text.length + 4));
  const rows = plan.height + (legend.length === 0 ? 0 : legend.length + 1);
  const [width, height] = [
    (Math.max(plan.width, legendWidth) + 2 * MARGIN) * CELL_WIDTH,
    (rows + 2 * MARGIN) * CELL_HEIGHT,
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="State machine">`,
    `<style>${STYLE}\n</style>`,
    `<g transform="translate(${MARGIN * CELL_WIDTH} ${MARGIN * CELL_HEIGHT})">`,
    ...graphParts(plan, marks),
    '<g class="legend">',
    ...legend.map((text, index) => textAt(0, plan.height + 1 + index, `${index + 1}  ${text}`)),
    '</g>',
    '</g>',
    '</svg>',
  ].join('\n');
}

function graphParts({ boxes, arrows }: PlannedGraph, marks: GraphMarks): string[] {
  return [...arrows.flatMap((arrow) => arrowParts(arrow, marks)), ...boxes.flatMap((box) => boxParts(box, marks))];
}

function boxParts({ state, left, top, width, height, lines, inner }: PlannedBox, marks: GraphMarks): string[] {
  const status = marks.statuses.get(state.name);
  const firstRow = state.name === START ? 0 : 1;
  return [
    `<g class="state${status === undefined ? '' : ` ${status}`}" transform="${move(left, top)}">`,
    ...(state.name === START
      ? []
      : [
          `<rect width="${width * CELL_WIDTH}" height="${height * CELL_HEIGHT}"/>`,
          `<title>${escaped(titleOf(state.name, status))}</title>`,
        ]),
    ...lines.map((line, row) => textAt((width - 1) / 2, firstRow + row, line, row === 0 ? undefined : 'type')),
    ...inner.flatMap((each) => [
      `<g transform="${move(each.left, each.top)}">`,
      ...graphParts(each.graph, marks),
      '</g>',
    ]),
    '</g>',
  ];
}

function titleOf(name: string, status: string | undefined): string {
  return status === undefined ? name : `${name}: ${status}`;
}

function arrowParts({ arrow, bends, isUpwards, number }: PlannedArrow, marks: GraphMarks): string[] {
  const taken = isTaken(marks, arrow) ? ' taken' : '';
  const points = bends.map(([x, y]) => [(x + 0.5) * CELL_WIDTH, (y + 0.5) * CELL_HEIGHT] as const);
  const [[startX, startY] = [0, 0], [endX, endY] = [0, 0]] = [points[0], points.at(-1)];
  const half = CELL_HEIGHT / 2;
  const path = [[startX, startY - half], ...points, [endX, endY + half]].map(([x, y]) => `${x} ${y}`).join(' L');
  const [tipX, tipY, back] = isUpwards ? [startX, startY - half, 9] : [endX, endY + half, -9];
  const [x, y] = (isUpwards ? bends.at(-1) : bends[0]) ?? [0, 0];
  return [
    `<path class="arrow${arrow.isCatch ? ' catch' : ''}${taken}" d="M${path}"/>`,
    `<path class="head${taken}" d="M${tipX} ${tipY} l-4.5 ${back} h9 z"/>`,
    ...(number === undefined ? [] : [textAt(x + 0.8, y, String(number), 'number')]),
  ];
}

function move(left: number, top: number): string {
  return `translate(${left * CELL_WIDTH} ${top * CELL_HEIGHT})`;
}

function textAt(x: number, y: number, text: string, className?: string): string {
  const of = className === undefined ? '' : ` class="${className}"`;
  return `<text${of} x="${(x + 0.5) * CELL_WIDTH}" y="${(y + 0.5) * CELL_HEIGHT}">${escaped(text)}</text>`;
}

/** XML has no place for most control characters, however they are written. */
function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text
    .replaceAll(/\p{Cc}|\p{Cs}|[\uFFFE\uFFFF]/gu, '\uFFFD')
    .replaceAll(/[&<>"]/g, (character) => entities[character] ?? character);
}
