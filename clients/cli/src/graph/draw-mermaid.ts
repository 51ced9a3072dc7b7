import { type GraphMarks, isTaken } from './graph-marks.ts';
import { arrowsOf } from './merged-transitions.ts';
import type { GraphState, StateGraph } from './state-graph.ts';

/** The graph as a Mermaid flowchart, for a page in Markdown. @see https://mermaid.js.org/syntax/flowchart.html */
export function graphMermaid(graph: StateGraph, marks: GraphMarks): string {
  const ids = new Map<string, string>();
  const arrows: string[] = [];
  const draw: Draw = { marks, arrows, idOf: (name) => ids.get(name) ?? newId(ids, name), taken: [] };
  const states = statesOf(graph, draw);
  arrows.unshift(`  start(("Start")) --> ${draw.idOf(graph.startAt)}`);
  return ['flowchart TD', ...states, ...arrows, ...classLines(draw, ids)].join('\n');
}

interface Draw {
  readonly marks: GraphMarks;
  readonly arrows: string[];
  readonly taken: number[];
  idOf(name: string): string;
}

function newId(ids: Map<string, string>, name: string): string {
  const id = `s${ids.size + 1}`;
  ids.set(name, id);
  return id;
}

function statesOf(graph: StateGraph, draw: Draw): string[] {
  const lines = graph.states.flatMap((state) => stateLines(state, draw));
  for (const arrow of arrowsOf(graph)) {
    const line = arrow.isCatch ? '-.->' : '-->';
    const label = arrow.labels.length === 0 ? '' : `|${quoted(arrow.labels.join('; '))}|`;
    const count = draw.arrows.push(`  ${draw.idOf(arrow.from)} ${line}${label} ${draw.idOf(arrow.to)}`);
    // The arrow from the start is before them all.
    if (isTaken(draw.marks, arrow)) draw.taken.push(count);
  }
  return lines;
}

function stateLines(state: GraphState, draw: Draw): string[] {
  const { name, type, about, isEnd, inner } = state;
  const words = [type, about, ...(isEnd ? ['end'] : [])].filter(Boolean).join(' · ');
  const id = draw.idOf(name);
  const label = quoted(`${name}\n${words}`);
  if (inner.length === 0) return [type === 'Choice' ? `  ${id}{${label}}` : `  ${id}[${label}]`];
  return [
    `  subgraph ${id} [${label}]`,
    ...inner.flatMap((each, index) => [
      `  subgraph ${id}b${index + 1} [" "]`,
      ...statesOf(each, draw).map((line) => `  ${line}`),
      '  end',
    ]),
    '  end',
  ];
}

function classLines({ marks, taken }: Draw, ids: ReadonlyMap<string, string>): string[] {
  if (marks.statuses.size === 0) return [];
  const marked = [...marks.statuses].flatMap(([name, status]) => {
    const id = ids.get(name);
    return id === undefined ? [] : [`  class ${id} ${status}`];
  });
  return [
    '  classDef left fill:#eaf6ed,stroke:#1a7f37',
    '  classDef runs fill:#fdf6e0,stroke:#9a6700',
    '  classDef waits fill:#fdf6e0,stroke:#9a6700',
    '  classDef failed fill:#fdecea,stroke:#b42318',
    '  classDef aborted fill:#f6eefb,stroke:#7a3ea0',
    ...marked,
    `  linkStyle ${[0, ...taken].join(',')} stroke:#1a7f37,stroke-width:3px`,
  ];
}

/** Mermaid takes characters by their numbers; without this a label could go on as markup. */
function quoted(text: string): string {
  const safe = text.replaceAll(/[^\p{L}\p{N} \n.,:;=_()·$-]/gu, (character) => `#${character.codePointAt(0)};`);
  return `"${safe.replaceAll('\n', '<br/>')}"`;
}
