import { firstThatMatches } from './choice-rule.ts';
import { effectiveInput, failText, fillParameters, finalOutput, mergeResult, selectResult } from './data-flow.ts';
import type { Catcher, MapState, ParallelState, PassState, State, TaskState } from './definition.ts';
import type { DistributedMapPlan, FailureTolerance } from './distributed-map.ts';
import { asObject, type Json, type JsonObject } from './json.ts';
import type { DataFlowStep, Leaving, QueryRules, StateScope, TaskPlan } from './query-language.ts';
import { integerAt, mapItems, nonNegativeInteger, percentage, positiveSeconds } from './state-numbers.ts';
import { waitUntil } from './state-times.ts';
import { errorOutput, type StatesError } from './states-error.ts';
import { assignedByJsonPath } from './variables.ts';

/** Data flow by JSONPath: paths select, templates build, ResultPath merges. */
export const jsonPathRules: QueryRules = {
  pass(state, rawInput, scope) {
    const input = inputOf(state, rawInput, scope);
    const result = state.Result === undefined ? parametersOf(state, input, scope) : state.Result;
    return withResult(state, rawInput, result, scope);
  },

  passThrough(state, rawInput, scope) {
    const input = inputOf(state, rawInput, scope);
    return leaving(finalOutput(state, input, scope), state.Assign, input, scope);
  },

  choose(state, rawInput, scope) {
    const input = inputOf(state, rawInput, scope);
    const rule = firstThatMatches(state.Choices, input, scope.context, scope.variables);
    const assign = rule === undefined ? state.Assign : rule.Assign;
    return { ...leaving(finalOutput(state, input, scope), assign, input, scope), next: rule?.Next ?? state.Default };
  },

  waitUntil: (state, rawInput, scope) => waitUntil(state, inputOf(state, rawInput, scope), scope, scope.at),

  fail(state, rawInput, scope) {
    const error = failText(state.Error, state.ErrorPath, 'ErrorPath', rawInput, scope);
    const cause = failText(state.Cause, state.CausePath, 'CausePath', rawInput, scope);
    return { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
  },

  task(state, rawInput, scope): TaskPlan {
    const input = inputOf(state, rawInput, scope);
    const { TimeoutSeconds: timeout, TimeoutSecondsPath: timeoutPath } = state;
    const { HeartbeatSeconds: heartbeat, HeartbeatSecondsPath: heartbeatPath } = state;
    return {
      timeoutSeconds: positiveSeconds(timeout, timeoutPath, 'TimeoutSecondsPath', input, scope),
      heartbeatSeconds: positiveSeconds(heartbeat, heartbeatPath, 'HeartbeatSecondsPath', input, scope),
      parameters: parametersOf(state, input, scope),
    };
  },

  branchInput: (state, rawInput, scope) => parametersOf(state, inputOf(state, rawInput, scope), scope),

  items: (state, rawInput, scope) => itemsOf(state, inputOf(state, rawInput, scope), scope),

  maxConcurrency(state, rawInput, scope) {
    const { MaxConcurrency: most, MaxConcurrencyPath: path } = state;
    return nonNegativeInteger(most, path, 'MaxConcurrencyPath', inputOf(state, rawInput, scope), scope) ?? 0;
  },

  tolerance(state, rawInput, scope): FailureTolerance {
    const input = inputOf(state, rawInput, scope);
    const { ToleratedFailureCount: count, ToleratedFailureCountPath: countPath } = state;
    const { ToleratedFailurePercentage: share, ToleratedFailurePercentagePath: sharePath } = state;
    return {
      count: nonNegativeInteger(count, countPath, 'ToleratedFailureCountPath', input, scope),
      percentage: percentage(share, sharePath, input, scope),
    };
  },

  distributedMap(state, rawInput, scope): DistributedMapPlan {
    const input = inputOf(state, rawInput, scope);
    const { ItemReader: reader, ItemBatcher: batcher, ResultWriter: writer } = state;
    return {
      items: reader === undefined ? itemsOf(state, input, scope) : [],
      reader: reader && {
        resource: reader.Resource,
        parameters: fillParameters(reader.Parameters ?? {}, input, scope),
        config: asObject(reader.ReaderConfig),
        maxItems: integerAt(
          reader.ReaderConfig?.MaxItems,
          reader.ReaderConfig?.MaxItemsPath,
          'MaxItemsPath',
          input,
          scope,
        ),
      },
      batch: batcher && {
        maxItems: integerAt(
          batcher.MaxItemsPerBatch,
          batcher.MaxItemsPerBatchPath,
          'MaxItemsPerBatchPath',
          input,
          scope,
        ),
        maxBytes: integerAt(
          batcher.MaxInputBytesPerBatch,
          batcher.MaxInputBytesPerBatchPath,
          'MaxInputBytesPerBatchPath',
          input,
          scope,
        ),
        input: batcher.BatchInput === undefined ? undefined : fillParameters(batcher.BatchInput, input, scope),
      },
      writer: writer && {
        parameters: fillParameters(writer.Parameters ?? {}, input, scope),
        config: asObject(writer.WriterConfig),
      },
    };
  },

  itemInput(state, rawInput, item, scope) {
    const selector = state.ItemSelector ?? state.Parameters;
    return selector === undefined ? item : fillParameters(selector, inputOf(state, rawInput, scope), scope);
  },

  result(state: TaskState | ParallelState | MapState, rawInput, result, scope) {
    return withResult(state, rawInput, selectResult(state.ResultSelector, result, scope), scope);
  },

  caught(catcher: Catcher, _index: number, rawInput: Json, failure: StatesError, scope: StateScope) {
    const failed = errorOutput(failure);
    return leaving(mergeResult(catcher, rawInput, failed), catcher.Assign, failed, scope);
  },
};

function inputOf(state: State, rawInput: Json, scope: StateScope): Json {
  return inspected('afterInputPath', effectiveInput(state, rawInput, scope), scope);
}

function parametersOf(state: { readonly Parameters?: Json }, input: Json, scope: StateScope): Json {
  return inspected('afterParameters', fillParameters(state.Parameters, input, scope), scope);
}

function itemsOf(state: MapState, input: Json, scope: StateScope): readonly Json[] {
  return inspected('afterItemsPath', mapItems(state, input, scope), scope);
}

/** ResultPath and OutputPath, with the result as ResultSelector left it. */
function withResult(
  state: PassState | TaskState | ParallelState | MapState,
  rawInput: Json,
  selected: Json,
  scope: StateScope,
): Leaving {
  inspected('afterResultSelector', selected, scope);
  const merged = inspected('afterResultPath', mergeResult(state, rawInput, selected), scope);
  return leaving(finalOutput(state, merged, scope), state.Assign, selected, scope);
}

function inspected<Value extends Json>(step: DataFlowStep, value: Value, { inspect }: StateScope): Value {
  inspect?.(step, value);
  return value;
}

/** Within Assign, `$` is the result of a state that has one, else its effective input. */
function leaving(output: Json, assign: JsonObject | undefined, root: Json, scope: StateScope): Leaving {
  return assign === undefined ? { output } : { output, assigned: assignedByJsonPath(assign, root, scope) };
}
