import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from './cli-error.ts';
import { ApiRefusal } from './orders-api.ts';
import { say } from './output.ts';
import { printable } from './printable.ts';

/** While nothing changes it is asked ever more rarely, up to so many times the interval. */
const SLOWEST = 5;
const SLOWER = 1.25;

export interface Poll {
  readonly intervalMs: number;
  readonly stop: AbortSignal;
  /** Asks once. `ended`: there is nothing more to ask; `same`: as it was the last time. */
  readonly ask: () => Promise<'ended' | 'changed' | 'same'>;
}

/**
 * Asks again and again until it has ended or somebody stops it. An API that does not answer is asked again, more and more
 * rarely, once it has answered for the first time.
 *
 * @throws {CliError} where it does not answer the first time, or refuses in a way that asking again does not change.
 */
export async function poll({ intervalMs, stop, ask }: Poll): Promise<void> {
  let waitMs = intervalMs;
  let hasAnswered = false;
  let isTroubled = false;
  while (!stop.aborted) {
    try {
      const outcome = await ask();
      if (outcome === 'ended') return;
      waitMs = outcome === 'changed' || isTroubled ? intervalMs : slower(waitMs, intervalMs);
      hasAnswered = true;
      isTroubled = false;
    } catch (error) {
      if (stop.aborted) return;
      if (!hasAnswered || !(error instanceof CliError) || !isPassing(error)) throw error;
      if (!isTroubled) say(`${printable(error.message)} Asking again …`);
      isTroubled = true;
      waitMs = slower(waitMs, intervalMs);
    }
    await sleep(waitMs, undefined, { signal: stop }).catch(() => {});
  }
}

function slower(waitMs: number, intervalMs: number): number {
  return Math.min(waitMs * SLOWER, intervalMs * SLOWEST);
}

function isPassing(error: CliError): boolean {
  return !(error instanceof ApiRefusal) || error.status >= 500 || error.status === 429;
}
