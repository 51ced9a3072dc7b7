import { BlockList, isIP } from 'node:net';
import { isList, isObject, type Json } from '../template.ts';
import type { Context } from './context.ts';
import { arnGlob, glob } from './glob.ts';
import { asCharacters, fillVariables, hasVariables } from './policy-variables.ts';
import { PolicyFault } from './policy-fault.ts';

/** The conditions of a statement: all have to hold. */
export interface Conditions {
  readonly hold: (context: Context) => boolean;
  /** The condition keys it asks for, in lower case. */
  readonly keys: readonly string[];
}

/**
 * Reads the element `Condition` of a statement.
 *
 * @throws {PolicyFault} naming an operator that is not known: one that is passed over would let somebody in, or keep somebody out
 * @see IAM User Guide, "IAM JSON policy elements: Condition operators"
 */
export function compileConditions(block: Json, fillsVariables: boolean): Conditions {
  if (!isObject(block)) throw new PolicyFault('Condition', 'it must be an object');
  const conditions = Object.entries(block).flatMap(([operator, byKey]) => {
    if (!isObject(byKey)) throw new PolicyFault(`Condition.${operator}`, 'it must be an object');
    return Object.entries(byKey).map(([key, values]) => ({
      key: key.toLowerCase(),
      holds: compileCondition(operator, key, textsOf(values, `Condition.${operator}.${key}`), fillsVariables),
    }));
  });
  return {
    hold: (context) => conditions.every(({ holds }) => holds(context)),
    keys: conditions.map(({ key }) => key),
  };
}

/** Compares a value of a request with one of the policy, as it is written there. */
type Comparison = (wanted: string) => (given: string) => boolean;

const numeric = (isSo: (given: number, wanted: number) => boolean): Comparison =>
  ordered('number', (text) => (text.trim() === '' ? Number.NaN : Number(text)), isSo);
const date = (isSo: (given: number, wanted: number) => boolean): Comparison => ordered('date', instantOf, isSo);
const equals: Comparison = (wanted) => (given) => given === asWritten(wanted);
const equalsIgnoringCase: Comparison = (wanted) => (given) => given.toLowerCase() === asWritten(wanted).toLowerCase();
const isLike: Comparison = (wanted) => (given) => glob(wanted)(asCharactersLike(wanted, given));
const isArnLike: Comparison = (wanted) => (given) => arnGlob(wanted)(asCharactersLike(wanted, given));
const bool: Comparison = (wanted) => (given) => given.toLowerCase() === wanted.toLowerCase();

/** What the policy says has to be of that kind; what a request brings and is not, is in no order with it. */
function ordered(
  kind: string,
  read: (text: string) => number,
  isSo: (given: number, wanted: number) => boolean,
): Comparison {
  return (wanted) => {
    const value = read(wanted);
    if (Number.isNaN(value)) throw new PolicyFault('Condition', `${JSON.stringify(wanted)} is no ${kind}`);
    return (given) => isSo(read(given), value);
  };
}

/** Each operator, with whether it holds where its comparison does not. */
const OPERATORS: Readonly<Record<string, { readonly comparison: Comparison; readonly isNegated?: true }>> = {
  StringEquals: { comparison: equals },
  StringNotEquals: { comparison: equals, isNegated: true },
  StringEqualsIgnoreCase: { comparison: equalsIgnoringCase },
  StringNotEqualsIgnoreCase: { comparison: equalsIgnoringCase, isNegated: true },
  StringLike: { comparison: isLike },
  StringNotLike: { comparison: isLike, isNegated: true },
  ArnEquals: { comparison: isArnLike },
  ArnLike: { comparison: isArnLike },
  ArnNotEquals: { comparison: isArnLike, isNegated: true },
  ArnNotLike: { comparison: isArnLike, isNegated: true },
  NumericEquals: { comparison: numeric((given, wanted) => given === wanted) },
  NumericNotEquals: { comparison: numeric((given, wanted) => given === wanted), isNegated: true },
  NumericLessThan: { comparison: numeric((given, wanted) => given < wanted) },
  NumericLessThanEquals: { comparison: numeric((given, wanted) => given <= wanted) },
  NumericGreaterThan: { comparison: numeric((given, wanted) => given > wanted) },
  NumericGreaterThanEquals: { comparison: numeric((given, wanted) => given >= wanted) },
  DateEquals: { comparison: date((given, wanted) => given === wanted) },
  DateNotEquals: { comparison: date((given, wanted) => given === wanted), isNegated: true },
  DateLessThan: { comparison: date((given, wanted) => given < wanted) },
  DateLessThanEquals: { comparison: date((given, wanted) => given <= wanted) },
  DateGreaterThan: { comparison: date((given, wanted) => given > wanted) },
  DateGreaterThanEquals: { comparison: date((given, wanted) => given >= wanted) },
  Bool: { comparison: bool },
  IpAddress: { comparison: isWithin },
  NotIpAddress: { comparison: isWithin, isNegated: true },
};

