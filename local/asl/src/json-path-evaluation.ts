import { isArray, isObject, type Json, type JsonObject, withMember } from './json.ts';
import { isEqualJson } from './json-equality.ts';
import type { AggregateName, Filter, Key, Operand, Operator, Path, Step } from './json-path-syntax.ts';
import { matchesAll } from './linear-regex.ts';
import { countWork } from './work.ts';

/**
 * What a path selects in a document: the value of a definite path, or `undefined` if there is none; the list of values of any
 * other path, which is empty if there are none. Follows Jayway's JsonPath, except that nothing recurses into the document and
 * that the work is bounded: `$..*..*..*` would otherwise take time and memory without end.
 *
 * @throws {TooMuchWork}
 */
export function select(path: Path, document: Json): Json | undefined {
  if (path.keys !== undefined && path.aggregate === undefined) return follow(path.keys, document);
  const evaluation = { document, visitsLeft: VISITS_MAX };
  try {
    return evaluate(path, document, evaluation);
  } finally {
    countWork(VISITS_MAX - evaluation.visitsLeft);
  }
}

/** A path that would visit too many values: a filter within a filter over many items, or a scan of a scan. */
export class TooMuchWork extends Error {
  override name = 'TooMuchWork';
}

/** Some fifty times the number of values that fit into a state's input; about half a second. */
const VISITS_MAX = 5_000_000;

interface Evaluation {
  readonly document: Json;
  visitsLeft: number;
}

/** The value at a place, or `undefined`. A key is looked for among the members that a value has itself, `__proto__` included. */
export function follow(keys: readonly Key[], document: Json): Json | undefined {
  let value: Json | undefined = document;
  for (const key of keys) {
    value = child(value, key);
    if (value === undefined) return undefined;
  }
  return value;
}

function child(value: Json, key: Key): Json | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (typeof key === 'number') return isArray(value) ? value.at(key) : undefined;
  return !isArray(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function evaluate(path: Path, from: Json, evaluation: Evaluation): Json | undefined {
  const value = selectSteps(path, from, evaluation);
  return path.aggregate === undefined || value === undefined ? value : aggregate(path.aggregate, value);
}

function selectSteps(path: Path, from: Json, evaluation: Evaluation): Json | undefined {
  if (path.keys !== undefined) return follow(path.keys, from);
  let values = [from];
  for (const step of path.steps) {
    const selected: Json[] = [];
    for (const value of values) take(step, value, selected, evaluation);
    values = selected;
  }
  return path.isDefinite ? values[0] : values;
}

/** Adds to `selected` what one step selects in one value. */
function take(step: Step, value: Json, selected: Json[], evaluation: Evaluation): void {
  visit(evaluation, step.type === 'keys' ? step.keys.length : 1);
  switch (step.type) {
    case 'key':
      return takeKeys([step.key], value, selected);
    case 'keys':
      return takeKeys(step.keys, value, selected);
    case 'pick':
      return takePick(step.names, value, selected);
    case 'slice':
      return takeKeys(isArray(value) ? places(value.length, step.from, step.to) : [], value, selected);
    case 'wildcard':
      for (const item of children(value)) {
        visit(evaluation);
        selected.push(item);
      }
      return;
    case 'filter':
      // An object is tested itself, an array item by item.
      for (const item of isArray(value) ? value : isObject(value) ? [value] : []) {
        if (passes(step.filter, item, evaluation)) selected.push(item);
      }
      return;
    case 'scan':
      takeScan(step.step, value, selected, evaluation);
  }
}

function takeKeys(keys: readonly Key[], value: Json, selected: Json[]): void {
  for (const key of keys) {
    const found = child(value, key);
    if (found !== undefined) selected.push(found);
  }
}

function takePick(names: readonly string[], value: Json, selected: Json[]): void {
  if (!isObject(value)) return;
  let picked: JsonObject = {};
  for (const name of names) {
    const found = child(value, name);
    if (found !== undefined) picked = withMember(picked, name, found);
  }
  selected.push(picked);
}

/** As Jayway counts: with both ends given they are not compared from the array's end, so `[1:-1]` is empty and `[-3:-1]` is not. */
function places(length: number, from: number | undefined, to: number | undefined): number[] {
  const fromEnd = (index: number): number => (index < 0 ? length + index : index);
  const isBetween = from !== undefined && to !== undefined;
  const first = isBetween ? Math.max(from, -length) : Math.max(0, fromEnd(from ?? 0));
  const end = Math.min(length, isBetween ? to : fromEnd(to ?? length));
  return Array.from({ length: Math.max(0, end - first) }, (_, offset) => first + offset);
}

/** From the outside inwards and from left to right. A filter here tests objects only, each once: not the items of an array again. */
function takeScan(step: Step, value: Json, selected: Json[], evaluation: Evaluation): void {
  const open = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    visit(evaluation, 1 + Math.ceil(sizeOf(next) / VALUES_PER_VISIT));
    const isSkipped =
      (step.type === 'filter' && !isObject(next)) ||
      (step.type === 'pick' && !(isObject(next) && hasAll(next, step.names)));
    if (!isSkipped) take(step, next, selected, evaluation);
    for (const item of children(next).toReversed()) if (typeof item === 'object' && item !== null) open.push(item);
  }
}

