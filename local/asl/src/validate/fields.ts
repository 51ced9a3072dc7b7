import { isObject, type Json } from '../json.ts';
import type { Problem } from '../problem.ts';
import { assign } from './assign.ts';
import { boolean, jsonata, jsonPath, oneOfTexts, text, type Field } from './check.ts';
import type { StatesMember } from './jsonata.ts';
import { orNull, path, resultPath } from './path.ts';
import { template } from './payload-template.ts';
import { fault, type Place } from './place.ts';

type Fields = Readonly<Record<string, Field>>;

export const queryLanguage = oneOfTexts('JSONPath', 'JSONata');

/** What every state has. */
export const stateFields: Fields = { Type: text, Comment: text, QueryLanguage: queryLanguage };

/** Where a state goes: exactly one of them, see {@link nextOrEnd}. */
export const transitionFields: Fields = { Next: text, End: onlyTrue };
export const nextOrEnd: readonly string[] = ['Next', 'End'];

/** A state that does not end would go nowhere. */
function* onlyTrue(value: Json, place: Place): Iterable<Problem> {
  if (value === false) yield fault(place, "The field 'End' should have one of these values: [true]");
  else yield* boolean(value, place);
}

/** What a state takes and what it hands on. `known` are the members of `$states` that its Output may use. */
export function dataFields(...known: readonly StatesMember[]): Fields {
  return {
    InputPath: jsonPath(orNull(path)),
    OutputPath: jsonPath(orNull(path)),
    Output: jsonata(template(...known)),
  };
}

/** As {@link dataFields}, for a state that can set variables. */
export function assigningFields(...known: readonly StatesMember[]): Fields {
  return { ...dataFields(...known), Assign: assign(...known) };
}

/** For a state that gets a result from somewhere. */
export const resultFields: Fields = {
  ResultSelector: jsonPath(function* checkSelector(value, place) {
    if (isObject(value)) yield* template()(value, place);
    else yield fault(place, 'Expected value of type Object');
  }),
  ResultPath: jsonPath(resultPath),
};
