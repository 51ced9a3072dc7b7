import type { Json } from '../json.ts';
import type { Problem } from '../problem.ts';
import { parseTimestamp } from '../timestamp.ts';
import { fault, type Place } from './place.ts';

export function* timestamp(value: Json, place: Place): Iterable<Problem> {
  if (typeof value !== 'string') yield fault(place, 'Expected value of type String');
  else if (parseTimestamp(value) === undefined) yield fault(place, 'String does not match RFC3339 timestamp');
}
