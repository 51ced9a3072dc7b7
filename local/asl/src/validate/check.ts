import type { QueryLanguage } from '../definition.ts';
import { isArray, isObject, type Json, type JsonObject } from '../json.ts';
import type { Problem } from '../problem.ts';
import { fault, inside, nth, type Place } from './place.ts';

/** Says what is wrong with a value at its place: nothing, if it is right. Lazy, so that a reader may stop after enough. */
export type Check = (value: Json, place: Place) => Iterable<Problem>;

/** A field of an object, or one that only one query language knows. */
export type Field = Check | { readonly only: QueryLanguage; readonly check: Check };

/** What an object of a definition looks like. Fields that are not named are refused. */
export interface Shape {
  readonly fields: Readonly<Record<string, Field>>;
  readonly required?: readonly string[];
  /** Groups of which exactly one field must be there. */
  readonly oneOf?: readonly (readonly string[])[];
  /** Groups of which at most one field may be there. */
  readonly exclusive?: readonly (readonly string[])[];
}

export function jsonPath(check: Check): Field {
  return { only: 'JSONPath', check };
}

export function jsonata(check: Check): Field {
  return { only: 'JSONata', check };
}

export function objectOf(shape: Shape): Check {
  return function* checkObject(value, place) {
    if (!isObject(value)) {
      yield fault(place, 'Expected value of type Object');
      return;
    }
    yield* checkPresence(shape, value, place);
    for (const [name, member] of Object.entries(value)) yield* checkField(shape, name, member, inside(place, name));
  };
}

function* checkPresence(shape: Shape, object: JsonObject, place: Place): Iterable<Problem> {
  const isPresent = (name: string): boolean => Object.hasOwn(object, name);
  const missing = (shape.required ?? []).filter((name) => !isPresent(name));
  if (missing.length > 0) yield fault(place, `These fields are required: [${missing.join(', ')}]`);

  for (const group of shape.oneOf ?? []) {
    const known = group.filter((name) => isKnown(shape.fields[name], place));
    if (!known.some(isPresent)) yield fault(place, `One of these fields is required: [${known.join(', ')}]`);
  }
  for (const group of [...(shape.oneOf ?? []), ...(shape.exclusive ?? [])]) {
    const present = group.filter(isPresent);
    if (present.length > 1) yield fault(place, `These fields are mutually exclusive: [${present.join(', ')}]`);
  }
}

function isKnown(field: Field | undefined, place: Place): boolean {
  return typeof field === 'function' || field?.only === place.queryLanguage;
}

function* checkField(shape: Shape, name: string, value: Json, place: Place): Iterable<Problem> {
  const field = Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined;
  if (field === undefined) yield fault(place, 'Field is not supported');
  else if (typeof field === 'function') yield* field(value, place);
  else if (field.only === place.queryLanguage) yield* field.check(value, place);
  else yield fault(place, `Field is not supported when QueryLanguage is '${place.queryLanguage}'`);
}

export function listOf(item: Check, minimum = 0): Check {
  return function* checkList(value, place) {
    if (!isArray(value)) yield fault(place, 'Expected value of type Array');
    else if (value.length < minimum)
      yield fault(place, `Expected at least ${minimum} element${minimum === 1 ? '' : 's'}`);
    else for (const [index, element] of value.entries()) yield* item(element, nth(place, index));
  };
}

export function allOf(...checks: readonly Check[]): Check {
  return function* checkAll(value, place) {
    for (const check of checks) yield* check(value, place);
  };
}

export function* anything(): Iterable<Problem> {
  // A field that may hold any JSON.
}

export function* text(value: Json, place: Place): Iterable<Problem> {
  if (typeof value !== 'string') yield fault(place, 'Expected value of type String');
}

export function* boolean(value: Json, place: Place): Iterable<Problem> {
  if (typeof value !== 'boolean') yield fault(place, 'Expected value of type Boolean');
}

export function oneOfTexts(...allowed: readonly string[]): Check {
  return function* checkText(value, place) {
    if (typeof value === 'string' && allowed.includes(value)) return;
    const field = place.location.slice(place.location.lastIndexOf('/') + 1);
    yield fault(place, `The field '${field}' should have one of these values: [${allowed.join(', ')}]`);
  };
}

export function* number(value: Json, place: Place): Iterable<Problem> {
  if (typeof value !== 'number') yield fault(place, 'Expected value of type Number');
}

export function integer(minimum: number, maximum: number): Check {
  const checkRange = between(minimum, maximum);
  return function* checkInteger(value, place) {
    if (!Number.isInteger(value)) yield fault(place, 'Expected value of type Integer');
    else yield* checkRange(value, place);
  };
}

export function between(minimum: number, maximum: number): Check {
  const range = maximum === Infinity ? `at least ${minimum}` : `between ${minimum} and ${maximum}`;
  return function* checkRange(value, place) {
    if (typeof value !== 'number') yield fault(place, 'Expected value of type Number');
    else if (value < minimum || value > maximum) yield fault(place, `Value must be ${range}`);
  };
}
