import { matches } from './choice-rule.ts';
import { effectiveInput, failText, fillParameters, finalOutput, mergeResult, selectResult } from './data-flow.ts';
import type { Catcher, MapState, ParallelState, TaskState } from './definition.ts';
import type { Json, JsonObject } from './json.ts';
import type { Leaving, MapPlan, QueryRules, StateScope, TaskPlan } from './query-language.ts';
import { mapItems, nonNegativeInteger, positiveSeconds } from './state-numbers.ts';
import { waitUntil } from './state-times.ts';
import { errorOutput, type StatesError } from './states-error.ts';
import { assignedByJsonPath } from './variables.ts';

/** Data flow by JSONPath: paths select, templates build, ResultPath merges. */
export const jsonPathRules: QueryRules = {
  pass(state, rawInput, scope) {
    const input = effectiveInput(state, rawInput, scope);
    const result = state.Result ?? fillParameters(state.Parameters, input, scope);
    const output = finalOutput(state, mergeResult(state, rawInput, result), scope);
    return leaving(output, state.Assign, result, scope);
  },

  passThrough(state, rawInput, scope) {
    const input = effectiveInput(state, rawInput, scope);
    return leaving(finalOutput(state, input, scope), state.Assign, input, scope);
  },

  choose(state, rawInput, scope) {
    const input = effectiveInput(state, rawInput, scope);
    const rule = state.Choices.find((choice) => matches(choice, input, scope.context, scope.variables));
    const assign = rule === undefined ? state.Assign : rule.Assign;
    return { ...leaving(finalOutput(state, input, scope), assign, input, scope), next: rule?.Next ?? state.Default };
  },

  waitUntil: (state, rawInput, scope) => waitUntil(state, effectiveInput(state, rawInput, scope), scope, scope.at),

  fail(state, rawInput, scope) {
    const error = failText(state.Error, state.ErrorPath, 'ErrorPath', rawInput, scope);
    const cause = failText(state.Cause, state.CausePath, 'CausePath', rawInput, scope);
    return { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
  },

  task(state, rawInput, scope): TaskPlan {
    const input = effectiveInput(state, rawInput, scope);
    const { TimeoutSeconds: timeout, TimeoutSecondsPath: timeoutPath } = state;
    const { HeartbeatSeconds: heartbeat, HeartbeatSecondsPath: heartbeatPath } = state;
    return {
      timeoutSeconds: positiveSeconds(timeout, timeoutPath, 'TimeoutSecondsPath', input, scope),
      heartbeatSeconds: positiveSeconds(heartbeat, heartbeatPath, 'HeartbeatSecondsPath', input, scope),
      parameters: fillParameters(state.Parameters, input, scope),
    };
  },

  branchInput: (state, rawInput, scope) =>
    fillParameters(state.Parameters, effectiveInput(state, rawInput, scope), scope),

  map(state, rawInput, scope): MapPlan {
    const input = effectiveInput(state, rawInput, scope);
    const { MaxConcurrency: most, MaxConcurrencyPath: path } = state;
    const maxConcurrency = nonNegativeInteger(most, path, 'MaxConcurrencyPath', input, scope) ?? 0;
    return { maxConcurrency, items: mapItems(state, input, scope) };
  },

  itemInput(state, rawInput, item, scope) {
    const selector = state.ItemSelector ?? state.Parameters;
    return selector === undefined ? item : fillParameters(selector, effectiveInput(state, rawInput, scope), scope);
  },

  result(state: TaskState | ParallelState | MapState, rawInput, result, scope) {
    const selected = selectResult(state.ResultSelector, result, scope);
    const output = finalOutput(state, mergeResult(state, rawInput, selected), scope);
    return leaving(output, state.Assign, selected, scope);
  },

  caught(catcher: Catcher, _index: number, rawInput: Json, failure: StatesError, scope: StateScope) {
    const failed = errorOutput(failure);
    return leaving(mergeResult(catcher, rawInput, failed), catcher.Assign, failed, scope);
  },
};

/** Within Assign, `$` is the result of a state that has one, else its effective input. */
function leaving(output: Json, assign: JsonObject | undefined, root: Json, scope: StateScope): Leaving {
  return assign === undefined ? { output } : { output, assigned: assignedByJsonPath(assign, root, scope) };
}
