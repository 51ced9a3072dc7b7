import { rememberByText } from './bounded-cache.ts';
import type { StatesVariable } from './evaluation.ts';

/** What can be told of an expression from its text, once. */
export interface JsonataExpression {
  readonly text: string;
  /** The names after a `$` in it: all its variables, and some that are functions, or parameters, or stand in a string. */
  readonly names: ReadonlySet<string>;
  readonly statesMembers: readonly (keyof StatesVariable)[];
  /** `$states.input.order.id` as `['states', 'input', 'order', 'id']`: an expression that only follows names. */
  readonly path: readonly string[] | undefined;
}

/** The expression between `{%` and `%}`; `undefined` for a text that is one of the definition's constants. */
export function jsonataExpression(template: string): JsonataExpression | undefined {
  const isExpression = template.length >= 4 && template.startsWith('{%') && template.endsWith('%}');
  return isExpression ? readExpression(template.slice(2, -2).trim()) : undefined;
}

const readExpression: (text: string) => JsonataExpression = rememberByText((text) => ({
  text,
  names: new Set(Array.from(text.matchAll(NAME), ([, name = '']) => name)),
  statesMembers: statesMembersIn(text),
  path: PATH.test(text) && !LITERAL_STEP.test(text) ? text.slice(1).split('.') : undefined,
}));

const NAME = /\$([\p{ID_Start}_][\p{ID_Continue}]*)/gu;
const PATH = /^\$[\p{ID_Start}_][\p{ID_Continue}]*(\.[\p{ID_Start}_][\p{ID_Continue}]*)*$/u;
/** Words that are no names where a step is expected. */
const LITERAL_STEP = /\.(and|or|in|true|false|null)(\.|$)/;

const STATES_MEMBERS: readonly (keyof StatesVariable)[] = ['input', 'context', 'result', 'errorOutput'];
const STATES = /\$states\b(?:\.(input|context|result|errorOutput)\b)?/g;

/** All of them, if `$states` is there without one of their names right behind it. */
function statesMembersIn(text: string): readonly (keyof StatesVariable)[] {
  const named = new Set(Array.from(text.matchAll(STATES), ([, member]) => member));
  return named.has(undefined) ? STATES_MEMBERS : STATES_MEMBERS.filter((member) => named.has(member));
}