function hasAll(value: JsonObject, names: readonly string[]): boolean {
  return names.every((name) => Object.hasOwn(value, name));
}

function children(value: Json): readonly Json[] {
  if (isArray(value)) return value;
  return isObject(value) ? Object.values(value) : [];
}

function sizeOf(value: Json): number {
  return isArray(value) ? value.length : 0;
}

/** To look whether an item holds other values takes a fraction of what it takes to select it, to test it a multiple. */
const VALUES_PER_VISIT = 2;
const FILTER_COST = 3;

function visit(evaluation: Evaluation, cost = 1): void {
  evaluation.visitsLeft -= cost;
  if (evaluation.visitsLeft < 0) throw new TooMuchWork('the path visits too many values');
}

function passes(filter: Filter, item: Json, evaluation: Evaluation): boolean {
  visit(evaluation, FILTER_COST);
  switch (filter.type) {
    case 'any':
      return filter.filters.some((one) => passes(one, item, evaluation));
    case 'every':
      return filter.filters.every((one) => passes(one, item, evaluation));
    case 'not':
      return !passes(filter.filter, item, evaluation);
    case 'exists':
      return exists(valueOf(filter.operand, item, evaluation), filter.operand.path);
    case 'matches': {
      const text = scalarText(valueOf(filter.operand, item, evaluation));
      return text !== undefined && matchesAll(filter.regex, text, (steps) => visit(evaluation, steps));
    }
    case 'compare': {
      const left = valueOf(filter.left, item, evaluation);
      const right = valueOf(filter.right, item, evaluation);
      return COMPARISONS[filter.operator](left, right, evaluation);
    }
    default:
      return false;
  }
}

function valueOf(operand: Operand, item: Json, evaluation: Evaluation): Json | undefined {
  if (operand.type === 'literal') return operand.value;
  return evaluate(operand.path, operand.from === 'item' ? item : evaluation.document, evaluation);
}

/** A member that is `false` or `null` is there; a list that is empty is not. */
function exists(value: Json | undefined, { isDefinite }: Path): boolean {
  return value !== undefined && (isDefinite || !isArray(value) || value.length > 0);
}

function scalarText(value: Json | undefined): string | undefined {
  return value === undefined || value === null || typeof value === 'object' ? undefined : String(value);
}

type Comparison = (left: Json | undefined, right: Json | undefined, evaluation: Evaluation) => boolean;

