import { Graph, layout } from '@dagrejs/dagre';
import type { GraphEdge, GraphModel, GraphNode } from './graph-model.ts';

// Loaded when the first graph is to be drawn: most of it is dagre.

/** Where everything of a graph is, in pixels from its own upper left corner. */
export interface GraphLayout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

export interface PlacedNode extends GraphNode {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** The graphs within, with their places in the node. */
  readonly inner: readonly { readonly x: number; readonly y: number; readonly layout: GraphLayout }[];
}

export interface PlacedEdge extends GraphEdge {
  readonly points: readonly { readonly x: number; readonly y: number }[];
  /** The middle of the label, where there is one. */
  readonly labelAt?: { readonly x: number; readonly y: number };
  /** What of the label is shown beside the line. */
  readonly shown: string;
}

const NODE_HEIGHT = 48;
const NODE_WIDTH_MIN = 148;
const NODE_WIDTH_MAX = 340;
/** Of a letter, about: text is not measured, so that a layout depends on nothing but its graph. */
const LETTER_WIDTH = 8.2;
/** What stands beside the letters: the sign of a status, and room. */
const SIGN_AND_MARGIN = 50;
const TERMINAL_SIZE = 28;
const PADDING = 16;
const HEADER = 54;
const LABEL_LETTERS_MAX = 28;
const LABEL_LETTER_WIDTH = 6;

/** A graph within a node is laid out first, and then the node that holds it, as large as it has to be. */
export function layoutGraph(model: GraphModel): GraphLayout {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'TB', nodesep: 28, ranksep: 36, edgesep: 16, marginx: 4, marginy: 4 });
  const sized = new Map(model.nodes.map((node) => [node.id, sizedNode(node)]));
  for (const [id, { width, height }] of sized) graph.setNode(id, { width, height });
  const labels = model.edges.map((edge) => shortened(edge.short));
  for (const [index, { from, to }] of model.edges.entries()) {
    const label = labels[index] ?? '';
    const size =
      label === '' ? {} : { width: label.length * LABEL_LETTER_WIDTH + 8, height: 16, labelpos: 'c' as const };
    graph.setEdge(from, to, { ...size, weight: edgeWeight(sized.get(from), sized.get(to)) }, String(index));
  }
  layout(graph);
  const nodes = [...sized.values()].map((node): PlacedNode => {
    const { x = 0, y = 0 } = graph.node(node.id);
    return { ...node, x: x - node.width / 2, y: y - node.height / 2 };
  });
  const edges = model.edges.map((edge, index): PlacedEdge => {
    const { points = [], x, y } = graph.edge(edge.from, edge.to, String(index));
    const shown = labels[index] ?? '';
    return { ...edge, points, shown, ...(shown !== '' && x !== undefined && y !== undefined && { labelAt: { x, y } }) };
  });
  const { width = 0, height = 0 } = graph.graph();
  return { width: Math.max(width, 1), height: Math.max(height, 1), nodes, edges };
}

/** What begins and ends a graph stays near its middle. */
function edgeWeight(from: SizedNode | undefined, to: SizedNode | undefined): number {
  return from?.type === 'Start' || to?.type === 'End' ? 2 : 1;
}

type SizedNode = Omit<PlacedNode, 'x' | 'y'>;

function sizedNode(node: GraphNode): SizedNode {
  if (node.type === 'Start' || node.type === 'End') {
    return { ...node, width: TERMINAL_SIZE, height: TERMINAL_SIZE, inner: [] };
  }
  const letters = Math.max(node.id.length, node.about.length * 0.85);
  const width = Math.min(NODE_WIDTH_MAX, Math.max(NODE_WIDTH_MIN, letters * LETTER_WIDTH + SIGN_AND_MARGIN));
  if (node.within.length === 0) return { ...node, width, height: NODE_HEIGHT, inner: [] };
  const layouts = node.within.map((each) => layoutGraph(each));
  let x = PADDING;
  const inner = layouts.map((each) => {
    const at = { x, y: HEADER, layout: each };
    x += each.width + PADDING;
    return at;
  });
  const height = HEADER + Math.max(...layouts.map((each) => each.height)) + PADDING;
  return { ...node, width: Math.max(width, x), height, inner };
}

function shortened(label: string): string {
  return label.length <= LABEL_LETTERS_MAX ? label : `${label.slice(0, LABEL_LETTERS_MAX - 1)}…`;
}
