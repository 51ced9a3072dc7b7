import { BlockList, isIP } from 'node:net';
import type { Json, JsonObject } from '../template.ts';
import { isList, isObject } from '../template.ts';

/** Whether an event is one of those that a rule is for. */
export type EventPattern = (event: Json) => boolean;

/** What is wrong with a pattern, in one sentence without its full stop. */
export class InvalidEventPattern extends Error {
  override readonly name = 'InvalidEventPatternException';
}

/**
 * Compiles an event pattern. Nothing in one can take longer than the product of its length and the value's.
 *
 * An array in the event matches where one of its elements does; with fields below it, one element has to have them all.
 *
 * @throws {InvalidEventPattern}
 * @see EventBridge User Guide, "Comparison operators for use in event patterns"
 */
export function compileEventPattern(pattern: Json): EventPattern {
  if (!isObject(pattern)) throw new InvalidEventPattern('an event pattern must be an object');
  return fieldsMatcher(pattern, 'the pattern');
}

/** Of a field's value, which may be absent. */
type Matcher = (value: Json | undefined) => boolean;

function fieldsMatcher(pattern: JsonObject, place: string): Matcher {
  const entries = Object.entries(pattern);
  if (entries.length === 0) throw new InvalidEventPattern(`${place} is empty`);
  const fields = entries.map(([key, condition]) => {
    const alternatives = key === '$or' ? alternativesOf(condition, place) : undefined;
    if (alternatives !== undefined) return (value: Json | undefined) => alternatives.some((matches) => matches(value));
    const inside = place === 'the pattern' ? key : `${place}.${key}`;
    const matches = isList(condition)
      ? leafMatcher(condition, inside)
      : isObject(condition)
        ? anyElement(fieldsMatcher(condition, inside))
        : fault(inside, 'must be an object or an array');
    return (value: Json | undefined) => matches(isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined);
  });
  return (value) => fields.every((matches) => matches(value));
}

/** A field may be called `$or` too: then its array holds something else than patterns. */
function alternativesOf(condition: Json, place: string): Matcher[] | undefined {
  if (!isList(condition) || condition.length < 2 || !condition.every(isObject)) return undefined;
  if (condition.some((one) => Object.keys(one).some((key) => COMPARISONS.has(key)))) return undefined;
  return condition.map((one, index) => fieldsMatcher(one, `${place}.$or.${index}`));
}

function anyElement(matches: Matcher): Matcher {
  const any: Matcher = (value) => (isList(value) ? value.some(any) : matches(value));
  // An empty array has no fields either.
  return (value) => (isList(value) && value.length === 0 ? matches(undefined) : any(value));
}

function leafMatcher(conditions: readonly Json[], place: string): Matcher {
  if (conditions.length === 0) fault(place, 'is an empty array, which matches nothing');
  const matchers = conditions.map((condition) =>
    isObject(condition) ? comparison(condition, place) : exact(condition, place),
  );
  return (value) => matchers.some((matches) => matches(value));
}

function exact(wanted: Json, place: string): Matcher {
  if (isList(wanted)) return fault(place, 'holds an array in an array');
  return present((value) => value === wanted);
}

type Comparison = (argument: Json, place: string) => Matcher;

const COMPARISONS: ReadonlyMap<string, Comparison> = new Map<string, Comparison>([
  ['exists', exists],
  ['prefix', (argument, place) => onText(affix(argument, 'prefix', place))],
  ['suffix', (argument, place) => onText(affix(argument, 'suffix', place))],
  ['equals-ignore-case', (argument, place) => onText(ignoringCase(textOf(argument, 'equals-ignore-case', place)))],
  ['wildcard', (argument, place) => onText(wildcard(textOf(argument, 'wildcard', place), place))],
  ['anything-but', anythingBut],
  ['numeric', numeric],
  ['cidr', cidr],
]);

function comparison(condition: JsonObject, place: string): Matcher {
  const [[name, argument] = ['', null], ...others] = Object.entries(condition);
  const compile = COMPARISONS.get(name);
  if (compile === undefined) return fault(place, `has no comparison ${JSON.stringify(name)}`);
  if (others.length > 0) return fault(place, 'names two comparisons in one object');
  return compile(argument, place);
}

/** True of a value that is no object: fields that only hold others do not exist to a pattern. */
function exists(argument: Json, place: string): Matcher {
  if (typeof argument !== 'boolean') return fault(place, 'compares exists with something else than true and false');
  const isThere = present(() => true);
  return argument ? isThere : (value) => !isThere(value);
}

type TextTest = (text: string) => boolean;

function affix(argument: Json, kind: 'prefix' | 'suffix', place: string): TextTest {
  const begins = (text: string, wanted: string) =>
    kind === 'prefix' ? text.startsWith(wanted) : text.endsWith(wanted);
  if (isObject(argument)) {
    const wanted = textOf(onlyMember(argument, 'equals-ignore-case', place), kind, place).toLowerCase();
    return (text) => begins(text.toLowerCase(), wanted);
  }
  const wanted = textOf(argument, kind, place);
  return (text) => begins(text, wanted);
}

