import type { Chance } from './chance.ts';
import type { ContextObject } from './context-object.ts';
import type {
  Catcher,
  ChoiceState,
  FailState,
  MapState,
  ParallelState,
  PassState,
  State,
  StateMachineDefinition,
  SucceedState,
  TaskState,
  WaitState,
} from './definition.ts';
import type { DistributedMapPlan, FailureTolerance } from './distributed-map.ts';
import type { EvaluationAnswer, EvaluationRequest } from './evaluation.ts';
import { jsonPathRules } from './json-path-rules.ts';
import { jsonataRules } from './jsonata-rules.ts';
import type { Json, JsonObject } from './json.ts';
import type { StatesError } from './states-error.ts';

/** What the paths, templates and expressions of a state can see beside its input, and who works expressions out. */
export interface StateScope {
  readonly context: ContextObject;
  readonly variables: JsonObject;
  readonly chance: Chance;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Knows the answer, or throws something of its own that stops the work until it is known. */
  readonly evaluate: (request: EvaluationRequest) => EvaluationAnswer;
  /** Shown what each step of the data flow gives, where somebody wants to look on, as TestState does. */
  readonly inspect?: (step: DataFlowStep, value: Json) => void;
}

/** The steps of a state's data flow, by the names of TestState's InspectionData. */
export type DataFlowStep =
  | 'afterInputPath'
  | 'afterParameters'
  | 'afterArguments'
  | 'afterItemsPath'
  | 'afterResultSelector'
  | 'afterResultPath';

/** What a state leaves behind. */
export interface Leaving {
  readonly output: Json;
  /** The variables that the state sets, without those that stay. */
  readonly assigned?: JsonObject | undefined;
}

/**
 * How data flows through a state, in one of the two query languages. The states ask for what they need in these words and do not
 * know which language answers. All may throw an EvaluationError.
 *
 * @see https://states-language.net/spec.html#query-language
 */
export interface QueryRules {
  pass(state: PassState, rawInput: Json, scope: StateScope): Leaving;
  /** Of a state that gets no result from anywhere. */
  passThrough(state: WaitState | SucceedState, rawInput: Json, scope: StateScope): Leaving;
  /** Without `next` where no rule holds and there is no Default. */
  choose(state: ChoiceState, rawInput: Json, scope: StateScope): Leaving & { readonly next?: string | undefined };
  /** Epoch milliseconds; may lie in the past. */
  waitUntil(state: WaitState, rawInput: Json, scope: StateScope): number;
  fail(state: FailState, rawInput: Json, scope: StateScope): StatesError;
  task(state: TaskState, rawInput: Json, scope: StateScope): TaskPlan;
  branchInput(state: ParallelState, rawInput: Json, scope: StateScope): Json;
  items(state: MapState, rawInput: Json, scope: StateScope): readonly Json[];
  /** 0 where the state sets no limit. */
  maxConcurrency(state: MapState, rawInput: Json, scope: StateScope): number;
  /** Where a distributed Map takes its items from, how it batches them, where its results go. */
  distributedMap(state: MapState, rawInput: Json, scope: StateScope): DistributedMapPlan;
  tolerance(state: MapState, rawInput: Json, scope: StateScope): FailureTolerance;
  /** The input of one iteration; `scope` knows its item. */
  itemInput(state: MapState, rawInput: Json, item: Json, scope: StateScope): Json;
  result(state: TaskState | ParallelState | MapState, rawInput: Json, result: Json, scope: StateScope): Leaving;
  /** `index` is the catcher's place in Catch. */
  caught(catcher: Catcher, index: number, rawInput: Json, failure: StatesError, scope: StateScope): Leaving;
}

export interface TaskPlan {
  readonly parameters: Json;
  readonly timeoutSeconds?: number | undefined;
  readonly heartbeatSeconds?: number | undefined;
}

/** The language of a state: its own, else that of the definition. */
export function queryRulesOf(definition: StateMachineDefinition, state: State): QueryRules {
  return (state.QueryLanguage ?? definition.QueryLanguage) === 'JSONata' ? jsonataRules : jsonPathRules;
}