const OPERATOR = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/v;

function compileCondition(
  name: string,
  key: string,
  wanted: readonly string[],
  fillsVariables: boolean,
): (context: Context) => boolean {
  const [, set, operatorName = '', ifExists] = OPERATOR.exec(name) ?? [];
  if (name === 'Null') return nullCondition(key.toLowerCase(), wanted);
  const operator = Object.hasOwn(OPERATORS, operatorName) ? OPERATORS[operatorName] : undefined;
  // Of an absent value it would say two things at once.
  const isUnclear = set === 'ForAnyValue' && ifExists !== undefined;
  if (operator === undefined || isUnclear) {
    throw new PolicyFault('Condition', `the operator ${JSON.stringify(name)} is not known here`);
  }
  const { comparison, isNegated = false } = operator;
  const lowerKey = key.toLowerCase();
  const isAny = anyOf(comparison, wanted, fillsVariables && /^(?:String|Arn)/v.test(operatorName));
  return (context) => {
    const given = context(lowerKey);
    if (given === undefined || given.length === 0) {
      if (set !== undefined) return set === 'ForAllValues';
      return ifExists !== undefined || isNegated;
    }
    const satisfies = (value: string) => isAny(value, context) === !isNegated;
    // Several values without a set operator: one that matches is enough, and none may match where it says not.
    return set === 'ForAllValues' || (set === undefined && isNegated) ? given.every(satisfies) : given.some(satisfies);
  };
}

/** Whether one of them is it; undefined where none is, and one cannot be told for lack of a variable's value. */
function anyOf(comparison: Comparison, wanted: readonly string[], fillsVariables: boolean) {
  const compiled = wanted.map((text) => {
    if (!fillsVariables || !hasVariables(text)) {
      const compare = comparison(text);
      return (given: string) => compare(given);
    }
    return (given: string, context: Context) => {
      const filled = fillVariables(text, context);
      return filled === undefined ? undefined : comparison(filled)(given);
    };
  });
  return (given: string, context: Context): boolean | undefined => {
    const results = compiled.map((compare) => compare(given, context));
    return results.includes(true) || (results.includes(undefined) ? undefined : false);
  };
}

function nullCondition(key: string, wanted: readonly string[]): (context: Context) => boolean {
  return (context) => {
    const isAbsent = (context(key) ?? []).length === 0;
    return wanted.some((text) => text.toLowerCase() === String(isAbsent));
  };
}

function textsOf(values: Json, place: string): string[] {
  return (isList(values) ? values : [values]).map((value) => {
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw new PolicyFault(place, 'it must be a text, or a list of texts');
  });
}

/** Filled variables hold their wildcards as characters of our own. */
function asWritten(text: string): string {
  return text.replaceAll('\u{E000}', '*').replaceAll('\u{E001}', '?');
}

function asCharactersLike(wanted: string, given: string): string {
  return /[\u{E000}\u{E001}]/v.test(wanted) ? asCharacters(given) : given;
}

/** A date of ISO 8601, or epoch seconds. NaN, which is never before, at or after anything, for what is neither. */
function instantOf(text: string): number {
  return /^-?\d+(?:\.\d+)?$/v.test(text) ? Number(text) * 1000 : Date.parse(text);
}

function isWithin(wanted: string): (given: string) => boolean {
  const [address = '', prefix] = wanted.split('/');
  const family = isIP(address);
  if (family === 0) throw new PolicyFault('Condition', `${JSON.stringify(wanted)} is no address or range of addresses`);
  const list = new BlockList();
  const type = family === 6 ? 'ipv6' : 'ipv4';
  list.addSubnet(address, prefix === undefined ? (family === 6 ? 128 : 32) : Number(prefix), type);
  return (given) => isIP(given) !== 0 && list.check(given, isIP(given) === 6 ? 'ipv6' : 'ipv4');
}
