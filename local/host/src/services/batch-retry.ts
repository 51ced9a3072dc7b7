import type { Attempt, RetryStrategy } from './batch-job.ts';

/**
 * Whether a failed attempt is followed by another: the first condition that fits says so, and where none does, yes.
 *
 * @param made how many attempts there were, this one included
 * @see Batch User Guide, "Automated job retries"
 */
export function isTriedAgain({ attempts, evaluateOnExit }: RetryStrategy, attempt: Attempt, made: number): boolean {
  if (made >= attempts) return false;
  const fitting = evaluateOnExit.find(
    ({ onStatusReason, onReason, onExitCode }) =>
      fits(onStatusReason, attempt.statusReason) &&
      fits(onReason, attempt.reason) &&
      fits(onExitCode, attempt.exitCode?.toString()),
  );
  return fitting?.action !== 'EXIT';
}

/** A pattern may end in a `*`; what is not asked for always fits, and what is missing fits nothing but a lone `*`. */
function fits(pattern: string | undefined, value = ''): boolean {
  if (pattern === undefined) return true;
  return pattern.endsWith('*') ? value.startsWith(pattern.slice(0, -1)) : value === pattern;
}
