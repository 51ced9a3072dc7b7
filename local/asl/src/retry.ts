import type { Catcher, Retrier } from './definition.ts';
import type { StatesError } from './states-error.ts';

/**
 * The names by which Retry and Catch may know a failure.
 * A missed heartbeat is recorded as States.Timeout and answers to States.HeartbeatTimeout as well.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
 */
export interface Failure extends StatesError {
  readonly alsoKnownAs?: 'States.HeartbeatTimeout';
  /** A task's own failure: `States.TaskFailed` stands for it, unless it is a timeout. */
  readonly byTask?: boolean;
}

/** A state that cannot be worked out fails its execution, whatever its author names in Retry or Catch. */
export function isFatal({ error, byTask }: Failure): boolean {
  return error === 'States.Runtime' && byTask !== true;
}

function isNamed(names: readonly string[], failure: Failure): boolean {
  return names.some((name) => {
    if (name === failure.error || (failure.alsoKnownAs !== undefined && name === failure.alsoKnownAs)) return true;
    if (name === 'States.ALL')
      return (
        failure.error !== 'States.Runtime' && (failure.byTask === true || failure.error !== 'States.DataLimitExceeded')
      );
    return name === 'States.TaskFailed' && failure.byTask === true && failure.error !== 'States.Timeout';
  });
}

export interface PlannedRetry {
  /** The place of the retrier in `Retry`. */
  readonly retrier: number;
  readonly delayMs: number;
}

/**
 * The retry that the first matching retrier grants, or none when it has spent its attempts.
 * `attempts` counts, by retrier, the retries that were made since the state was entered; `random` is drawn for full jitter only.
 */
export function planRetry(
  retriers: readonly Retrier[] | undefined,
  failure: Failure,
  attempts: readonly number[],
  random: () => number,
): PlannedRetry | undefined {
  const index = findRetrier(retriers, failure);
  const retrier = retriers?.[index];
  if (retrier === undefined) return undefined;
  const made = attempts[index] ?? 0;
  if (made >= (retrier.MaxAttempts ?? 3)) return undefined;
  const grown = (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** made;
  const seconds = Math.min(grown, retrier.MaxDelaySeconds ?? RETRY_DELAY_SECONDS_MAX);
  return { retrier: index, delayMs: Math.round(seconds * 1000 * (retrier.JitterStrategy === 'FULL' ? random() : 1)) };
}

/** The place of the first retrier that knows the failure, whether it has attempts left or not; -1 where none does. */
export function findRetrier(retriers: readonly Retrier[] | undefined, failure: Failure): number {
  return retriers?.findIndex((retrier) => isNamed(retrier.ErrorEquals, failure)) ?? -1;
}

/** The longest delay between two retries. States Language, "MaxDelaySeconds": less than 31622400. */
const RETRY_DELAY_SECONDS_MAX = 31_622_400;

/** The first catcher that knows the failure. */
export function findCatcher(catchers: readonly Catcher[] | undefined, failure: Failure): Catcher | undefined {
  return catchers?.find((catcher) => isNamed(catcher.ErrorEquals, failure));
}
