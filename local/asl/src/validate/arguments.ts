import { isObject } from '../json.ts';
import type { Check } from './check.ts';
import { expressionOr, jsonataTemplate } from './jsonata.ts';
import { fault } from './place.ts';

/** What a JSONata state passes on: an object with expressions in it, or one expression that gives it. */
export const argumentsObject: Check = expressionOr(function* checkArguments(value, place) {
  if (isObject(value)) yield* jsonataTemplate()(value, place);
  else yield fault(place, 'Expected value of type Object');
}, 'Object');