function ignoringCase(wanted: string): TextTest {
  const lower = wanted.toLowerCase();
  return (text) => text.toLowerCase() === lower;
}

/** `*` stands for any characters; `\*` and `\\` for themselves. */
function wildcard(pattern: string, place: string): TextTest {
  const parts = [''];
  for (const [token] of pattern.matchAll(/\\[\s\S]|\*|[^\\*]+|\\$/gv)) {
    if (token === '*') parts.push('');
    else if (token.startsWith('\\') && token !== '\\*' && token !== '\\\\')
      fault(place, 'escapes what is neither * nor \\');
    else parts.push((parts.pop() ?? '') + (token.startsWith('\\') ? token.slice(1) : token));
  }
  if (parts.slice(1, -1).includes('')) fault(place, 'has two wildcards in a row');
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return (text) => text === first;
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    const end = text.length - last.length;
    let at = first.length;
    for (const part of rest) {
      const found = text.indexOf(part, at);
      if (found === -1) return false;
      at = found + part.length;
    }
    return at <= end;
  };
}

function anythingBut(argument: Json, place: string): Matcher {
  if (isObject(argument)) {
    const [[kind, operand] = ['', null]] = Object.entries(argument);
    onlyMember(argument, kind, place);
    const tests = (isList(operand) ? operand : [operand]).map((one) => textTest(kind, one, place));
    if (tests.length === 0) fault(place, 'excludes an empty array');
    return present((value) => typeof value !== 'string' || !tests.some((test) => test(value)));
  }
  const excluded: readonly Json[] = isList(argument) ? argument : [argument];
  if (excluded.length === 0 || excluded.some((one) => typeof one !== 'string' && typeof one !== 'number')) {
    return fault(place, 'excludes something else than strings and numbers with anything-but');
  }
  return present((value) => !excluded.includes(value));
}

function textTest(kind: string, operand: Json, place: string): TextTest {
  switch (kind) {
    case 'prefix':
    case 'suffix':
      return affix(operand, kind, place);
    case 'equals-ignore-case':
      return ignoringCase(textOf(operand, kind, place));
    case 'wildcard':
      return wildcard(textOf(operand, kind, place), place);
    default:
      return fault(place, `has no comparison "anything-but" with ${JSON.stringify(kind)}`);
  }
}

const NUMERIC: ReadonlyMap<Json | undefined, (value: number, bound: number) => boolean> = new Map<
  Json | undefined,
  (value: number, bound: number) => boolean
>([
  ['=', (value, bound) => value === bound],
  ['<', (value, bound) => value < bound],
  ['<=', (value, bound) => value <= bound],
  ['>', (value, bound) => value > bound],
  ['>=', (value, bound) => value >= bound],
]);

function numeric(argument: Json, place: string): Matcher {
  const parts = isList(argument) ? argument : [];
  if (parts.length === 0 || parts.length % 2 !== 0 || parts.length > 4) {
    return fault(place, 'compares numeric with something else than one or two pairs of operator and number');
  }
  const tests = Array.from({ length: parts.length / 2 }, (_, index) => {
    const [operator, bound] = parts.slice(index * 2);
    const compare = NUMERIC.get(operator);
    if (compare === undefined || typeof bound !== 'number') return fault(place, 'has no such numeric comparison');
    return (value: number) => compare(value, bound);
  });
  return present((value) => typeof value === 'number' && tests.every((test) => test(value)));
}

function cidr(argument: Json, place: string): Matcher {
  const [, address = '', bits = ''] = /^([^\/]+)\/(\d{1,3})$/v.exec(textOf(argument, 'cidr', place)) ?? [];
  const version = isIP(address);
  if (version === 0 || Number(bits) > (version === 4 ? 32 : 128)) return fault(place, 'has no such block of addresses');
  const block = new BlockList();
  const family = version === 4 ? 'ipv4' : 'ipv6';
  block.addSubnet(address, Number(bits), family);
  return onText((text) => isIP(text) === version && block.check(text, family));
}

/** Of arrays, one element is enough. Objects are no values. */
function present(matches: (value: Json) => boolean): Matcher {
  return (value) => {
    if (value === undefined || isObject(value)) return false;
    return isList(value) ? value.some((element) => present(matches)(element)) : matches(value);
  };
}

function onText(test: TextTest): Matcher {
  return present((value) => typeof value === 'string' && test(value));
}

function textOf(argument: Json, name: string, place: string): string {
  return typeof argument === 'string' ? argument : fault(place, `compares ${name} with something else than a string`);
}

function onlyMember(argument: JsonObject, name: string, place: string): Json {
  const [[key, value] = ['', null], ...others] = Object.entries(argument);
  if (key !== name || others.length > 0) return fault(place, `must hold ${JSON.stringify(name)} alone`);
  return value;
}

function fault(place: string, what: string): never {
  throw new InvalidEventPattern(`${place} ${what}`);
}
