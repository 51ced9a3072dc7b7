import { isArray, isObject, type Json, type JsonObject } from '../json.ts';
import { quotable, type Problem } from '../problem.ts';
import type { Check } from './check.ts';
import { jsonataTemplate, type StatesMember } from './jsonata.ts';
import { isPathOrIntrinsicCall } from './path.ts';
import { fault, inside, nth, type Place } from './place.ts';

/** What a state hands on: a payload template in JSONPath, JSON with expressions in JSONata. */
export function template(...known: readonly StatesMember[]): Check {
  const checkJsonata = jsonataTemplate(...known);
  return (value, place) =>
    place.queryLanguage === 'JSONata' ? checkJsonata(value, place) : checkPayloadTemplate(value, place);
}

/**
 * A JSON value in which a field `name.$` holds a path or an intrinsic function call.
 *
 * @see https://states-language.net/spec.html#payload-template
 */
function* checkPayloadTemplate(value: Json, place: Place): Iterable<Problem> {
  if (isArray(value)) {
    for (const [index, item] of value.entries()) yield* checkPayloadTemplate(item, nth(place, index));
  } else if (isObject(value)) {
    for (const [name, member] of Object.entries(value)) yield* checkMember(value, name, member, place);
  }
}

function* checkMember(template: JsonObject, name: string, value: Json, place: Place): Iterable<Problem> {
  const field = quotable(name);
  if (!name.endsWith('.$')) {
    if (typeof value === 'string' && looksDynamic(value)) yield noDollar(place);
    yield* checkPayloadTemplate(value, inside(place, name));
    return;
  }
  if (typeof value !== 'string') {
    yield fault(
      place,
      `The value for the field '${field}' must be a STRING that contains a JSONPath but was ${kindOf(value)}`,
    );
  } else if (!isPathOrIntrinsicCall(value)) {
    yield fault(
      place,
      `The value for the field '${field}' must be a valid JSONPath or a valid intrinsic function call`,
    );
  }
  if (Object.hasOwn(template, name.slice(0, -2))) {
    yield fault(place, `The fields '${quotable(name.slice(0, -2))}' and '${field}' are mutually exclusive`);
  }
}

function kindOf(value: Json): string {
  if (value === null) return 'NULL';
  if (isArray(value)) return 'an ARRAY';
  return typeof value === 'object' ? 'an OBJECT' : `a ${(typeof value).toUpperCase()}`;
}

function looksDynamic(value: string): boolean {
  return /^\$\$?[.[]|^States\.[A-Z][A-Za-z0-9]*\(/.test(value);
}

function noDollar({ location }: Place): Problem {
  const message = 'No ".$" on a field that appears to be a JSONPath or intrinsic function';
  return { severity: 'WARNING', code: 'NO_DOLLAR', message, location };
}
