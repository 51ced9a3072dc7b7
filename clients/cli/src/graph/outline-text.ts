import { printableLine } from '../printable.ts';
import { type GraphMarks, STATUS_GLYPHS } from './graph-marks.ts';
import { arrowsOf } from './merged-transitions.ts';
import type { StateGraph } from './state-graph.ts';
import { wrapText } from '../wrap-text.ts';

/** The states as a list, each with where it leads: for where there is no room to draw. */
export function outlineText(graph: StateGraph, marks: GraphMarks, width: number): string {
  return [`Start → ${printableLine(graph.startAt)}`, ...outlineLines(graph, marks, width)].join('\n');
}

function outlineLines(graph: StateGraph, marks: GraphMarks, width: number): string[] {
  const arrows = arrowsOf(graph);
  return graph.states.flatMap(({ name, type, about, isEnd, inner }) => {
    const status = marks.statuses.get(name);
    const words = [type, about, ...(isEnd ? ['end'] : [])].filter(Boolean).join(' · ');
    const ways = arrows
      .filter(({ from }) => from === name)
      .map(({ to, labels }) => `→ ${to}${labels.length === 0 ? '' : ` (${labels.join('; ')})`}`);
    const innerLines = inner.flatMap((each) => [
      `▷ ${printableLine(each.startAt)}`,
      ...outlineLines(each, marks, width - 4),
    ]);
    return [
      ...wrapText(printableLine(`${status === undefined ? '' : `${STATUS_GLYPHS[status]} `}${name}: ${words}`), width),
      ...innerLines.map((line) => `    ${line}`),
      ...ways.flatMap((way) => wrapText(printableLine(way), width - 2).map((line) => `  ${line}`)),
    ];
  });
}
