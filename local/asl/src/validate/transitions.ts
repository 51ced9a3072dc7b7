import { isArray, isObject, type Json, type JsonObject } from '../json.ts';
import { quotable, type Problem } from '../problem.ts';
import { statesOf, type Graph } from './graphs.ts';
import { inside, nth, type Place } from './place.ts';

/** A state that something names: `StartAt`, a `Next` or a `Default`. */
interface Target {
  readonly name: string;
  readonly place: Place;
  readonly field: string;
}

/** Each way must lead to a state of the same graph: no way leads into a branch or out of it. */
export function* missingTargets(graph: Graph): Iterable<Problem> {
  const states = isObject(graph.value) ? graph.value['States'] : undefined;
  if (!isObject(states)) return;
  for (const { name, place, field } of targetsOf(graph)) {
    if (Object.hasOwn(states, name)) continue;
    const message = `Missing '${field}' target: ${quotable(name)}`;
    yield { severity: 'ERROR', code: 'MISSING_TRANSITION_TARGET', message, location: place.location };
  }
}

function* targetsOf(graph: Graph): Iterable<Target> {
  if (isObject(graph.value)) yield* targetIn(graph.value, 'StartAt', graph.place);
  for (const [state, place] of statesOf(graph)) yield* nextStates(state, place);
}

/** All states where a state may go next. */
function* nextStates(state: JsonObject, place: Place): Iterable<Target> {
  if (state['Type'] === 'Choice') {
    yield* targetsInList(state['Choices'], inside(place, 'Choices'));
    yield* targetIn(state, 'Default', place);
  } else {
    yield* targetIn(state, 'Next', place);
    yield* targetsInList(state['Catch'], inside(place, 'Catch'));
  }
}

function* targetsInList(list: Json | undefined, place: Place): Iterable<Target> {
  if (!isArray(list)) return;
  for (const [index, item] of list.entries()) if (isObject(item)) yield* targetIn(item, 'Next', nth(place, index));
}

function* targetIn(holder: JsonObject, field: string, place: Place): Iterable<Target> {
  const name = holder[field];
  if (typeof name === 'string') yield { name, place: inside(place, field), field };
}

/** State names are unique in the whole state machine, not only among those that can reach each other. */
export function* duplicateNames(graphs: readonly Graph[]): Iterable<Problem> {
  const seen = new Set<string>();
  for (const [, { location }, name] of graphs.values().flatMap(statesOf)) {
    const message = `Duplicate State name: ${quotable(name)}`;
    if (seen.has(name)) yield { severity: 'ERROR', code: 'DUPLICATE_STATE_NAME', message, location };
    seen.add(name);
  }
}

/** Says which states no way leads to. For a graph in which each way leads somewhere. */
export function* unreachableStates(graph: Graph): Iterable<Problem> {
  const states = new Map(statesOf(graph).map(([state, place, name]) => [name, { state, place }]));
  const start = isObject(graph.value) ? graph.value['StartAt'] : undefined;
  const reached = new Set(typeof start === 'string' ? [start] : []);
  for (const name of reached) {
    const at = states.get(name);
    if (at !== undefined) for (const next of nextStates(at.state, at.place)) reached.add(next.name);
  }
  for (const [name, { place }] of states) {
    if (reached.has(name)) continue;
    const message = `State "${quotable(name)}" is not reachable.`;
    yield { severity: 'ERROR', code: 'MISSING_TRANSITION_TARGET', message, location: place.location };
  }
}

/** A graph with no way out runs until its time is up: legal, and hardly ever meant. */
export function* missingTerminalState(graph: Graph): Iterable<Problem> {
  if (statesOf(graph).some(([state]) => isTerminal(state))) return;
  const message = 'No terminal state: no state is a Succeed or a Fail or has "End": true';
  const { location } = inside(graph.place, 'States');
  yield { severity: 'WARNING', code: 'MISSING_TERMINAL_STATE', message, location };
}

function isTerminal({ Type: type, End: end }: JsonObject): boolean {
  return type === 'Succeed' || type === 'Fail' || end === true;
}
