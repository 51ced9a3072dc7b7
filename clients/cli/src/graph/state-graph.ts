import { CliError } from '../cli-error.ts';
import { exitCode } from '../exit-code.ts';

/** A definition as something to draw. What a drawing does not show is left out. */
export interface StateGraph {
  readonly startAt: string;
  readonly states: readonly GraphState[];
  readonly transitions: readonly Transition[];
}

export interface GraphState {
  readonly name: string;
  /** `Task`, `Choice`, … */
  readonly type: string;
  /** What a Task calls, such as `lambda:invoke`, and how it waits for the answer. */
  readonly about: string;
  /** Whether the execution, or the branch, can end here. */
  readonly isEnd: boolean;
  /** The branches of a Parallel, or what a Map does with each item. */
  readonly inner: readonly StateGraph[];
}

export interface Transition {
  readonly from: string;
  readonly to: string;
  readonly kind: 'next' | 'choice' | 'default' | 'catch';
  /** Under what condition it is taken; empty where there is none. */
  readonly label: string;
}

/**
 * Reads a definition that may hold mistakes, too: whoever looks at a drawing may just be looking for them.
 *
 * @throws {CliError} if it is not JSON, or has no states.
 */
export function parseStateGraph(definition: string): StateGraph {
  let value: unknown;
  try {
    value = JSON.parse(definition);
  } catch {
    throw notDrawable('The definition is no JSON.');
  }
  const graph = graphOf(membersOf(value));
  if (graph.states.length === 0) throw notDrawable('The definition has no States.');
  return graph;
}

function notDrawable(message: string): CliError {
  return new CliError(exitCode.usage, message, '`countersign machines validate FILE` tells what is wrong, and where.');
}

type Members = Readonly<Record<string, unknown>>;

function graphOf(graph: Members): StateGraph {
  const states = Object.entries(membersOf(graph['States']));
  return {
    startAt: textOf(graph['StartAt']),
    states: states.map(([name, state]) => stateOf(name, membersOf(state))),
    // Where a state that is named is missing there is nothing to draw an arrow to.
    transitions: states
      .flatMap(([name, state]) => transitionsOf(name, membersOf(state)))
      .filter(({ to }) => states.some(([name]) => name === to)),
  };
}

function stateOf(name: string, state: Members): GraphState {
  const type = textOf(state['Type']);
  const processor = state['ItemProcessor'] ?? state['Iterator'];
  const inner = type === 'Parallel' ? listOf(state['Branches']) : processor === undefined ? [] : [processor];
  return {
    name,
    type,
    about: type === 'Task' ? callText(textOf(state['Resource'])) : '',
    isEnd: state['End'] === true || type === 'Succeed' || type === 'Fail',
    inner: inner.map((graph) => graphOf(membersOf(graph))),
  };
}

/** `lambda:invoke, waits for an answer` for the ARN of what a Task calls. */
function callText(resource: string): string {
  const [, service = '', pattern = ''] =
    /^arn:[^:]*:states:[^:]*:[^:]*:(.+?)(\.sync(?::2)?|\.waitForTaskToken)?$/.exec(resource) ?? [];
  if (service.startsWith('activity:')) return service;
  if (service === '') return resource.startsWith('arn:') ? (resource.split(':').at(-1) ?? '') : resource;
  const waits = {
    '.waitForTaskToken': ', waits for an answer',
    '.sync': ', waits for its end',
    '.sync:2': ', waits for its end',
  };
  return service + (Object.entries(waits).find(([name]) => name === pattern)?.[1] ?? '');
}

function transitionsOf(from: string, state: Members): Transition[] {
  const to = (target: unknown, kind: Transition['kind'], label: string): Transition[] =>
    typeof target === 'string' ? [{ from, to: target, kind, label }] : [];
  return [
    ...listOf(state['Choices'])
      .map(membersOf)
      .flatMap((rule) => to(rule['Next'], 'choice', ruleText(rule))),
    ...to(state['Default'], 'default', 'otherwise'),
    ...to(state['Next'], 'next', ''),
    ...listOf(state['Catch'])
      .map(membersOf)
      .flatMap((catcher) => to(catcher['Next'], 'catch', `on ${listOf(catcher['ErrorEquals']).join(', ')}`)),
  ];
}

/** A rule as one would say it: `$.decision = "confirm"`, `not ($.x is present)`, or the JSONata as it is. */
function ruleText(rule: Members): string {
  const { Comment, Condition, And, Or, Not, Variable } = rule;
  if (typeof Comment === 'string' && Comment !== '') return Comment;
  if (Condition !== undefined)
    return textOf(Condition).replace(/^\{%\s*([\s\S]*?)\s*%\}$/, '$1') || JSON.stringify(Condition);
  if (Not !== undefined) return `not (${ruleText(membersOf(Not))})`;
  if (And !== undefined)
    return listOf(And)
      .map((each) => ruleText(membersOf(each)))
      .join(' and ');
  if (Or !== undefined)
    return listOf(Or)
      .map((each) => ruleText(membersOf(each)))
      .join(' or ');
  const [comparison, operand] =
    Object.entries(rule).find(([name]) => !['Variable', 'Next', 'Assign', 'Output'].includes(name)) ?? [];
  return comparison === undefined ? '' : comparisonText(textOf(Variable), comparison, operand);
}

function comparisonText(variable: string, comparison: string, operand: unknown): string {
  const [, test] = /^Is(\w+)$/.exec(comparison) ?? [];
  if (test !== undefined) return `${variable} is ${operand === false ? 'not ' : ''}${test.toLowerCase()}`;
  const [, relation = '', path] =
    /(Equals|LessThanEquals|LessThan|GreaterThanEquals|GreaterThan|Matches)(Path)?$/.exec(comparison) ?? [];
  const sign = Object.entries(SIGNS).find(([name]) => name === relation)?.[1] ?? comparison;
  return `${variable} ${sign} ${path === undefined ? JSON.stringify(operand) : textOf(operand)}`;
}

const SIGNS = {
  Equals: '=',
  LessThan: '<',
  LessThanEquals: '≤',
  GreaterThan: '>',
  GreaterThanEquals: '≥',
  Matches: 'matches',
};

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
