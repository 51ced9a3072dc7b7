import type { Catcher, MapState } from './definition.ts';
import { QueryEvaluationError, type StatesVariable } from './evaluation.ts';
import { jsonataBoolean, jsonataInteger, jsonataItems, jsonataString, jsonataWaitUntil } from './jsonata-fields.ts';
import { fillJsonata, fillJsonataFields, type JsonataScope } from './jsonata-template.ts';
import { isArray, type Json, type JsonObject } from './json.ts';
import { isTooLarge } from './payload-size.ts';
import type { Leaving, MapPlan, QueryRules, StateScope, TaskPlan } from './query-language.ts';
import { errorOutput, type StatesError } from './states-error.ts';
import { requireAssignable } from './variables.ts';

/** Data flow by JSONata: Arguments build what goes out, Output what goes on, Assign what is remembered. */
export const jsonataRules: QueryRules = {
  pass: (state, rawInput, scope) => leaving(state, '', { input: rawInput }, rawInput, scope),
  passThrough: (state, rawInput, scope) => leaving(state, '', { input: rawInput }, rawInput, scope),

  choose(state, rawInput, scope) {
    const states = { input: rawInput };
    const index = state.Choices.findIndex((rule, place) =>
      jsonataBoolean(rule.Condition ?? false, `Choices[${place}]/Condition`, jsonataScope(states, scope)),
    );
    const rule = state.Choices[index];
    // Without a rule that holds, the state's own Assign and Output go with Default.
    const fields = rule === undefined ? state : { Output: rule.Output ?? state.Output, Assign: rule.Assign };
    const place = rule === undefined ? '' : `Choices[${index}]/`;
    return { ...leaving(fields, place, states, rawInput, scope), next: rule?.Next ?? state.Default };
  },

  waitUntil: (state, rawInput, scope) => jsonataWaitUntil(state, jsonataScope({ input: rawInput }, scope), scope.at),

  fail(state, rawInput, scope) {
    const inner = jsonataScope({ input: rawInput }, scope);
    return {
      ...(state.Error !== undefined && { error: jsonataString(state.Error, 'Error', inner) }),
      ...(state.Cause !== undefined && { cause: jsonataString(state.Cause, 'Cause', inner) }),
    };
  },

  task(state, rawInput, scope): TaskPlan {
    const inner = jsonataScope({ input: rawInput }, scope);
    const { TimeoutSeconds: timeout, HeartbeatSeconds: heartbeat } = state;
    return {
      parameters:
        state.Arguments === undefined
          ? rawInput
          : bounded(fillJsonata(state.Arguments, 'Arguments', inner), 'Arguments'),
      timeoutSeconds:
        timeout === undefined ? undefined : jsonataInteger(timeout, 'TimeoutSeconds', TASK_SECONDS, inner),
      heartbeatSeconds:
        heartbeat === undefined ? undefined : jsonataInteger(heartbeat, 'HeartbeatSeconds', TASK_SECONDS, inner),
    };
  },

  branchInput(state, rawInput, scope) {
    if (state.Arguments === undefined) return rawInput;
    return bounded(fillJsonata(state.Arguments, 'Arguments', jsonataScope({ input: rawInput }, scope)), 'Arguments');
  },

  map(state, rawInput, scope): MapPlan {
    const inner = jsonataScope({ input: rawInput }, scope);
    const { MaxConcurrency: most } = state;
    return {
      items: asItems(jsonataItems(state.Items, inner)),
      maxConcurrency: most === undefined ? 0 : jsonataInteger(most, 'MaxConcurrency', { minimum: 0 }, inner),
    };
  },

  itemInput(state: MapState, rawInput, item, scope) {
    if (state.ItemSelector === undefined) return item;
    return bounded(
      fillJsonata(state.ItemSelector, 'ItemSelector', jsonataScope({ input: rawInput }, scope)),
      'ItemSelector',
    );
  },

  result: (state, rawInput, result, scope) => leaving(state, '', { input: rawInput, result }, result, scope),

  caught(catcher: Catcher, index: number, rawInput: Json, failure: StatesError, scope: StateScope) {
    const failed = errorOutput(failure);
    return leaving(catcher, `Catch[${index}]/`, { input: rawInput, errorOutput: failed }, failed, scope);
  },
};

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html */
const TASK_SECONDS = { minimum: 1, maximum: 99_999_999 };

type Seen = Omit<StatesVariable, 'context'>;

function jsonataScope(states: Seen, { context, ...scope }: StateScope): JsonataScope {
  return { ...scope, states: { ...states, context } };
}

/** Output and Assign see the same, so they are asked for together. */
function leaving(
  fields: { readonly Output?: Json | undefined; readonly Assign?: JsonObject | undefined },
  place: string,
  states: Seen,
  otherwise: Json,
  scope: StateScope,
): Leaving {
  const { Output: output, Assign: assign } = fields;
  if (output === undefined && assign === undefined) return { output: otherwise };
  const names = { output: `${place}Output`, assign: `${place}Assign` };
  const filled = fillJsonataFields(
    {
      ...(assign !== undefined && { [names.assign]: assign }),
      ...(output !== undefined && { [names.output]: output }),
    },
    jsonataScope(states, scope),
  );
  return {
    output: output === undefined ? otherwise : (filled[names.output] ?? null),
    ...(assign !== undefined && { assigned: requireAssignable(filled[names.assign] ?? null) }),
  };
}

/** The members of an object are its items, each with its key. */
function asItems(items: readonly Json[] | JsonObject): readonly Json[] {
  return isArray(items) ? items : Object.entries(items).map(([Key, Value]) => ({ Key, Value }));
}

function bounded(value: Json, field: string): Json {
  if (!isTooLarge(value)) return value;
  throw new QueryEvaluationError(
    `The field '${field}' gave a value with a size exceeding the maximum number of bytes service limit.`,
    field,
  );
}
