import type { WaitState } from './definition.ts';
import { expressionFault, QueryEvaluationError } from './evaluation.ts';
import { jsonataExpression } from './jsonata-expression.ts';
import { fillJsonata, type JsonataScope } from './jsonata-template.ts';
import { isArray, isObject, jsonText, type Json, type JsonObject } from './json.ts';
import { notBeforeMs, parseTimestamp } from './timestamp.ts';

/*
 * The fields of a JSONata state that hold a value of a certain type, or an expression that gives it. Each is filled as any
 * other, then its type is looked at. All throw a QueryEvaluationError: if the expression fails, gives nothing or gives
 * something else.
 */

/** Condition of a Choice rule, `Choices[0]/Condition`, whose expression gave this. */
export function requireBoolean(value: Json, field: string, filled: Json): boolean {
  return typeof filled === 'boolean' ? filled : refuseType(value, field, filled, 'boolean');
}

/** Error and Cause of a Fail state, `Credentials/RoleArn`. */
export function jsonataString(value: Json, field: string, scope: JsonataScope): string {
  const filled = fillJsonata(value, field, scope);
  return typeof filled === 'string' ? filled : refuseType(value, field, filled, 'string');
}

/** What a number may be, both ends included. */
export interface NumberRange {
  readonly minimum: number;
  /** Default none. */
  readonly maximum?: number;
}

/** TimeoutSeconds, HeartbeatSeconds, Seconds, MaxConcurrency, ToleratedFailureCount, MaxItems and those like them. */
export function jsonataInteger(value: Json, field: string, range: NumberRange, scope: JsonataScope): number {
  const filled = jsonataNumber(value, field, range, scope);
  return Number.isInteger(filled) ? filled : refuseRange(value, field, filled, `an integer ${describe(range)}`);
}

/** ToleratedFailurePercentage. */
export function jsonataNumber(value: Json, field: string, range: NumberRange, scope: JsonataScope): number {
  const filled = fillJsonata(value, field, scope);
  if (typeof filled !== 'number') return refuseType(value, field, filled, 'number');
  const { minimum, maximum = Infinity } = range;
  return filled >= minimum && filled <= maximum ? filled : refuseRange(value, field, filled, describe(range));
}

/** Items of a Map: an array, or an object whose members are the items. Without the field, the state's input has to be an array. */
export function jsonataItems(items: Json | undefined, scope: JsonataScope): readonly Json[] | JsonObject {
  const { input } = scope.states;
  if (items === undefined) {
    if (isArray(input)) return input;
    throw new QueryEvaluationError(`Map state input must be an array but was: ${jsonText(input)}`);
  }
  const filled = fillJsonata(items, 'Items', scope);
  return isArray(filled) || isObject(filled) ? filled : refuseType(items, 'Items', filled, 'array');
}

/** When a Wait state ends, in epoch milliseconds: so many seconds after `enteredAtMs`, or at its timestamp, which may lie in the past. */
export function jsonataWaitUntil(
  { Seconds: seconds, Timestamp: timestamp = '' }: WaitState,
  scope: JsonataScope,
  enteredAtMs: number,
): number {
  if (seconds !== undefined) return enteredAtMs + jsonataInteger(seconds, 'Seconds', WAIT_SECONDS, scope) * 1000;
  const text = jsonataString(timestamp, 'Timestamp', scope);
  const instant = parseTimestamp(text);
  if (instant !== undefined) return notBeforeMs(instant);
  throw new QueryEvaluationError(
    `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${text}`,
    'Timestamp',
  );
}

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html */
const WAIT_SECONDS = { minimum: 0, maximum: 99_999_999 };

function refuseType(template: Json, field: string, given: Json, expected: string): never {
  const but = `Expected '${expected}', but was '${typeOf(given)}' for value: ${jsonText(given)}`;
  throw refusal(template, field, `returned an unexpected result type. ${but}`);
}

function refuseRange(template: Json, field: string, given: number, expected: string): never {
  throw refusal(template, field, `returned a value that is out of range. Expected ${expected}, but was: ${given}`);
}

/** A constant was looked at when its state machine was created, so it is an expression that is to blame. */
function refusal(template: Json, field: string, complaint: string): QueryEvaluationError {
  const text = typeof template === 'string' ? jsonataExpression(template)?.text : undefined;
  return new QueryEvaluationError(expressionFault({ field, text: text ?? jsonText(template) }, complaint), field);
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  return isArray(value) ? 'array' : typeof value;
}

function describe({ minimum, maximum }: NumberRange): string {
  return maximum === undefined ? `at least ${minimum}` : `between ${minimum} and ${maximum}`;
}
