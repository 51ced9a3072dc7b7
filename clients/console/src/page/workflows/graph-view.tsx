import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { GraphLayout, PlacedEdge, PlacedNode } from './graph-layout.ts';
import { END, graphOf, START, type GraphModel } from './graph-model.ts';
import { summariesOf, type Journey, type StateSummary } from './visits.ts';

/** Smaller than this nobody can read it: then its frame scrolls. */
const SHRINKS_TO = 0.72;

interface GraphViewProps {
  definition: string;
  /** What an execution has made of it; absent where only the definition is shown. */
  journey?: Journey | undefined;
  /** The state that more is told of. */
  selected?: string | undefined;
  onSelect?: (state: string) => void;
}

/** A definition as a picture: states from above to below, what is within a state inside of it, and the way that was gone. */
export function GraphView({ definition, journey, selected, onSelect }: GraphViewProps) {
  const model = useMemo(() => graphOf(definition), [definition]);
  const placed = useLayout(model);
  const summaries = useMemo(() => summariesOf(journey?.visits ?? []), [journey]);
  const ways = useMemo(() => new Set((journey?.ways ?? []).map(([from, to]) => wayOf(from, to))), [journey]);
  const frame = useRef<HTMLDivElement>(null);
  const current = journey?.visits.findLast(({ status }) => status === 'running' || status === 'waiting')?.state;
  const first = typeof placed === 'object' ? placed.nodes.find(isState)?.id : undefined;
  const told = selected ?? current ?? first;
  useEffect(() => leadTo(frame.current, told), [placed, told]);
  if (model === undefined) return <p class="soft">The definition cannot be drawn.</p>;
  if (placed === 'failed') return <p class="soft">The graph could not be loaded. Load the page again.</p>;
  if (placed === undefined) return <div class="graph" role="status" aria-label="The graph is being drawn" />;
  const picture: Picture = { summaries, ways, journey, selected, first: selected ?? first, onSelect };
  const { width, height } = placed;
  return (
    <div class="graph" tabIndex={-1} ref={frame}>
      <svg
        role="group"
        aria-label="States"
        viewBox={`0 0 ${width} ${height}`}
        width={width}
        height={height}
        style={{ minWidth: `${Math.round(width * SHRINKS_TO)}px` }}
        onKeyDown={moveByArrows}
      >
        <defs>
          {['', '-gone'].map((kind) => (
            <marker
              key={kind}
              id={`arrow${kind}`}
              class={`arrow${kind}`}
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerWidth="9"
              markerHeight="9"
              markerUnits="userSpaceOnUse"
              orient="auto"
            >
              <path d="M0 0L8 4L0 8z" />
            </marker>
          ))}
        </defs>
        <Level layout={placed} picture={picture} />
      </svg>
    </div>
  );
}

/** Of a graph that is larger than its frame, the part that is told of is shown. The page itself stays where it is. */
function leadTo(frame: HTMLElement | null, state: string | undefined): void {
  const nodes = frame === null ? [] : [...frame.querySelectorAll<SVGElement>('[data-state]')];
  const node = nodes.find((each) => each.dataset['state'] === state);
  if (frame === null || node === undefined) return;
  const [outer, inner] = [frame.getBoundingClientRect(), node.getBoundingClientRect()];
  const isSeen =
    inner.left >= outer.left && inner.right <= outer.right && inner.top >= outer.top && inner.bottom <= outer.bottom;
  if (isSeen) return;
  frame.scrollBy({
    left: inner.left + inner.width / 2 - outer.left - outer.width / 2,
    top: inner.top + inner.height / 2 - outer.top - outer.height / 2,
  });
}

interface Picture {
  readonly summaries: ReadonlyMap<string, StateSummary>;
  readonly ways: ReadonlySet<string>;
  readonly journey: Journey | undefined;
  readonly selected: string | undefined;
  /** The one that the Tab key leads to. */
  readonly first: string | undefined;
  readonly onSelect: ((state: string) => void) | undefined;
}

