import type { ContextObject } from './context-object.ts';
import type { ChoiceRule } from './definition.ts';
import { type CompiledPath, compilePath, valueAt, type Variables } from './json-path.ts';
import type { Json } from './json.ts';
import { EvaluationError } from './states-error.ts';
import { matchesPattern } from './string-pattern.ts';
import { compareTimestamps, parseTimestamp, type Timestamp } from './timestamp.ts';
import { workDone } from './work.ts';

/**
 * The first rule of a Choice state in JSONPath that matches. A comparison of values of different types is false. A rule is
 * compiled when it is first asked for.
 *
 * @throws {EvaluationError} States.Runtime if a path of a rule finds nothing, save for IsPresent; also if the rules look at so much
 *   that everybody else would have to wait for them.
 * @see https://states-language.net/spec.html#choice-state
 */
export function firstThatMatches<Rule extends ChoiceRule>(
  rules: readonly Rule[],
  input: Json,
  context: ContextObject,
  variables: Variables,
): Rule | undefined {
  const workBefore = workDone();
  const find: Find = (path) => {
    const value = valueAt(path, input, context, variables);
    if (workDone() - workBefore <= WORK_MAX) return value;
    throw new EvaluationError('States.Runtime', 'The rules of the Choice state look at too many values in all.');
  };
  return rules.find((rule) => testOf(rule)(find));
}

/** Each path has bounds of its own, and a state may have tens of thousands. In values and characters: some tens of milliseconds. */
const WORK_MAX = 5_000_000;

function testOf(rule: ChoiceRule): Test {
  let test = tests.get(rule);
  if (test === undefined) tests.set(rule, (test = compileRule(rule)));
  return test;
}

type Find = (path: CompiledPath) => Json | undefined;
type Test = (find: Find) => boolean;

const tests = new WeakMap<ChoiceRule, Test>();

function compileRule(rule: ChoiceRule): Test {
  if (rule.And !== undefined) {
    const parts = rule.And.map(compileRule);
    return (find) => parts.every((test) => test(find));
  }
  if (rule.Or !== undefined) {
    const parts = rule.Or.map(compileRule);
    return (find) => parts.some((test) => test(find));
  }
  if (rule.Not !== undefined) {
    const part = compileRule(rule.Not);
    return (find) => !part(find);
  }
  return compileComparison(rule);
}

function compileComparison(rule: ChoiceRule): Test {
  const variable = compilePath(rule.Variable ?? '');
  const [name, operand] = comparisonOf(rule);
  if (name === 'IsPresent') return (find) => (find(variable) !== undefined) === operand;

  const kind = KINDS.get(name);
  if (kind !== undefined) return (find) => kind(required(find, variable)) === operand;

  if (name.endsWith('Path')) {
    const compare = COMPARISONS.get(name.slice(0, -4));
    const path = compilePath(String(operand));
    return (find) => compare?.(required(find, variable), required(find, path)) ?? false;
  }
  const compare = COMPARISONS.get(name);
  return (find) => compare?.(required(find, variable), operand) ?? false;
}

function comparisonOf(rule: ChoiceRule): readonly [string, string | number | boolean] {
  for (const [member, operand] of Object.entries(rule)) {
    if (isOperator(member) && operand !== null && typeof operand !== 'object' && operand !== undefined)
      return [member, operand];
  }
  throw new Error('a rule of a Choice state has no comparison; its definition was not validated');
}

function isOperator(member: string): boolean {
  if (member === 'IsPresent' || KINDS.has(member) || COMPARISONS.has(member)) return true;
  return member.endsWith('Path') && member !== 'StringMatchesPath' && COMPARISONS.has(member.slice(0, -4));
}

function required(find: Find, path: CompiledPath): Json {
  const value = find(path);
  if (value !== undefined) return value;
  const cause = `Invalid path '${path.text}': The choice state's condition path references an invalid value.`;
  throw new EvaluationError('States.Runtime', cause);
}

const KINDS: ReadonlyMap<string, (value: Json) => boolean> = new Map([
  ['IsNull', (value) => value === null],
  ['IsString', (value) => typeof value === 'string'],
  ['IsNumeric', (value) => typeof value === 'number'],
  ['IsBoolean', (value) => typeof value === 'boolean'],
  ['IsTimestamp', (value) => timestamp(value) !== undefined],
]);

type Comparison = (value: Json, operand: Json) => boolean;

const COMPARISONS: ReadonlyMap<string, Comparison> = new Map<string, Comparison>([
  ['StringMatches', (value, pattern) => isText(value) && isText(pattern) && matchesPattern(value, pattern)],
  ['BooleanEquals', (value, operand) => typeof value === 'boolean' && value === operand],
  ...ordered('String', (value, operand) =>
    isText(value) && isText(operand) ? compareTexts(value, operand) : undefined,
  ),
  ...ordered('Numeric', (value, operand) => (isNumber(value) && isNumber(operand) ? value - operand : undefined)),
  ...ordered('Timestamp', (value, operand) => {
    const [one, other] = [timestamp(value), timestamp(operand)];
    return one === undefined || other === undefined ? undefined : compareTimestamps(one, other);
  }),
]);

/** The five operators of a type that has an order; `compare` gives `undefined` for values of another type. */
function ordered(type: string, compare: (value: Json, operand: Json) => number | undefined): [string, Comparison][] {
  const comparison = (operator: string, holds: (order: number) => boolean): [string, Comparison] => [
    type + operator,
    (value, operand) => {
      const order = compare(value, operand);
      return order !== undefined && holds(order);
    },
  ];
  return [
    comparison('Equals', (order) => order === 0),
    comparison('LessThan', (order) => order < 0),
    comparison('LessThanEquals', (order) => order <= 0),
    comparison('GreaterThan', (order) => order > 0),
    comparison('GreaterThanEquals', (order) => order >= 0),
  ];
}

function isText(value: Json): value is string {
  return typeof value === 'string';
}

function isNumber(value: Json): value is number {
  return typeof value === 'number';
}

/** By code units, as Java's `compareTo`. */
function compareTexts(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}

function timestamp(value: Json): Timestamp | undefined {
  return isText(value) ? parseTimestamp(value) : undefined;
}
