import { Graph, layout as layOut } from '@dagrejs/dagre';
import { channel, type Crossing } from './channel.ts';
import type { Arrow } from './merged-transitions.ts';

/** Where a state's drawing goes. */
export interface NodeBox {
  readonly name: string;
  readonly left: number;
  readonly top: number;
}

export interface RoutedArrow {
  readonly arrow: Arrow;
  /** From top to bottom, each level with or straight under the one before. */
  readonly bends: readonly (readonly [x: number, y: number])[];
  /** It leads from its lower end to the upper one: back to a state before. */
  readonly isUpwards: boolean;
}

export interface Plan {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly NodeBox[];
  readonly arrows: readonly RoutedArrow[];
}

type Sizes = ReadonlyMap<string, { readonly width: number; readonly height: number }>;

export interface Spacing {
  /** Columns between two drawings beside each other, and between arrows that pass them. */
  readonly gap: number;
  /** So many of the states that one state leads to are beside each other, the others below; with 0 no two states are. */
  readonly beside: number;
}

/** Puts the drawings in layers, such that arrows lead down as far as they can, and leads the arrows between them. */
export function layout(startAt: string, sizes: Sizes, arrows: readonly Arrow[], spacing: Spacing): Plan {
  const { nodes, ways, width } = place(startAt, sizes, arrows, spacing);
  const layers = [...new Set([...nodes.values()].map(({ layer }) => layer))].sort((a, b) => a - b);
  const routes = ways.map((way) => withPorts(way, nodes, ways, sizes));
  let top = 0;
  const tops: number[] = [];
  const bends = new Map<Arrow, [number, number][]>(routes.map(({ arrow }) => [arrow, []]));
  for (const layer of layers) {
    tops[layer] = top;
    const inLayer = [...nodes].filter(([, node]) => node.layer === layer);
    top += Math.max(...inLayer.map(([name]) => sizes.get(name)?.height ?? 0));
    const crossings = routes.flatMap((route): (Crossing & { arrow: Arrow })[] => {
      const [fromX, toX] = [route.xs[layer - route.fromLayer], route.xs[layer - route.fromLayer + 1]];
      return layer < route.fromLayer || fromX === undefined || toX === undefined
        ? []
        : [{ fromX, toX, arrow: route.arrow }];
    });
    if (crossings.length === 0) {
      top += 1;
      continue;
    }
    const { height, tracks } = channel(crossings);
    for (const [index, { fromX, toX, arrow }] of crossings.entries()) {
      const track = top + (tracks[index] ?? 0);
      bends.get(arrow)?.push([fromX, top], [fromX, track], [toX, track], [toX, top + height - 1]);
    }
    top += height;
  }
  return {
    width,
    height: top - 1,
    nodes: [...nodes].map(([name, { left, layer }]) => {
      return { name, left, top: tops[layer] ?? 0 };
    }),
    arrows: routes.map(({ arrow, isUpwards }) => ({
      arrow,
      isUpwards,
      bends: startingAt(bends.get(arrow) ?? [], nodes, arrow, isUpwards, sizes, tops),
    })),
  };
}

interface Placed {
  readonly layer: number;
  readonly left: number;
  readonly centre: number;
}

/** An arrow's way: by which columns it passes the layers between its ends. */
interface Way {
  readonly arrow: Arrow;
  readonly upper: string;
  readonly lower: string;
  readonly isUpwards: boolean;
  readonly passes: readonly number[];
}

function place(
  startAt: string,
  sizes: Sizes,
  arrows: readonly Arrow[],
  { gap, beside }: Spacing,
): { nodes: Map<string, Placed>; ways: Way[]; width: number } {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'TB', nodesep: gap, edgesep: gap, ranksep: 2 });
  graph.setDefaultEdgeLabel(() => ({}));
  // The start first: from there the layout tells forwards from backwards.
  const names = [...sizes.keys()].sort(
    (a, b) => Number(b === '') - Number(a === '') || Number(b === startAt) - Number(a === startAt),
  );
  // By numbers: a state may be called `constructor`, and the layout keeps its nodes as members of an object.
  const idOf = (name: string) => `s${names.indexOf(name)}`;
  for (const name of names) graph.setNode(idOf(name), { width: sizes.get(name)?.width ?? 1, height: 1 });
  // They come first: what leads up along them is what leads backwards.
  if (beside === 0)
    for (const [above, below] of neighbours(inReadingOrder(names, arrows))) graph.setEdge(idOf(above), idOf(below));
  for (const arrow of arrows) {
    const minlen =
      beside === 0 ? 1 : 1 + Math.floor(Math.max(0, onwardsFrom(arrow.from, arrows).indexOf(arrow)) / beside);
    graph.setEdge(idOf(arrow.from), idOf(arrow.to), { minlen });
  }
  layOut(graph);
  const nodeOf = (name: string): { x: number; y: number } => graph.node(idOf(name));
  const levels = [...new Set(names.map((name) => nodeOf(name).y))].sort((a, b) => a - b);
  const leftOf = (name: string) => Math.round(nodeOf(name).x - (sizes.get(name)?.width ?? 1) / 2);
  const passesOf = ({ from, to }: Arrow) => {
    const points: { x: number; y: number }[] = graph.edge(idOf(from), idOf(to)).points;
    return points
      .slice(1, -1)
      .filter(({ y }) => levels.includes(y))
      .sort((a, b) => a.y - b.y);
  };
  const margin = -Math.min(
    ...names.map(leftOf),
    ...arrows.flatMap((arrow) => passesOf(arrow).map(({ x }) => Math.round(x))),
  );
  const nodes = new Map(
    names.map((name): [string, Placed] => {
      const left = leftOf(name) + margin;
      const centre = left + Math.floor((sizes.get(name)?.width ?? 1) / 2);
      return [name, { layer: levels.indexOf(nodeOf(name).y), left, centre }];
    }),
  );
  const ways = arrows.map((arrow): Way => {
    const isUpwards = (nodes.get(arrow.from)?.layer ?? 0) > (nodes.get(arrow.to)?.layer ?? 0);
    const [upper, lower] = isUpwards ? [arrow.to, arrow.from] : [arrow.from, arrow.to];
    return { arrow, upper, lower, isUpwards, passes: passesOf(arrow).map(({ x }) => Math.round(x) + margin) };
  });
  const rights = [...nodes].map(([name, { left }]) => left + (sizes.get(name)?.width ?? 1));
  return { nodes, ways, width: Math.max(...rights, ...ways.flatMap(({ passes }) => passes.map((x) => x + 1))) };
}