function useLayout(model: GraphModel | undefined): GraphLayout | 'failed' | undefined {
  const placed = useSignal<{ readonly of: GraphModel; readonly layout: GraphLayout } | 'failed' | undefined>(undefined);
  useEffect(() => {
    let isCurrent = true;
    if (model !== undefined) {
      import('./graph-layout.ts')
        .then(({ layoutGraph }) => {
          if (isCurrent) placed.value = { of: model, layout: layoutGraph(model) };
        })
        .catch(() => (placed.value = 'failed'));
    }
    return () => {
      isCurrent = false;
    };
  }, [model]);
  const found = placed.value;
  if (found === 'failed' || found === undefined) return found;
  return found.of === model ? found.layout : undefined;
}

function Level({ layout, picture }: { layout: GraphLayout; picture: Picture }) {
  return (
    <>
      {layout.edges.map((edge, index) => (
        <Edge key={index} edge={edge} picture={picture} />
      ))}
      {layout.nodes.map((node) => (
        <Node key={node.id} node={node} picture={picture} />
      ))}
    </>
  );
}

function Edge({ edge, picture }: { edge: PlacedEdge; picture: Picture }) {
  const isGone = picture.ways.has(wayOf(edge.from, edge.to)) || leadsToEnd(edge, picture);
  return (
    <g class={`edge ${edge.kind}${isGone ? ' gone' : ''}`}>
      <path d={curve(edge.points)} marker-end={isGone ? 'url(#arrow-gone)' : 'url(#arrow)'} />
      {edge.labelAt && (
        <text x={edge.labelAt.x} y={edge.labelAt.y + 4} text-anchor="middle">
          <title>{edge.label}</title>
          {edge.shown}
        </text>
      )}
    </g>
  );
}

/** The event of the end names no state: an execution that succeeded came there from whatever it left last. */
function leadsToEnd({ from, to }: PlacedEdge, { journey, summaries }: Picture): boolean {
  const last = journey?.visits.findLast(({ depth }) => depth === 0);
  return last !== undefined && to === END && from === last.state && summaries.get(from)?.status === 'succeeded';
}

function Node({ node, picture }: { node: PlacedNode; picture: Picture }) {
  const { id, x, y, width, height, type, inner } = node;
  if (!isState(node)) {
    const radius = width / 2;
    return (
      <g class="terminal">
        <circle cx={x + radius} cy={y + radius} r={radius - 1} />
        <text x={x + radius} y={y + radius + 3.5} text-anchor="middle">
          {type}
        </text>
      </g>
    );
  }
  const summary = picture.summaries.get(id);
  const { onSelect } = picture;
  const isSelected = picture.selected === id;
  const open = inner.length > 0;
  return (
    <>
      <g
        class={`node ${picture.journey === undefined ? 'plain' : classOf(summary)}${isSelected ? ' selected' : ''}${open ? ' open' : ''}`}
        data-state={id}
        role="button"
        tabindex={picture.first === id ? 0 : -1}
        aria-label={spoken(node, summary)}
        aria-pressed={isSelected}
        onClick={() => onSelect?.(id)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' && event.key !== ' ') return;
          event.preventDefault();
          onSelect?.(id);
        }}
      >
        <rect x={x} y={y} width={width} height={height} rx="8" />
        {/* What is too long ends at the edge. */}
        <svg x={x} y={y} width={width - 6} height={48} aria-hidden="true">
          <text class="name" x={summary ? 34 : 14} y={20}>
            {id}
          </text>{' '}
          <text class="about" x={summary ? 34 : 14} y={36}>
            {secondLine(node, summary)}
          </text>
        </svg>
        {summary && <Sign status={summary.status} x={x + 18} y={y + 24} />}
      </g>
      {inner.map((each, index) => (
        <g key={index} transform={`translate(${x + each.x} ${y + each.y})`}>
          {type === 'Parallel' && (
            <rect class="branch" x="-6" y="-6" width={each.layout.width + 12} height={each.layout.height + 12} rx="6" />
          )}
          <Level layout={each.layout} picture={picture} />
        </g>
      ))}
    </>
  );
}