/** A path that finds nothing gives `undefined`, which equals nothing, not even itself. */
const COMPARISONS: Readonly<Record<Operator, Comparison>> = {
  '==': isEqual,
  '!=': (left, right) => !isEqual(left, right),
  '===': (left, right) => typeof left === typeof right && isEqual(left, right),
  '!==': (left, right) => typeof left !== typeof right || !isEqual(left, right),
  '<': (left, right) => isOrdered(left, right, (one, other) => one < other),
  '<=': (left, right) => isOrdered(left, right, (one, other) => one <= other),
  '>': (left, right) => isOrdered(left, right, (one, other) => one > other),
  '>=': (left, right) => isOrdered(left, right, (one, other) => one >= other),
  in: (left, right, evaluation) => has(right, left, evaluation),
  nin: (left, right, evaluation) => !has(right, left, evaluation),
  contains: (left, right, evaluation) => {
    return isText(left) ? isText(right) && left.includes(right) : has(left, right, evaluation);
  },
  all: (left, right, evaluation) => isArray(left) && items(right).every((item) => has(left, item, evaluation)),
  subsetof: (left, right, evaluation) => isArray(left) && left.every((item) => has(right, item, evaluation)),
  anyof: (left, right, evaluation) => items(left).some((item) => has(right, item, evaluation)),
  noneof: (left, right, evaluation) => isArray(left) && !left.some((item) => has(right, item, evaluation)),
  size: (left, right) => (isText(left) || isArray(left)) && left.length === right,
  empty: (left, right) => right === isEmpty(left),
};

function isText(value: Json | undefined): value is string {
  return typeof value === 'string';
}

function items(value: Json | undefined): readonly Json[] {
  return isArray(value) ? value : [];
}

function has(list: Json | undefined, wanted: Json | undefined, evaluation: Evaluation): boolean {
  if (!isArray(list)) return false;
  visit(evaluation, list.length);
  return list.some((item) => isEqual(item, wanted));
}

/** A number and a text that reads as that number are equal. */
function isEqual(left: Json | undefined, right: Json | undefined): boolean {
  if (left === undefined || right === undefined) return false;
  if (typeof left === 'number' && typeof right === 'string') return isNumeral(right, left);
  if (typeof left === 'string' && typeof right === 'number') return isNumeral(left, right);
  return isEqualJson(left, right);
}

function isNumeral(text: string, number: number): boolean {
  return text.trim() !== '' && Number(text) === number;
}

function isOrdered(
  left: Json | undefined,
  right: Json | undefined,
  isInOrder: (one: number | string, other: number | string) => boolean,
): boolean {
  if (typeof left === 'number' && typeof right === 'number') return isInOrder(left, right);
  return typeof left === 'string' && typeof right === 'string' && isInOrder(left, right);
}

function isEmpty(value: Json | undefined): boolean | undefined {
  if (typeof value === 'string' || isArray(value)) return value.length === 0;
  return isObject(value) ? Object.keys(value).length === 0 : undefined;
}

/** `undefined`, as for a path that finds nothing, where there is nothing to calculate with. */
function aggregate(name: AggregateName, value: Json): Json | undefined {
  if (name === 'keys') return isObject(value) ? Object.keys(value) : undefined;
  if (name === 'length' || name === 'size')
    return typeof value === 'object' && value !== null ? children(value).length : undefined;
  const numbers = items(value).filter((item) => typeof item === 'number');
  return numbers.length === 0 ? undefined : CALCULATIONS[name](numbers);
}

const CALCULATIONS = {
  sum: total,
  avg: mean,
  min: (numbers: readonly number[]) => numbers.reduce((least, number) => Math.min(least, number)),
  max: (numbers: readonly number[]) => numbers.reduce((most, number) => Math.max(most, number)),
  stddev: (numbers: readonly number[]) => {
    const middle = mean(numbers);
    return Math.sqrt(mean(numbers.map((number) => (number - middle) ** 2)));
  },
};

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

function mean(numbers: readonly number[]): number {
  return total(numbers) / numbers.length;
}
