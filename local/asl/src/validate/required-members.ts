import { isObject, type Json } from '../json.ts';
import type { Problem } from '../problem.ts';
import { fault, type Place } from './place.ts';

/** Members that must be in what is sent to a service, as they are or, in a payload template, as `name.$`. */
export function* requiredMembers(names: readonly string[], value: Json | undefined, place: Place): Iterable<Problem> {
  if (value !== undefined && !isObject(value)) return;
  for (const name of names) {
    const isThere = value !== undefined && [name, `${name}.$`].some((member) => Object.hasOwn(value, member));
    if (!isThere) yield fault(place, `The field '${name}' is required but was missing`);
  }
}
