import type { Chance } from './chance.ts';
import type { ContextObject } from './context-object.ts';
import type { Path, ReferencePath } from './definition.ts';
import { applyResultPath, evaluatePath } from './json-path.ts';
import { jsonText, type Json, type JsonObject } from './json.ts';
import { isTooLarge } from './payload-size.ts';
import { evaluateExpression, fillTemplate } from './payload-template.ts';
import { EvaluationError } from './states-error.ts';

/** What the paths and templates of a state can see beside its input. A state that asks for nothing of it should cost nothing: it is made when it is read. */
export interface Scope {
  readonly context: ContextObject;
  readonly variables: JsonObject;
  readonly chance: Chance;
}

/*
 * Input and output processing, in the specification's order:
 * InputPath → Parameters → (the state does its work) → ResultSelector → ResultPath → OutputPath.
 * https://states-language.net/spec.html#filters
 */

/** InputPath. Absent means the whole input; `null` means an empty object. */
export function effectiveInput(state: { readonly InputPath?: Path | null }, rawInput: Json, scope: Scope): Json {
  return selectPath(state.InputPath, rawInput, scope);
}

/** Parameters. Absent means the input as it is. */
export function fillParameters(parameters: Json | undefined, input: Json, scope: Scope): Json {
  return parameters === undefined ? input : filled(parameters, input, scope);
}

/** ResultSelector. Absent means the result as it is. */
export function selectResult(selector: JsonObject | undefined, result: Json, scope: Scope): Json {
  return selector === undefined ? result : filled(selector, result, scope);
}

/** A template may refer to one value so often that what it gives must not even be turned into text. */
function filled(template: Json, root: Json, { context, variables, chance }: Scope): Json {
  const value = fillTemplate(template, root, context, variables, chance);
  if (!isTooLarge(value)) return value;
  const cause = 'A template gave a value with a size exceeding the maximum number of bytes service limit.';
  throw new EvaluationError('States.DataLimitExceeded', cause);
}

/** ResultPath, which writes into the raw input. Absent means that the result replaces it; `null` drops the result. */
export function mergeResult(state: { readonly ResultPath?: ReferencePath | null }, rawInput: Json, result: Json): Json {
  return applyResultPath(rawInput, state.ResultPath, result);
}

/** OutputPath. Absent means the whole of it; `null` means an empty object. */
export function finalOutput(state: { readonly OutputPath?: Path | null }, value: Json, scope: Scope): Json {
  return selectPath(state.OutputPath, value, scope);
}

/**
 * Error or Cause of a Fail state: the text itself, or what ErrorPath or CausePath gives.
 *
 * @throws {EvaluationError} States.Runtime where the path leads to no text.
 */
export function failText(
  literal: string | undefined,
  path: Path | undefined,
  field: 'ErrorPath' | 'CausePath',
  input: Json,
  scope: Scope,
): string | undefined {
  if (path === undefined) return literal;
  const { context, variables, chance } = scope;
  const value = evaluateExpression(path, field, input, context, variables, chance);
  if (typeof value === 'string') return value;
  throw new EvaluationError(
    'States.Runtime',
    `The ${field} field refers to value "${jsonText(value)}" which is not a string: ${path}`,
  );
}

function selectPath(path: Path | null | undefined, value: Json, scope: Scope): Json {
  if (path === undefined || path === '$') return value;
  return path === null ? {} : evaluatePath(path, value, scope.context, scope.variables);
}
