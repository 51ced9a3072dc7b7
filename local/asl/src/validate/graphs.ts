import { isArray, isObject, type Json, type JsonObject } from '../json.ts';
import type { Problem } from '../problem.ts';
import { allOf, anything, integer, objectOf, oneOfTexts, text, type Check, type Field } from './check.ts';
import { queryLanguage } from './fields.ts';
import { fault, inside, nth, type Place } from './place.ts';
import { checkState } from './state.ts';
import { isDistributed } from './states/map.ts';

/** A state machine, a branch of a Parallel or what a Map runs for its items: states with a place to start. */
export interface Graph {
  readonly value: Json;
  readonly place: Place;
  readonly check: Check;
}

/** The state machine and all graphs in it, outer ones first. */
export function graphsOf(definition: JsonObject, place: Place): readonly Graph[] {
  return withInner([{ value: definition, place, check: stateMachine }]);
}

/** All graphs in a state that stands by itself. */
export function graphsWithin(state: JsonObject, place: Place): readonly Graph[] {
  return withInner([...graphsIn(state, place)]);
}

/** A list and not a tree, so that nothing that looks at graphs recurses, however deep a definition nests them. */
function withInner(outer: Graph[]): readonly Graph[] {
  for (const graph of outer) {
    for (const [state, place] of statesOf(graph)) {
      for (const inner of graphsIn(state, place)) outer.push(inner);
    }
  }
  return outer;
}

/** The states of a graph that are objects at all, each with its place. */
export function* statesOf({
  value,
  place,
}: Graph): IteratorObject<[state: JsonObject, place: Place, name: string], void> {
  const states = isObject(value) ? value['States'] : undefined;
  if (!isObject(states)) return;
  for (const [name, state] of Object.entries(states)) {
    if (isObject(state)) yield [state, inside(inside(place, 'States'), name), name];
  }
}

function* graphsIn(state: JsonObject, place: Place): Iterable<Graph> {
  const { Type: type, Branches: branches, ItemProcessor: processor, Iterator: iterator } = state;
  if (type === 'Parallel' && isArray(branches)) {
    for (const [index, value] of branches.entries())
      yield { value, place: nth(inside(place, 'Branches'), index), check: branch };
  }
  if (type === 'Map') {
    const workflowType = isDistributed(state) ? childType(processor ?? iterator, place) : place.workflowType;
    for (const [field, value] of Object.entries({ ItemProcessor: processor, Iterator: iterator })) {
      if (value !== undefined) yield { value, place: { ...inside(place, field), workflowType }, check: itemProcessor };
    }
  }
}

function childType(processor: Json | undefined, { workflowType }: Place): Place['workflowType'] {
  const config = isObject(processor) ? processor['ProcessorConfig'] : undefined;
  const type = isObject(config) ? config['ExecutionType'] : undefined;
  return type === 'EXPRESS' || type === 'STANDARD' ? type : workflowType;
}

const NAME_LENGTH_MAX = 80;

function* checkStates(states: Json, place: Place): Iterable<Problem> {
  if (!isObject(states)) {
    yield fault(place, 'Expected value of type Object');
    return;
  }
  for (const [name, state] of Object.entries(states)) {
    const statePlace = inside(place, name);
    if (name === '' || Array.from(name).length > NAME_LENGTH_MAX) {
      yield fault(statePlace, `The name of a state must have between 1 and ${NAME_LENGTH_MAX} characters`);
    }
    yield* checkState(state, statePlace);
  }
}

const graphFields: Readonly<Record<string, Field>> = { Comment: text, StartAt: text, States: checkStates };
const required: readonly string[] = ['StartAt', 'States'];

const stateMachine = objectOf({
  required,
  fields: {
    ...graphFields,
    Version: oneOfTexts('1.0'),
    QueryLanguage: queryLanguage,
    TimeoutSeconds: integer(1, 99_999_999),
  },
});

const branch = objectOf({ required, fields: graphFields });

const itemProcessor = objectOf({
  required,
  fields: {
    ...graphFields,
    ProcessorConfig: allOf(
      objectOf({ fields: { Mode: oneOfTexts('INLINE', 'DISTRIBUTED'), ExecutionType: anything } }),
      function* checkExecutionType(config, place) {
        if (isObject(config)) yield* executionType(config, place);
      },
    ),
  },
});

/** The type of the child workflows: a distributed Map has some. */
function* executionType(config: JsonObject, place: Place): Iterable<Problem> {
  const { Mode: mode, ExecutionType: type } = config;
  const at = inside(place, 'ExecutionType');
  if (type !== undefined) yield* oneOfTexts('STANDARD', 'EXPRESS')(type, at);
  if (mode === 'DISTRIBUTED' && type === undefined) yield fault(place, 'These fields are required: [ExecutionType]');
  if (mode !== 'DISTRIBUTED' && type !== undefined)
    yield fault(at, "Field is supported only when Mode is 'DISTRIBUTED'");
}
