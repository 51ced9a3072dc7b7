import { isObject, type Json } from '../json.ts';
import type { Problem } from '../problem.ts';
import { oneOfTexts, type Check } from './check.ts';
import { fault, inside, type Place } from './place.ts';
import { choiceState } from './states/choice.ts';
import { failState } from './states/fail.ts';
import { mapState } from './states/map.ts';
import { parallelState } from './states/parallel.ts';
import { passState } from './states/pass.ts';
import { succeedState } from './states/succeed.ts';
import { taskState } from './states/task.ts';
import { waitState } from './states/wait.ts';

/** In the order in which the service names them. */
const states: ReadonlyMap<string, Check> = new Map([
  ['Task', taskState],
  ['Wait', waitState],
  ['Pass', passState],
  ['Succeed', succeedState],
  ['Fail', failState],
  ['Choice', choiceState],
  ['Parallel', parallelState],
  ['Map', mapState],
]);

const stateType = oneOfTexts(...states.keys());

/** A state and all that is in it, but for the graphs within. The place says the query language of the state machine. */
export function* checkState(state: Json, place: Place): Iterable<Problem> {
  if (!isObject(state)) {
    yield fault(place, 'Expected value of type Object');
    return;
  }
  const { Type: type, QueryLanguage: own } = state;
  if (own === 'JSONPath' && place.queryLanguage === 'JSONata') {
    yield fault(place, "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine");
  }
  if (type === undefined) yield fault(place, 'These fields are required: [Type]');
  else {
    const check = typeof type === 'string' ? states.get(type) : undefined;
    const queryLanguage = own === 'JSONPath' || own === 'JSONata' ? own : place.queryLanguage;
    if (check === undefined) yield* stateType(type, inside(place, 'Type'));
    else yield* check(state, { ...place, queryLanguage });
  }
}
