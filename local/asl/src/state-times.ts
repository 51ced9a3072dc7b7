import type { Scope } from './data-flow.ts';
import type { Path, WaitState } from './definition.ts';
import { findPath } from './json-path.ts';
import { jsonText, type Json } from './json.ts';
import { EvaluationError } from './states-error.ts';
import { notBeforeMs, parseTimestamp } from './timestamp.ts';

/**
 * When a Wait state ends, in epoch milliseconds: so many seconds after `enteredAtMs`, or at its timestamp, which may lie in the past.
 *
 * @throws {EvaluationError} States.Runtime, in the service's words, where a path leads to no number of seconds or no timestamp.
 */
export function waitUntil(state: WaitState, input: Json, scope: Scope, enteredAtMs: number): number {
  const { Seconds: seconds, SecondsPath: secondsPath, Timestamp: timestamp, TimestampPath: timestampPath } = state;
  if (typeof seconds === 'number') return enteredAtMs + seconds * 1000;
  if (secondsPath !== undefined) return enteredAtMs + secondsAt(secondsPath, input, scope) * 1000;
  if (timestampPath !== undefined) return instantAt(timestampPath, input, scope);
  const instant = parseTimestamp(timestamp ?? '');
  if (instant === undefined)
    throw new EvaluationError('States.Runtime', `The Timestamp field is not a timestamp: ${timestamp ?? ''}`);
  return notBeforeMs(instant);
}

function secondsAt(path: Path, input: Json, { context, variables }: Scope): number {
  const seconds = findPath(path, input, context, variables);
  if (typeof seconds !== 'number' || !Number.isInteger(seconds)) {
    throw new EvaluationError('States.Runtime', `The SecondsPath parameter does not reference an input value: ${path}`);
  }
  if (seconds < 0)
    throw new EvaluationError(
      'States.Runtime',
      `The SecondsPath parameter references a negative value: ${path} == ${seconds}`,
    );
  return seconds;
}

function instantAt(path: Path, input: Json, { context, variables }: Scope): number {
  const text = findPath(path, input, context, variables);
  const instant = typeof text === 'string' ? parseTimestamp(text) : undefined;
  if (instant !== undefined) return notBeforeMs(instant);
  const given = typeof text === 'string' ? text : text === undefined ? 'null' : jsonText(text);
  throw new EvaluationError(
    'States.Runtime',
    `The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: ${path} == ${given}`,
  );
}
