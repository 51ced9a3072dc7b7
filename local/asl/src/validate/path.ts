import { isIntrinsicCall } from '../intrinsic-call.ts';
import { isPath, isReferencePath, isResultPath } from '../json-path.ts';
import type { Json } from '../json.ts';
import { quotable, type Problem } from '../problem.ts';
import type { Check } from './check.ts';
import { fault, type Place } from './place.ts';

export const path = pathOfKind(isPath, 'Value is not a valid JSONPath');

/** A path that names exactly one place: in the input, the context object or a variable. */
export const referencePath = pathOfKind(isReferencePath, 'Value is not a Reference Path');

/** Where a result goes: a place in the state's input, or null to drop it. */
export const resultPath = orNull(pathOfKind(isResultPath, 'Value is not a Reference Path'));

export const pathOrIntrinsicCall = pathOfKind(
  isPathOrIntrinsicCall,
  'Value is not a valid JSONPath or intrinsic function call',
);

export function isPathOrIntrinsicCall(text: string): boolean {
  return isPath(text) || isIntrinsicCall(text);
}

export function orNull(check: Check): Check {
  return (value, place) => (value === null ? [] : check(value, place));
}

function pathOfKind(isOfKind: (text: string) => boolean, complaint: string): Check {
  return function* checkPath(value: Json, place: Place): Iterable<Problem> {
    if (typeof value !== 'string') yield fault(place, 'Expected value of type String');
    else if (!isOfKind(value)) yield fault(place, `${complaint}: ${quotable(value)}`);
  };
}
