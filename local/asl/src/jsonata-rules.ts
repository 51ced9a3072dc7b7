import type { Catcher, MapState } from './definition.ts';
import type { DistributedMapPlan, FailureTolerance } from './distributed-map.ts';
import { QueryEvaluationError, type StatesVariable } from './evaluation.ts';
import { firstThatHolds } from './jsonata-conditions.ts';
import { jsonataInteger, jsonataItems, jsonataNumber, jsonataString, jsonataWaitUntil } from './jsonata-fields.ts';
import { fillJsonata, fillJsonataFields, type JsonataScope } from './jsonata-template.ts';
import { asObject, isArray, type Json, type JsonObject } from './json.ts';
import { isTooLarge } from './payload-size.ts';
import type { Leaving, QueryRules, StateScope, TaskPlan } from './query-language.ts';
import { errorOutput, type StatesError } from './states-error.ts';
import { requireAssignable } from './variables.ts';

/** Data flow by JSONata: Arguments build what goes out, Output what goes on, Assign what is remembered. */
export const jsonataRules: QueryRules = {
  pass: (state, rawInput, scope) => leaving(state, '', { input: rawInput }, rawInput, scope),
  passThrough: (state, rawInput, scope) => leaving(state, '', { input: rawInput }, rawInput, scope),

  choose(state, rawInput, scope) {
    const states = { input: rawInput };
    const index = firstThatHolds(state.Choices, jsonataScope(states, scope));
    const rule = state.Choices[index];
    // Without a rule that holds, the state's own Assign and Output go with Default.
    const fields = rule === undefined ? state : { Output: state.Output, ...rule };
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
    const parameters =
      state.Arguments === undefined ? rawInput : bounded(fillJsonata(state.Arguments, 'Arguments', inner), 'Arguments');
    if (state.Arguments !== undefined) scope.inspect?.('afterArguments', parameters);
    return {
      parameters,
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

  items: (state, rawInput, scope) => asItems(jsonataItems(state.Items, jsonataScope({ input: rawInput }, scope))),

  maxConcurrency(state, rawInput, scope) {
    const { MaxConcurrency: most } = state;
    if (most === undefined) return 0;
    return jsonataInteger(most, 'MaxConcurrency', NOT_NEGATIVE, jsonataScope({ input: rawInput }, scope));
  },

  tolerance(state, rawInput, scope): FailureTolerance {
    const inner = jsonataScope({ input: rawInput }, scope);
    const { ToleratedFailureCount: count, ToleratedFailurePercentage: share } = state;
    const percent = { minimum: 0, maximum: 100 };
    return {
      count: count === undefined ? undefined : jsonataInteger(count, 'ToleratedFailureCount', NOT_NEGATIVE, inner),
      percentage: share === undefined ? undefined : jsonataNumber(share, 'ToleratedFailurePercentage', percent, inner),
    };
  },

  distributedMap(state, rawInput, scope): DistributedMapPlan {
    const inner = jsonataScope({ input: rawInput }, scope);
    const integer = (value: number | string | undefined, field: string): number | undefined =>
      value === undefined ? undefined : jsonataInteger(value, field, NOT_NEGATIVE, inner);
    const { ItemReader: reader, ItemBatcher: batcher, ResultWriter: writer } = state;
    return {
      items: reader === undefined ? asItems(jsonataItems(state.Items, inner)) : [],
      reader: reader && {
        resource: reader.Resource,
        parameters: fillJsonata(reader.Arguments ?? {}, 'ItemReader/Arguments', inner),
        config: asObject(reader.ReaderConfig),
        maxItems: integer(reader.ReaderConfig?.MaxItems, 'ItemReader/ReaderConfig/MaxItems'),
      },
      batch: batcher && {
        maxItems: integer(batcher.MaxItemsPerBatch, 'ItemBatcher/MaxItemsPerBatch'),
        maxBytes: integer(batcher.MaxInputBytesPerBatch, 'ItemBatcher/MaxInputBytesPerBatch'),
        input:
          batcher.BatchInput === undefined
            ? undefined
            : fillJsonata(batcher.BatchInput, 'ItemBatcher/BatchInput', inner),
      },
      writer: writer && {
        parameters: fillJsonata(writer.Arguments ?? {}, 'ResultWriter/Arguments', inner),
        config: asObject(writer.WriterConfig),
      },
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

const NOT_NEGATIVE = { minimum: 0 };

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
