/** A definition as a graph to be drawn: what is within a Parallel or Map state is graphs of its own. */
export interface GraphModel {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

export interface GraphNode {
  readonly id: string;
  /** `Start` and `End` are no states: they are where the outermost graph begins and ends. */
  readonly type: string;
  /** What kind of thing it does, in a word or two. */
  readonly about: string;
  /** Branches of a Parallel state, or what a Map state does with each item. */
  readonly within: readonly GraphModel[];
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** When it is gone; empty where there is no other way. */
  readonly label: string;
  /** The same with paths cut to what they end with, for what they begin with is mostly the same. */
  readonly short: string;
  readonly kind: 'next' | 'catch';
}

/** No state can be called so: names have at most 80 characters. */
export const START = `start${'·'.repeat(80)}`;
export const END = `end${'·'.repeat(80)}`;

/** So deep nothing is drawn that anybody could still read. */
const DEPTH_MAX = 12;

type Json = Readonly<Record<string, unknown>>;

/** @returns undefined where the text is no definition */
export function graphOf(definition: string): GraphModel | undefined {
  const parsed = parse(definition);
  return isObject(parsed) && isObject(parsed['States']) ? model(parsed, 0) : undefined;
}

/** The states of a definition, within others as well, each as it was written. */
export function statesOf(definition: string): ReadonlyMap<string, Json> {
  const found = new Map<string, Json>();
  collect(parse(definition), found, 0);
  return found;
}

function collect(graph: unknown, found: Map<string, Json>, depth: number): void {
  if (!isObject(graph) || !isObject(graph['States']) || depth > DEPTH_MAX) return;
  for (const [name, state] of Object.entries(graph['States'])) {
    if (!isObject(state)) continue;
    found.set(name, state);
    for (const inner of innerOf(state)) collect(inner, found, depth + 1);
  }
}

function model(graph: Json, depth: number): GraphModel {
  const states = Object.entries(isObject(graph['States']) ? graph['States'] : {}).filter(isNamedObject);
  const nodes = states.map(([id, state]) => ({
    id,
    type: textOf(state, 'Type'),
    about: aboutOf(state),
    within: depth < DEPTH_MAX ? innerOf(state).map((inner) => model(inner, depth + 1)) : [],
  }));
  const edges = states.flatMap(([id, state]) => edgesFrom(id, state, depth === 0));
  if (depth > 0) return { nodes, edges: known(edges, nodes) };
  const ends = [START, END].map((id) => ({ id, type: id === START ? 'Start' : 'End', about: '', within: [] }));
  const begins = edge(START, textOf(graph, 'StartAt'));
  const all = [...ends, ...nodes];
  return { nodes: all, edges: known([begins, ...edges], all) };
}

function innerOf(state: Json): readonly Json[] {
  if (state['Type'] === 'Parallel') {
    const branches: unknown = state['Branches'];
    return Array.isArray(branches) ? branches.filter(isObject) : [];
  }
  const processor = state['ItemProcessor'] ?? state['Iterator'];
  return state['Type'] === 'Map' && isObject(processor) ? [processor] : [];
}

function edgesFrom(from: string, state: Json, isOutermost: boolean): GraphEdge[] {
  const type = textOf(state, 'Type');
  const next = textOf(state, 'Next');
  const isLast = state['End'] === true || type === 'Succeed' || type === 'Fail';
  const choices = listOf(state, 'Choices').map((rule) => edge(from, textOf(rule, 'Next'), 'next', conditionText(rule)));
  const otherwise = textOf(state, 'Default');
  const catches = listOf(state, 'Catch').map((catcher) =>
    edge(from, textOf(catcher, 'Next'), 'catch', errorsText(catcher)),
  );
  return [
    ...(next === '' ? [] : [edge(from, next)]),
    ...choices,
    ...(otherwise === '' ? [] : [edge(from, otherwise, 'next', 'otherwise')]),
    ...catches,
    ...(isLast && isOutermost ? [edge(from, END)] : []),
  ];
}

function edge(from: string, to: string, kind: GraphEdge['kind'] = 'next', label = ''): GraphEdge {
  return { from, to, kind, label, short: label.replace(/\$(?:[\w$-]*\.)+(?=[\w$-])/g, '') };
}

/** What leads to a state that is not there is not drawn; no accepted definition has that. */
function known(edges: readonly GraphEdge[], nodes: readonly GraphNode[]): GraphEdge[] {
  const ids = new Set(nodes.map(({ id }) => id));
  return edges.filter(({ from, to }) => ids.has(from) && ids.has(to));
}

function errorsText(catcher: Json): string {
  const errors: unknown = catcher['ErrorEquals'];
  return Array.isArray(errors) ? errors.filter((each) => typeof each === 'string').join(', ') : '';
}

const NO_COMPARISON: readonly string[] = ['Variable', 'Next', 'Comment', 'Assign', 'Output'];

/** `$.total > 100`, as far as it fits beside a line. */
export function conditionText(rule: Json): string {
  const condition = rule['Condition'];
  if (typeof condition === 'string') return condition.replace(/^\{%\s*|\s*%\}$/g, '');
  if (isObject(rule['Not'])) return `not (${conditionText(rule['Not'])})`;
  for (const [name, word] of [
    ['And', ' and '],
    ['Or', ' or '],
  ] as const) {
    const parts = listOf(rule, name);
    if (parts.length > 0) return parts.map((part) => conditionText(part)).join(word);
  }
  const comparison = Object.keys(rule).find((name) => !NO_COMPARISON.includes(name));
  if (comparison === undefined) return '';
  const sign = Object.entries(SIGNS).find(([ending]) => comparison.replace(/Path$/, '').endsWith(ending))?.[1];
  return `${textOf(rule, 'Variable')} ${sign ?? comparison} ${JSON.stringify(rule[comparison])}`;
}

const SIGNS: Readonly<Record<string, string>> = {
  GreaterThanEquals: '≥',
  LessThanEquals: '≤',
  GreaterThan: '>',
  LessThan: '<',
  Equals: '=',
};

function aboutOf(state: Json): string {
  const type = textOf(state, 'Type');
  if (type !== 'Task') return type;
  const [, resource = ''] = /:states:::(.+)$/.exec(textOf(state, 'Resource')) ?? [];
  if (resource !== '') return resource.replace(/^aws-sdk:/, '');
  return textOf(state, 'Resource').includes(':activity:') ? 'activity' : 'Lambda function';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function listOf(object: Json, name: string): readonly Json[] {
  const value = object[name];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function textOf(object: Json, name: string): string {
  const value = object[name];
  return typeof value === 'string' ? value : '';
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNamedObject(entry: readonly [string, unknown]): entry is [string, Json] {
  return isObject(entry[1]);
}