/** Each state before those that it leads to, as far as that can be, and near to them. */
function inReadingOrder(names: readonly string[], arrows: readonly Arrow[]): string[] {
  const seen = new Set<string>();
  const order: string[] = [];
  const visit = (name: string) => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const { from, to } of arrows.toReversed()) if (from === name) visit(to);
    order.push(name);
  };
  for (const name of names) visit(name);
  return order.reverse();
}

function neighbours(names: readonly string[]): [string, string][] {
  return names.slice(1).map((name, index) => [names[index] ?? '', name]);
}

/** The arrows from a state by which one does not come back to it. */
function onwardsFrom(name: string, arrows: readonly Arrow[]): Arrow[] {
  const reached = (from: string, seen = new Set<string>()): Set<string> => {
    if (seen.has(from)) return seen;
    seen.add(from);
    for (const arrow of arrows) if (arrow.from === from) reached(arrow.to, seen);
    return seen;
  };
  return arrows.filter(({ from, to }) => from === name && !reached(to).has(name));
}

interface Route {
  readonly arrow: Arrow;
  readonly isUpwards: boolean;
  readonly fromLayer: number;
  /** One column for each layer from its upper end to its lower one. */
  readonly xs: readonly number[];
}

/** Arrows that share a side of a state leave it beside each other, in the order in which they go on. */
function withPorts(way: Way, nodes: ReadonlyMap<string, Placed>, ways: readonly Way[], sizes: Sizes): Route {
  const centre = (name: string) => nodes.get(name)?.centre ?? 0;
  const above = ({ passes, upper }: Way) => passes.at(-1) ?? centre(upper);
  const below = ({ passes, lower }: Way) => passes[0] ?? centre(lower);
  const coming = ways.filter(({ lower }) => lower === way.lower).sort((a, b) => above(a) - above(b));
  const leaving = ways.filter(({ upper }) => upper === way.upper).sort((a, b) => below(a) - below(b));
  const toX = portAt(coming.indexOf(way), coming.length, nodes.get(way.lower), sizes.get(way.lower)?.width ?? 1);
  const isOnly = leaving.length === 1;
  const fromX = isOnly
    ? straightDown(way.passes[0] ?? toX, nodes.get(way.upper), sizes.get(way.upper)?.width ?? 1)
    : portAt(leaving.indexOf(way), leaving.length, nodes.get(way.upper), sizes.get(way.upper)?.width ?? 1);
  const { arrow, isUpwards } = way;
  return { arrow, isUpwards, fromLayer: nodes.get(way.upper)?.layer ?? 0, xs: [fromX, ...way.passes, toX] };
}

function portAt(index: number, count: number, node: Placed | undefined, width: number): number {
  return (node?.left ?? 0) + Math.floor(((index + 1) * width) / (count + 1));
}

/** The column straight above where it goes on, if that is under the drawing. */
function straightDown(goesOnAt: number, node: Placed | undefined, width: number): number {
  const left = node?.left ?? 0;
  return goesOnAt > left && goesOnAt < left + width - 1 ? goesOnAt : (node?.centre ?? 0);
}

/** A drawing that is lower than its neighbours is left at its own edge, not at that of its layer. */
function startingAt(
  bends: readonly [number, number][],
  nodes: ReadonlyMap<string, Placed>,
  { from, to }: Arrow,
  isUpwards: boolean,
  sizes: Sizes,
  tops: readonly number[],
): [number, number][] {
  const upper = isUpwards ? to : from;
  const [[x] = [0]] = bends;
  const edge = (tops[nodes.get(upper)?.layer ?? 0] ?? 0) + (sizes.get(upper)?.height ?? 0);
  return [[x, edge], ...bends];
}
