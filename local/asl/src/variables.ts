import type { Scope } from './data-flow.ts';
import { isObject, jsonText, type Json, type JsonObject } from './json.ts';
import { isTooLarge } from './payload-size.ts';
import { fillTemplate } from './payload-template.ts';
import { EvaluationError } from './states-error.ts';

/*
 * Assign: the variables that a state sets when it is left. All values are worked out from the variables as they were, so the
 * order in which they stand does not count.
 * https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
 */

/**
 * Assign of a JSONPath state: the new variables by name, without those that stay.
 *
 * @param root what `$` names: the result of a state that has one, else its effective input.
 * @throws {EvaluationError} as a payload template; States.DataLimitExceeded beyond 256 KiB in all.
 */
export function assignedByJsonPath(assign: JsonObject, root: Json, { context, variables, chance }: Scope): JsonObject {
  return requireAssignable(fillTemplate(assign, root, context, variables, chance));
}

/**
 * Looks at what the Assign of a JSONata state was filled to.
 *
 * @throws {EvaluationError} States.DataLimitExceeded beyond 256 KiB in all.
 */
export function requireAssignable(assigned: Json): JsonObject {
  if (!isObject(assigned)) throw new Error('an Assign is an object, so what it is filled to is one');
  if (!isTooLarge(assigned)) return assigned;
  const large = Object.keys(assigned).find((name) => isTooLarge(assigned[name] ?? null));
  const what = large === undefined ? "The variables of the field 'Assign'" : `The variable '${large}'`;
  throw new EvaluationError(
    'States.DataLimitExceeded',
    `${what} exceed${large === undefined ? '' : 's'} ${ONE_ASSIGN}`,
  );
}

const ONE_ASSIGN = 'the maximum size of 262144 bytes.';

/**
 * The variables after an assignment.
 *
 * @throws {EvaluationError} States.DataLimitExceeded beyond 10 MiB in all.
 */
export function assignVariables(variables: JsonObject, assigned: JsonObject): JsonObject {
  const after = Object.fromEntries([...Object.entries(variables), ...Object.entries(assigned)]);
  const bytes = bytesOf(variables) + bytesOf(assigned) - bytesOf(replaced(variables, assigned));
  if (bytes <= ALL_BYTES_MAX) {
    sizes.set(after, bytes);
    return after;
  }
  throw new EvaluationError(
    'States.DataLimitExceeded',
    `The variables of the execution exceed the maximum size of ${ALL_BYTES_MAX} bytes in all.`,
  );
}

const ALL_BYTES_MAX = 10 * 1024 * 1024;

function replaced(variables: JsonObject, assigned: JsonObject): JsonObject {
  const names = Object.keys(assigned).filter((name) => Object.hasOwn(variables, name));
  return Object.fromEntries(names.map((name) => [name, variables[name] ?? null]));
}

/** Of the values' JSON texts. It is added up as variables are set, for there may be 10 MiB of those that stay. */
function bytesOf(variables: JsonObject): number {
  let bytes = sizes.get(variables);
  if (bytes === undefined) {
    bytes = Object.values(variables).reduce<number>(
      (sum, value) => sum + textEncoder.encode(jsonText(value)).length,
      0,
    );
    sizes.set(variables, bytes);
  }
  return bytes;
}

const sizes = new WeakMap<JsonObject, number>();
const textEncoder = new TextEncoder();
