import type { CreatedResource } from './service.ts';
import type { Json, JsonObject, Template } from './template.ts';
import { isList, isObject, templateError } from './template.ts';

/** What the intrinsic functions of one stack look things up in. */
export interface Scope {
  readonly stackName: string;
  readonly template: Template;
  /** `AWS::Region` and its like. `AWS::NoValue` is not among them: it is the absence of a value. */
  readonly pseudoParameters: ReadonlyMap<string, string>;
  readonly conditions: Conditions;
  readonly created: ReadonlyMap<string, CreatedResource>;
  /** What earlier stacks of the assembly exported. */
  readonly exports: ReadonlyMap<string, Json>;
}

export interface Conditions {
  /** Whether the named condition holds. */
  holds(name: string, place: string): boolean;
}

/** Conditions may name each other; a longer chain is nobody's intention, and a deep one could exhaust the stack. */
const CONDITION_CHAIN_MAX = 32;

type IntrinsicFunction = (argument: Json, scope: Scope, place: string) => Json | undefined;

const FUNCTIONS: ReadonlyMap<string, IntrinsicFunction> = new Map<string, IntrinsicFunction>([
  ['Ref', ref],
  ['Fn::GetAtt', getAtt],
  ['Fn::Join', join],
  ['Fn::Sub', sub],
  ['Fn::Select', select],
  ['Fn::Split', split],
  ['Fn::FindInMap', findInMap],
  ['Fn::If', (argument, scope, place) => resolve(chosenBranch(argument, scope, place), scope, place)],
  ['Fn::Base64', (argument, scope, place) => Buffer.from(resolveText(argument, scope, place)).toString('base64')],
  ['Fn::ImportValue', importValue],
]);

/**
 * Replaces the intrinsic functions in a value by what they give. `undefined` stands for `AWS::NoValue`: the member or
 * item that holds it is left out.
 *
 * @throws {HostError} naming the place of what cannot be resolved.
 */
export function resolve(value: Json, scope: Scope, place: string): Json | undefined {
  if (isList(value)) return value.flatMap((item, index) => present(resolve(item, scope, `${place}.${index}`)));
  if (!isObject(value)) return value;
  const call = intrinsicCall(value, scope, place);
  if (call !== undefined) return call.apply(call.argument, scope, call.place);
  // `fromEntries` defines each member, so a key such as `__proto__` is a key like any other.
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member]) =>
      present(resolve(member, scope, `${place}.${key}`)).map((resolved) => [key, resolved] as const),
    ),
  );
}

/** Resolves what must come out as text; numbers and booleans are written out, as CloudFormation does. */
export function resolveText(value: Json, scope: Scope, place: string): string {
  const resolved = resolve(value, scope, place);
  if (typeof resolved === 'string') return resolved;
  if (typeof resolved === 'number' || typeof resolved === 'boolean') return String(resolved);
  throw templateError(scope.stackName, place, `it must give a string, not ${describe(resolved)}`);
}

/**
 * The logical ids a value refers to. Branches of `Fn::If` that are not taken do not count.
 *
 * @throws {HostError} naming the place of a reference to something the template does not declare.
 */
export function referencesIn(value: Json, scope: Scope, place: string): Set<string> {
  const found = new Set<string>();
  const note = (name: string, at: string) => {
    if (scope.template.resources.has(name)) found.add(name);
    else if (!isParameter(name, scope)) throw unknownReference(name, scope, at);
  };
  const visit = (part: Json, at: string): void => {
    if (isList(part)) return part.forEach((item, index) => visit(item, `${at}.${index}`));
    if (!isObject(part)) return;
    const [key = '', ...others] = Object.keys(part);
    const argument = part[key];
    const inside = `${at}.${key}`;
    if (argument === undefined || others.length > 0) {
      for (const [member, child] of Object.entries(part)) visit(child, `${at}.${member}`);
    } else if (key === 'Fn::If') visit(chosenBranch(argument, scope, inside), inside);
    else if (key === 'Ref' && typeof argument === 'string') note(argument, inside);
    else if (key === 'Fn::GetAtt') note(attributeReference(argument, scope, inside).logicalId, inside);
    else if (key === 'Fn::Sub') {
      const { template, variables } = substitution(argument, scope, inside);
      visit(variables, `${inside}.1`);
      for (const name of placeholders(template)) {
        if (!Object.hasOwn(variables, name)) note(name.split('.')[0] ?? name, inside);
      }
    } else visit(argument, inside);
  };
  visit(value, place);
  return found;
}

