import { printableLine } from '../printable.ts';
import { textWidth } from '../text-width.ts';
import { wrapText } from '../wrap-text.ts';
import { type GraphMarks, STATUS_GLYPHS } from './graph-marks.ts';
import { layout, type Spacing } from './layered-layout.ts';
import { type Arrow, arrowsOf } from './merged-transitions.ts';
import type { GraphState, StateGraph } from './state-graph.ts';

/** How a drawing may give way where there is little room. */
export interface PlanStyle extends Spacing {
  /** Longer texts in boxes are broken, and words cut. */
  readonly textWidth: number;
  /** The branches of a Parallel go under each other, not beside. */
  readonly isStacked: boolean;
}

/** Where everything of a graph goes, in the columns and rows of a terminal. */
export interface PlannedGraph {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly PlannedBox[];
  readonly arrows: readonly PlannedArrow[];
}

interface Placed {
  readonly left: number;
  readonly top: number;
}

export interface PlannedBox extends Placed {
  readonly width: number;
  readonly height: number;
  readonly state: GraphState;
  /** The texts in the box, one a row. */
  readonly lines: readonly string[];
  /** What is drawn inside of it, by its own corner. */
  readonly inner: readonly (Placed & { readonly graph: PlannedGraph })[];
}

export interface PlannedArrow {
  readonly arrow: Arrow;
  /** From top to bottom; sideways or straight down from one to the next. */
  readonly bends: readonly (readonly [x: number, y: number])[];
  /** It leads from its lower end to the upper one: back to a state before. */
  readonly isUpwards: boolean;
  /** Its place in the legend, from 1 on, where it has a condition. */
  readonly number?: number;
}

/** Where an execution begins. No state has an empty name. */
export const START = '';

/** @returns the plan, and the texts of its legend; what is in them is safe to show on a terminal */
export function planGraph(
  graph: StateGraph,
  marks: GraphMarks,
  style: PlanStyle,
): { plan: PlannedGraph; legend: readonly string[] } {
  const start = { name: START, type: 'Start', about: '', isEnd: false, inner: [] };
  const planner = { marks, style, legend: [] };
  return { plan: planWhole({ ...graph, states: [start, ...graph.states] }, planner), legend: planner.legend };
}

interface Planner {
  readonly marks: GraphMarks;
  readonly style: PlanStyle;
  readonly legend: string[];
}

type Box = Omit<PlannedBox, 'left' | 'top'>;

function planWhole(graph: StateGraph, planner: Planner): PlannedGraph {
  const boxes = new Map(graph.states.map((state) => [state.name, planState(state, graph, planner)]));
  const start: Arrow[] = boxes.has(START) ? [{ from: START, to: graph.startAt, labels: [], isCatch: false }] : [];
  const arrows = [...start, ...arrowsOf(graph)].filter(({ from, to }) => from !== to && boxes.has(to));
  const { width, height, nodes, arrows: routed } = layout(graph.startAt, boxes, arrows, planner.style);
  return {
    width,
    height,
    boxes: nodes.flatMap(({ name, left, top }) => {
      const box = boxes.get(name);
      return box === undefined ? [] : [{ ...box, left, top }];
    }),
    arrows: routed.map((route) => {
      const { labels } = route.arrow;
      return labels.length === 0 ? route : { ...route, number: planner.legend.push(printableLine(labels.join('; '))) };
    }),
  };
}

function planState(state: GraphState, graph: StateGraph, planner: Planner): Box {
  if (state.name === START) return { state, lines: ['Start'], inner: [], width: 5, height: 1 };
  const lines = linesOf(state, graph, planner);
  const { inner, width, height } = arrange(
    state.inner.map((each) => planWhole(each, planner)),
    planner.style.isStacked,
  );
  const boxWidth = Math.max(sideWidth(state, graph), width + 4, ...lines.map((line) => textWidth(line) + 4));
  const left = Math.floor((boxWidth - width) / 2);
  return {
    state,
    lines,
    inner: inner.map((each) => ({ ...each, left: each.left + left, top: each.top + lines.length + 2 })),
    width: boxWidth,
    height: lines.length + 2 + (inner.length === 0 ? 0 : height + 1),
  };
}

function linesOf(state: GraphState, graph: StateGraph, { marks, style }: Planner): string[] {
  const status = marks.statuses.get(state.name);
  const repeats = graph.transitions.some(({ from, to }) => from === state.name && to === state.name);
  const title = `${status === undefined ? '' : `${STATUS_GLYPHS[status]} `}${state.name}`;
  const words = [state.type, state.about, ...(repeats ? ['↺ again'] : []), ...(state.isEnd ? ['end'] : [])];
  return [title, words.filter(Boolean).join(' · ')].flatMap((line) => wrapText(printableLine(line), style.textWidth));
}

/** Wide enough for all arrows on one side: those that lead back to a state reach it from below. */
function sideWidth({ name }: GraphState, { transitions }: StateGraph): number {
  const ends = transitions.filter(({ from, to }) => from !== to && (from === name || to === name));
  return ARROW_AND_NUMBER * ends.length + 1;
}

const ARROW_AND_NUMBER = 3;
const BESIDE = 3;
const BELOW = 1;

function arrange(
  graphs: readonly PlannedGraph[],
  isStacked: boolean,
): { inner: PlannedBox['inner']; width: number; height: number } {
  const most = (of: 'width' | 'height') => Math.max(0, ...graphs.map((graph) => graph[of]));
  let at = 0;
  const inner = graphs.map((graph) => {
    const placed = isStacked
      ? { graph, left: Math.floor((most('width') - graph.width) / 2), top: at }
      : { graph, left: at, top: 0 };
    at += isStacked ? graph.height + BELOW : graph.width + BESIDE;
    return placed;
  });
  const length = Math.max(0, at - (isStacked ? BELOW : BESIDE));
  return isStacked ? { inner, width: most('width'), height: length } : { inner, width: length, height: most('height') };
}
