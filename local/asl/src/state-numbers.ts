import type { Scope } from './data-flow.ts';
import type { MapState, OrExpression, Path } from './definition.ts';
import { evaluatePath } from './json-path.ts';
import { isArray, jsonText, type Json } from './json.ts';
import { EvaluationError } from './states-error.ts';

/**
 * TimeoutSeconds or HeartbeatSeconds, or what their Path leads to; `undefined` where the state has neither.
 *
 * @throws {EvaluationError} States.Runtime where the path leads nowhere or to no positive integer.
 */
export function positiveSeconds(
  literal: OrExpression<number> | undefined,
  path: Path | undefined,
  field: 'TimeoutSecondsPath' | 'HeartbeatSecondsPath',
  input: Json,
  scope: Scope,
): number | undefined {
  const value = integerAt(literal, path, field, input, scope);
  if (value === undefined || value > 0) return value;
  throw notInteger(field, value, path);
}

/** MaxConcurrency or ToleratedFailureCount, or what their Path leads to; `undefined` where the state has neither. */
export function nonNegativeInteger(
  literal: OrExpression<number> | undefined,
  path: Path | undefined,
  field: 'MaxConcurrencyPath' | 'ToleratedFailureCountPath',
  input: Json,
  scope: Scope,
): number | undefined {
  const value = integerAt(literal, path, field, input, scope);
  if (value === undefined || value >= 0) return value;
  throw new EvaluationError('States.Runtime', `${field.replace('Path', '')} cannot be negative.`);
}

/** A field that holds an integer, or what its Path leads to. */
export function integerAt(
  literal: OrExpression<number> | undefined,
  path: Path | undefined,
  field: string,
  input: Json,
  scope: Scope,
): number | undefined {
  if (path === undefined) return typeof literal === 'number' ? literal : undefined;
  const value = evaluatePath(path, input, scope.context, scope.variables);
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  // A text of digits is taken for the number that it spells.
  if (typeof value === 'string' && /^-?\d{1,15}$/.test(value)) return Number(value);
  throw notInteger(field, value, path);
}

function notInteger(field: string, value: Json, path: Path | undefined): EvaluationError {
  const given = typeof value === 'string' ? value : jsonText(value);
  const what = `The ${field} field refers to value "${given}" which is not a valid integer: ${path ?? ''}`;
  return new EvaluationError('States.Runtime', what);
}

/** ToleratedFailurePercentage, or what its Path leads to. */
export function percentage(
  literal: OrExpression<number> | undefined,
  path: Path | undefined,
  input: Json,
  scope: Scope,
): number | undefined {
  const field = 'ToleratedFailurePercentage';
  const value = path === undefined ? literal : evaluatePath(path, input, scope.context, scope.variables);
  if (value === undefined) return undefined;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || Number.isNaN(number)) {
    const given = typeof value === 'string' ? value : jsonText(value);
    const what = `The ${field}Path field refers to value "${given}" which is not a valid float: ${path ?? ''}`;
    throw new EvaluationError('States.Runtime', what);
  }
  if (number < 0 || number > 100) throw new EvaluationError('States.Runtime', `${field} must be between 0 and 100.`);
  return number;
}

/**
 * What a Map state goes through: ItemsPath in its input, or the input itself.
 *
 * @throws {EvaluationError} States.Runtime where that is no array.
 */
export function mapItems(state: MapState, input: Json, { context, variables }: Scope): readonly Json[] {
  const path = state.ItemsPath ?? '$';
  const items = evaluatePath(path, input, context, variables);
  if (isArray(items)) return items;
  // The service shows a path into the context object as the path within that.
  throw new EvaluationError(
    'States.Runtime',
    `Reference path "${path.replace(/^\$\$/, () => '$')}" must point to array.`,
  );
}
