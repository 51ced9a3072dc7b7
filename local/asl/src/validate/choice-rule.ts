import { isObject, type Json } from '../json.ts';
import type { Problem } from '../problem.ts';
import { assign } from './assign.ts';
import { allOf, boolean, jsonata, listOf, number, objectOf, text, type Check } from './check.ts';
import { expressionOr } from './jsonata.ts';
import { referencePath } from './path.ts';
import { template } from './payload-template.ts';
import { fault, inside, type Place } from './place.ts';
import { timestamp } from './timestamp.ts';

/** One of `Choices`: a rule of operators in JSONPath, a `Condition` in JSONata, and where to go if it holds. */
export const choiceRule: Check = (value, place) =>
  place.queryLanguage === 'JSONata' ? conditionRule(value, place) : operatorRule(value, place);

const conditionRule = objectOf({
  required: ['Condition', 'Next'],
  fields: {
    Comment: text,
    Condition: expressionOr(boolean, 'Boolean'),
    Next: text,
    Output: jsonata(template()),
    Assign: assign(),
  },
});

/** The comparisons, each with its operand. A name that ends in `Path` takes the operand from the input. */
const comparisons: ReadonlyMap<string, Check> = new Map([
  ...operands('String', text),
  ...operands('Numeric', number),
  ...operands('Timestamp', timestamp),
  ['BooleanEquals', boolean],
  ['BooleanEqualsPath', referencePath],
  ['StringMatches', text],
  ...['Null', 'Present', 'Numeric', 'String', 'Boolean', 'Timestamp'].map((type): [string, Check] => [
    `Is${type}`,
    boolean,
  ]),
]);

function operands(type: string, operand: Check): [string, Check][] {
  const orders = ['Equals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'];
  return orders.flatMap((order): [string, Check][] => [
    [`${type}${order}`, operand],
    [`${type}${order}Path`, referencePath],
  ]);
}

const operatorFields = {
  ...Object.fromEntries(comparisons),
  Comment: text,
  Variable: referencePath,
  And: listOf(nestedRule, 1),
  Or: listOf(nestedRule, 1),
  Not: nestedRule,
};

const operatorRule = allOf(
  objectOf({ required: ['Next'], fields: { ...operatorFields, Next: text, Assign: assign() } }),
  oneOperator,
);

/** Below And, Or and Not a rule goes nowhere by itself. */
const ruleBelow = allOf(objectOf({ fields: operatorFields }), oneOperator);

function nestedRule(value: Json, place: Place): Iterable<Problem> {
  return ruleBelow(value, place);
}

/** Exactly one operator: a comparison with its `Variable`, or And, Or and Not without. */
function* oneOperator(rule: Json, place: Place): Iterable<Problem> {
  if (!isObject(rule)) return;
  const names = Object.keys(rule).filter((name) => comparisons.has(name) || BOOLEAN_OPERATORS.has(name));
  if (names.length === 0) yield fault(place, 'A choice rule must have a comparison operator');
  if (names.length > 1) yield fault(place, `These fields are mutually exclusive: [${names.join(', ')}]`);

  const isComparison = names.some((name) => comparisons.has(name));
  const hasVariable = Object.hasOwn(rule, 'Variable');
  if (isComparison && !hasVariable) yield fault(place, 'These fields are required: [Variable]');
  if (names.length > 0 && !isComparison && hasVariable)
    yield fault(inside(place, 'Variable'), 'Field is not supported');
}

const BOOLEAN_OPERATORS: ReadonlySet<string> = new Set(['And', 'Or', 'Not']);