/** Evaluates a template's conditions, each once and only when asked for. */
export function evaluateConditions(scope: Omit<Scope, 'conditions' | 'created'>): Conditions {
  const known = new Map<string, boolean>();
  const underWay: string[] = [];
  const own: Scope = { ...scope, created: new Map(), conditions: { holds } };

  function holds(name: string, place: string): boolean {
    const before = known.get(name);
    if (before !== undefined) return before;
    const condition = scope.template.conditions.get(name);
    if (condition === undefined) {
      throw templateError(scope.stackName, place, `there is no condition "${name}" in the template`);
    }
    if (underWay.includes(name)) {
      throw templateError(scope.stackName, `Conditions.${name}`, 'it depends on itself');
    }
    if (underWay.length === CONDITION_CHAIN_MAX) {
      throw templateError(
        scope.stackName,
        place,
        `more than ${CONDITION_CHAIN_MAX} conditions name each other in a row`,
      );
    }
    underWay.push(name);
    const isTrue = evaluate(condition, own, `Conditions.${name}`);
    underWay.pop();
    known.set(name, isTrue);
    return isTrue;
  }
  return { holds };
}

function evaluate(condition: Json, scope: Scope, place: string): boolean {
  const [key = '', ...others] = isObject(condition) ? Object.keys(condition) : [];
  const argument = isObject(condition) ? condition[key] : undefined;
  const inside = `${place}.${key}`;
  const operands = isList(argument) ? argument : [];
  const operand = (index: number) => evaluate(operands[index] ?? null, scope, `${inside}.${index}`);
  const indices = operands.map((_, index) => index);
  if (others.length === 0) {
    if (key === 'Condition' && typeof argument === 'string') return scope.conditions.holds(argument, inside);
    if (key === 'Fn::Not' && operands.length === 1) return !operand(0);
    if (key === 'Fn::And' && operands.length >= 2) return indices.every(operand);
    if (key === 'Fn::Or' && operands.length >= 2) return indices.some(operand);
    if (key === 'Fn::Equals' && operands.length === 2) {
      const [left, right] = operands.map((side, index) => resolve(side, scope, `${inside}.${index}`));
      return comparable(left) === comparable(right);
    }
  }
  throw templateError(
    scope.stackName,
    place,
    'a condition is one of Fn::And, Fn::Or (two or more), Fn::Not (one), Fn::Equals (two) and Condition',
  );
}

/** CloudFormation compares as strings, so the number 1 equals the text "1". */
function comparable(value: Json | undefined): string {
  return typeof value === 'number' || typeof value === 'boolean'
    ? JSON.stringify(String(value))
    : JSON.stringify(value);
}

interface IntrinsicCall {
  apply: IntrinsicFunction;
  argument: Json;
  place: string;
}

function intrinsicCall(value: JsonObject, scope: Scope, place: string): IntrinsicCall | undefined {
  const keys = Object.keys(value);
  const name =
    keys.find((key) => key.startsWith('Fn::')) ?? (keys.length === 1 && keys[0] === 'Ref' ? 'Ref' : undefined);
  const argument = name === undefined ? undefined : value[name];
  if (name === undefined || argument === undefined) return undefined;
  if (keys.length > 1) throw templateError(scope.stackName, place, `${name} must stand alone in its object`);
  const apply = FUNCTIONS.get(name);
  if (apply === undefined) throw templateError(scope.stackName, place, `the function ${name} is not known here`);
  return { apply, argument, place: `${place}.${name}` };
}

function ref(argument: Json, scope: Scope, place: string): Json | undefined {
  if (typeof argument !== 'string') throw templateError(scope.stackName, place, 'Ref takes one name');
  if (argument === 'AWS::NoValue') return undefined;
  return (
    scope.pseudoParameters.get(argument) ??
    parameterValue(argument, scope, place) ??
    createdResource(argument, scope, place).ref
  );
}

