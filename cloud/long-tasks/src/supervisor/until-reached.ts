import { setTimeout as pause } from 'node:timers/promises';
import { type Log, reasonOf } from './log.ts';

/** How often AWS is called again where it could not be reached, and for how long. */
export interface Patience {
  readonly againMs: number;
  readonly atMostMs: number;
}

/**
 * Calls AWS until it is reached: what a program has worked on for hours must not be lost for some minutes without a network.
 * What is called comes to the same when it is called twice.
 *
 * @throws what AWS says when it refuses, what is no failure of a call, and the last failure when the patience is at its end.
 */
export async function untilReached<Result>(
  call: () => Promise<Result>,
  { againMs, atMostMs }: Patience,
  log: Log,
): Promise<Result> {
  for (const endsAt = performance.now() + atMostMs; ;) {
    try {
      return await call();
    } catch (error) {
      if (!isUnreached(error) || performance.now() >= endsAt) throw error;
      log('long-task.aws-not-reached', { reason: reasonOf(error) });
    }
    await pause(againMs);
  }
}

/** A call of the SDK has failed, and not by what was asked for: of what is throttled the SDK gives up soon. */
function isUnreached(error: unknown): boolean {
  if (!(error instanceof Error) || !('$metadata' in error)) return false;
  const isRefusal = '$fault' in error && error.$fault === 'client';
  return !isRefusal || /thrott|slow ?down/iv.test(error.name);
}
