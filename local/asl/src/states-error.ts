import type { Json } from './json.ts';

/**
 * Why a state failed: a value that Retry and Catch route, never an exception that leaves the room.
 * Absent and empty differ: a task that was failed without an error name has none.
 */
export interface StatesError {
  readonly error?: string;
  readonly cause?: string;
}

/** Thrown by the pure functions of this room when a path, template or function cannot be evaluated; `transition` catches it and routes its value. */
export class EvaluationError extends Error {
  readonly statesError: StatesError;

  constructor(error: string, cause: string) {
    super(`${error}: ${cause}`);
    this.name = 'EvaluationError';
    this.statesError = { error, cause };
  }
}

/** What a Catch hands on: both members are there, as null where the failure had none. */
export function errorOutput(failure: StatesError): Json {
  const cause = failure.cause ?? null;
  return { Error: failure.error ?? null, Cause: cause };
}
