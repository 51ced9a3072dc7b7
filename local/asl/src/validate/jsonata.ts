import { isArray, isObject } from '../json.ts';
import { quotable, type Problem } from '../problem.ts';
import type { Check } from './check.ts';
import { examineExpression } from './expression-syntax.ts';
import { fault, inside, nth, type Place } from './place.ts';

/** The members of `$states` that are there in some fields only. */
export type StatesMember = 'result' | 'errorOutput';

/** In JSONata a text that is no constant is an expression, `{% … %}`; in JSONPath there are none. */
export function orExpression(check: Check, ...known: readonly StatesMember[]): Check {
  return function* checkOrExpression(value, place) {
    if (place.queryLanguage === 'JSONata' && typeof value === 'string' && isDelimited(value)) {
      yield* checkExpression(value, place, known);
    } else yield* check(value, place);
  };
}

/** Only an expression will do, or what `check` takes. */
export function expressionOr(check: Check, expected: string): Check {
  return orExpression(function* checkNoText(value, place) {
    if (typeof value === 'string') yield fault(place, `Expected value of type ${expected} or JSONata expression`);
    else yield* check(value, place);
  });
}

/** Any JSON, with expressions wherever a text stands. */
export function jsonataTemplate(...known: readonly StatesMember[]): Check {
  return function* checkTemplate(value, place): Iterable<Problem> {
    if (typeof value === 'string' && isDelimited(value)) yield* checkExpression(value, place, known);
    else if (isArray(value)) for (const [index, item] of value.entries()) yield* checkTemplate(item, nth(place, index));
    else if (isObject(value)) {
      for (const [name, member] of Object.entries(value)) yield* checkTemplate(member, inside(place, name));
    }
  };
}

function isDelimited(text: string): boolean {
  return text.startsWith('{%') || text.endsWith('%}');
}

function* checkExpression(text: string, place: Place, known: readonly StatesMember[]): Iterable<Problem> {
  if (!text.startsWith('{%') || !text.endsWith('%}') || text.length < 4) {
    yield fault(place, "A JSONata expression must start with '{%' and end with '%}', with no spaces outside");
    return;
  }
  const { fault: reason, statesMembers } = examineExpression(text.slice(2, -2));
  if (reason !== undefined) yield fault(place, `The JSONata expression '${quotable(text)}' is not valid: ${reason}`);
  for (const member of STATES_MEMBERS) {
    if (statesMembers.has(member) && !known.includes(member))
      yield fault(place, `'$states.${member}' is not accessible in this field`);
  }
}

const STATES_MEMBERS: readonly StatesMember[] = ['result', 'errorOutput'];