function parameterValue(name: string, scope: Scope, place: string): Json | undefined {
  const parameter = scope.template.parameters.get(name);
  if (parameter === undefined) return undefined;
  const { type, defaultValue } = parameter;
  if (type.startsWith('AWS::SSM::Parameter::')) {
    throw templateError(
      scope.stackName,
      place,
      `"${name}" is read from the SSM Parameter Store, which does not run here`,
    );
  }
  if (defaultValue === undefined) {
    throw templateError(
      scope.stackName,
      place,
      `the parameter "${name}" has no default, and nobody is asked for a value`,
    );
  }
  const isListType = type === 'CommaDelimitedList' || type.startsWith('List<');
  return isListType ? defaultValue.split(',').map((item) => item.trim()) : defaultValue;
}

function getAtt(argument: Json, scope: Scope, place: string): Json {
  const { logicalId, attribute } = attributeReference(argument, scope, place);
  if (!scope.template.resources.has(logicalId)) throw unknownReference(logicalId, scope, place);
  const { attributes } = createdResource(logicalId, scope, place);
  const value = Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined;
  if (value === undefined) {
    const names = Object.keys(attributes).join(', ') || 'none';
    const type = scope.template.resources.get(logicalId)?.type;
    const what = `"${logicalId}" (${type}) has no attribute "${attribute}" here; it has: ${names}`;
    throw templateError(scope.stackName, place, what);
  }
  return value;
}

function attributeReference(argument: Json, scope: Scope, place: string): { logicalId: string; attribute: string } {
  const parts = typeof argument === 'string' ? argument.split('.') : argument;
  const [logicalId, ...rest] = isList(parts) ? parts : [];
  if (typeof logicalId !== 'string' || rest.length === 0) {
    throw templateError(scope.stackName, place, 'Fn::GetAtt takes a logical id and an attribute name');
  }
  return {
    logicalId,
    attribute: rest.map((part, index) => resolveText(part, scope, `${place}.${index + 1}`)).join('.'),
  };
}

function createdResource(logicalId: string, scope: Scope, place: string): CreatedResource {
  const created = scope.created.get(logicalId);
  if (created !== undefined) return created;
  const declaration = scope.template.resources.get(logicalId);
  if (declaration === undefined) throw unknownReference(logicalId, scope, place);
  const why =
    declaration.condition === undefined
      ? 'cannot be referred to here'
      : `is left out by its condition "${declaration.condition}"`;
  throw templateError(scope.stackName, place, `the resource "${logicalId}" ${why}`);
}

function unknownReference(name: string, scope: Scope, place: string) {
  return templateError(scope.stackName, place, `"${name}" is neither a resource nor a parameter of the template`);
}

function isParameter(name: string, scope: Scope): boolean {
  return name === 'AWS::NoValue' || scope.pseudoParameters.has(name) || scope.template.parameters.has(name);
}

function join(argument: Json, scope: Scope, place: string): string {
  const [delimiter, items, ...others] = isList(argument) ? argument : [];
  if (typeof delimiter !== 'string' || items === undefined || others.length > 0) {
    throw templateError(scope.stackName, place, 'Fn::Join takes a delimiter and a list');
  }
  const list = resolveList(items, scope, `${place}.1`);
  return list.map((item, index) => resolvedText(item, scope, `${place}.1.${index}`)).join(delimiter);
}

function sub(argument: Json, scope: Scope, place: string): string {
  const { template, variables } = substitution(argument, scope, place);
  return template.replace(PLACEHOLDER, (_whole, literal: string | undefined, name: string) => {
    if (literal !== undefined) return `\${${name}}`;
    const variable = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (variable !== undefined) return resolveText(variable, scope, `${place}.1.${name}`);
    const value: Json = name.includes('.') ? { 'Fn::GetAtt': name } : { Ref: name };
    return resolveText(value, scope, place);
  });
}

