import { isObject } from '../json.ts';
import { quotable } from '../problem.ts';
import type { Check } from './check.ts';
import type { StatesMember } from './jsonata.ts';
import { template } from './payload-template.ts';
import { fault } from './place.ts';

const NAME_LENGTH_MAX = 80;
const NAME = /^[\p{ID_Start}_][\p{ID_Continue}]*$/u;

/** The variables that a state sets: an object of their names. In JSONPath a name may end in `.$`, as in any payload template. */
export function assign(...known: readonly StatesMember[]): Check {
  const checkValues = template(...known);
  return function* checkAssign(value, place) {
    if (!isObject(value)) {
      yield fault(place, 'Expected value of type Object');
      return;
    }
    for (const field of Object.keys(value)) {
      const name = place.queryLanguage === 'JSONPath' && field.endsWith('.$') ? field.slice(0, -2) : field;
      const reason = nameFault(name);
      if (reason !== undefined) yield fault(place, `The variable name '${quotable(name)}' is not valid: ${reason}`);
    }
    yield* checkValues(value, place);
  };
}

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html */
function nameFault(name: string): string | undefined {
  if (name === 'states') return "'states' is reserved";
  if (Array.from(name).length > NAME_LENGTH_MAX) return `it must have at most ${NAME_LENGTH_MAX} characters`;
  return NAME.test(name) ? undefined : 'it must start with a letter and contain only letters, digits and underscores';
}