/** A shape of its own for each status, so that colour is not all that tells them apart. */
function Sign({ status, x, y }: { status: StateSummary['status']; x: number; y: number }) {
  return (
    <g class="sign" transform={`translate(${x} ${y})`} aria-hidden="true">
      <circle r="9" />
      <path d={SIGNS[status]} />
    </g>
  );
}

const SIGNS: Readonly<Record<StateSummary['status'], string>> = {
  running: 'M-3.5 0h.01M0 0h.01M3.5 0h.01',
  waiting: 'M-2 -3.5V3.5M2 -3.5V3.5',
  succeeded: 'M-4 .5L-1 3.5L4 -3',
  caught: 'M-4 2C-2 -4 2 -4 4 2M4 2l.3-3.4M4 2l-3.2-.8',
  failed: 'M-3 -3L3 3M3 -3L-3 3',
  'timed out': 'M0 -4V0L3 2.5',
  aborted: 'M-3.5 0H3.5',
};

function classOf(summary: StateSummary | undefined): string {
  return summary === undefined ? 'idle' : summary.status.replace(' ', '-');
}

/** What is most worth knowing of a state. */
function secondLine({ about }: PlacedNode, summary: StateSummary | undefined): string {
  if (summary === undefined) return about;
  const { error, attempts, visits, status } = summary;
  const tries = attempts > visits ? `${attempts} attempts` : visits > 1 ? `${visits} times` : '';
  const wrong = error !== undefined && status !== 'succeeded' ? error : '';
  return [wrong, tries].filter((each) => each !== '').join(' · ') || about;
}

/** Begins with what is written on it, which is how somebody who speaks to their machine calls it. */
function spoken(node: PlacedNode, summary: StateSummary | undefined): string {
  const written = `${node.id} ${secondLine(node, summary)}`;
  return summary === undefined ? written : `${written}, ${summary.status}`;
}

function isState({ type }: PlacedNode): boolean {
  return type !== 'Start' && type !== 'End';
}

function wayOf(from: string | undefined, to: string): string {
  return JSON.stringify([from === undefined || from === START ? null : from, to]);
}

/** Through the points, round at each of them. */
function curve(points: PlacedEdge['points']): string {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (first === undefined || last === undefined) return '';
  const bends = rest.slice(0, -1).map((point, index) => {
    const next = rest[index + 1] ?? last;
    const isLast = index === rest.length - 2;
    const [x, y] = isLast ? [next.x, next.y] : [(point.x + next.x) / 2, (point.y + next.y) / 2];
    return `Q${round(point.x)} ${round(point.y)} ${round(x)} ${round(y)}`;
  });
  return `M${round(first.x)} ${round(first.y)}${bends.length > 0 ? bends.join('') : `L${round(last.x)} ${round(last.y)}`}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

const ARROWS: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
};

/** To the next state in that direction, as it is seen. */
function moveByArrows(event: KeyboardEvent): void {
  const direction = ARROWS[event.key];
  const from = event.target instanceof Element ? event.target.closest('[data-state]') : null;
  if (direction === undefined || from === null || !(event.currentTarget instanceof SVGElement)) return;
  event.preventDefault();
  const here = middleOf(from);
  let nearest: SVGElement | undefined;
  let least = Infinity;
  for (const each of event.currentTarget.querySelectorAll<SVGElement>('[data-state]')) {
    const there = middleOf(each);
    const [dx, dy] = [there.x - here.x, there.y - here.y];
    const ahead = dx * direction[0] + dy * direction[1];
    const aside = Math.abs(dx * direction[1]) + Math.abs(dy * direction[0]);
    const distance = ahead + aside * 2;
    if (each === from || ahead < 4 || distance >= least) continue;
    least = distance;
    nearest = each;
  }
  nearest?.focus();
}

/** Of its upper edge: what is within a state is below that. */
function middleOf(element: Element): { readonly x: number; readonly y: number } {
  const { left, width, top } = element.getBoundingClientRect();
  return { x: left + width / 2, y: top };
}