/** `${Name}`, `${Name.Attribute}`, and `${!Literal}`, which stands for `${Literal}`. */
const PLACEHOLDER = /\$\{(!)?\s*([^\s\}]+)\s*\}/gv;

function placeholders(template: string): string[] {
  return [...template.matchAll(PLACEHOLDER)].flatMap(([, literal, name]) =>
    literal === undefined ? present(name) : [],
  );
}

function substitution(argument: Json, scope: Scope, place: string): { template: string; variables: JsonObject } {
  const [template, variables = {}, ...others] = isList(argument) ? argument : [argument];
  if (typeof template !== 'string' || !isObject(variables) || others.length > 0) {
    throw templateError(scope.stackName, place, 'Fn::Sub takes a string, or a list of a string and its variables');
  }
  return { template, variables };
}

function select(argument: Json, scope: Scope, place: string): Json {
  const [position, items, ...others] = isList(argument) ? argument : [];
  if (position === undefined || items === undefined || others.length > 0) {
    throw templateError(scope.stackName, place, 'Fn::Select takes an index and a list');
  }
  const index = resolveText(position, scope, `${place}.0`);
  const list = resolveList(items, scope, `${place}.1`);
  const selected = /^\d+$/v.test(index) ? list[Number(index)] : undefined;
  if (selected === undefined) {
    throw templateError(scope.stackName, place, `a list of ${list.length} has no item at index ${index}`);
  }
  return selected;
}

function split(argument: Json, scope: Scope, place: string): Json {
  const [delimiter, source, ...others] = isList(argument) ? argument : [];
  if (typeof delimiter !== 'string' || delimiter === '' || source === undefined || others.length > 0) {
    throw templateError(scope.stackName, place, 'Fn::Split takes a delimiter and a string');
  }
  return resolveText(source, scope, `${place}.1`).split(delimiter);
}

function findInMap(argument: Json, scope: Scope, place: string): Json {
  const keys = isList(argument) ? argument : [];
  if (keys.length !== 3) throw templateError(scope.stackName, place, 'Fn::FindInMap takes a map name and two keys');
  const [mapName = '', ...path] = keys.map((key, index) => resolveText(key, scope, `${place}.${index}`));
  const found = path.reduce<Json | undefined>(
    (level, key) => (isObject(level) && Object.hasOwn(level, key) ? level[key] : undefined),
    scope.template.mappings.get(mapName),
  );
  if (found === undefined) {
    throw templateError(scope.stackName, place, `there is no Mappings.${[mapName, ...path].join('.')}`);
  }
  return found;
}

function chosenBranch(argument: Json, scope: Scope, place: string): Json {
  const [condition, whenTrue, whenFalse, ...others] = isList(argument) ? argument : [];
  if (typeof condition !== 'string' || whenTrue === undefined || whenFalse === undefined || others.length > 0) {
    throw templateError(scope.stackName, place, 'Fn::If takes the name of a condition and two values');
  }
  return scope.conditions.holds(condition, place) ? whenTrue : whenFalse;
}

function importValue(argument: Json, scope: Scope, place: string): Json {
  const name = resolveText(argument, scope, place);
  const value = scope.exports.get(name);
  if (value === undefined) {
    throw templateError(scope.stackName, place, `no stack of this assembly that is created before exports "${name}"`);
  }
  return value;
}

function resolveList(value: Json, scope: Scope, place: string): readonly Json[] {
  const resolved = resolve(value, scope, place);
  if (!isList(resolved)) throw templateError(scope.stackName, place, `it must give a list, not ${describe(resolved)}`);
  return resolved;
}

/** For a value that is resolved already: resolving it again would run functions that a resource's value only looks like. */
function resolvedText(value: Json, scope: Scope, place: string): string {
  if (isList(value) || isObject(value) || value === null) {
    throw templateError(scope.stackName, place, `it must give a string, not ${describe(value)}`);
  }
  return String(value);
}

function present<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}

function describe(value: Json | undefined): string {
  if (value === undefined) return 'AWS::NoValue';
  if (value === null) return 'null';
  if (isList(value)) return 'a list';
  return isObject(value) ? 'an object' : `a ${typeof value}`;
}
