import { isArray, isObject, type Json } from '../json.ts';
import type { Problem } from '../problem.ts';
import { assign } from './assign.ts';
import { allOf, between, integer, jsonata, jsonPath, listOf, objectOf, oneOfTexts, text } from './check.ts';
import { resultPath } from './path.ts';
import { template } from './payload-template.ts';
import { fault, inside, nth, type Place } from './place.ts';

const SECONDS_MAX = 99_999_999;
const DELAY_SECONDS_MAX = 31_622_400;

const errorEquals = listOf(text, 1);

/** @see https://states-language.net/spec.html#retrying-after-error */
export const retry = allOf(
  listOf(
    objectOf({
      required: ['ErrorEquals'],
      fields: {
        Comment: text,
        ErrorEquals: errorEquals,
        IntervalSeconds: integer(1, SECONDS_MAX),
        MaxAttempts: integer(0, SECONDS_MAX),
        BackoffRate: between(1, Infinity),
        MaxDelaySeconds: integer(1, DELAY_SECONDS_MAX),
        JitterStrategy: oneOfTexts('FULL', 'NONE'),
      },
    }),
  ),
  wildcardLast,
);

/** @see https://states-language.net/spec.html#fallback-states */
export const catchers = allOf(
  listOf(
    objectOf({
      required: ['ErrorEquals', 'Next'],
      fields: {
        Comment: text,
        ErrorEquals: errorEquals,
        Next: text,
        ResultPath: jsonPath(resultPath),
        Output: jsonata(template('errorOutput')),
        Assign: assign('errorOutput'),
      },
    }),
  ),
  wildcardLast,
);

/** What comes after `States.ALL` would never be asked. */
function* wildcardLast(value: Json, place: Place): Iterable<Problem> {
  if (!isArray(value)) return;
  for (const [index, handler] of value.entries()) {
    const names = isObject(handler) ? handler['ErrorEquals'] : undefined;
    if (!isArray(names) || !names.includes('States.ALL')) continue;
    const at = inside(nth(place, index), 'ErrorEquals');
    if (names.length > 1) yield fault(at, "'States.ALL' must appear alone");
    if (index < value.length - 1) yield fault(at, "'States.ALL' must appear in the last element only");
  }
}
