import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock, type Clock } from '../../../engine/src/index.ts';

/**
 * The time of the AWS of this machine: what executions, objects, schedules, tokens and functions go by. How long something
 * really took, and when something is given up, is measured by the machine's own clock.
 */
export interface HostTime {
  /** Epoch milliseconds. */
  now(): number;
  /** A clock with a sleeper of its own. The kind says what falls due by it, such as `Schedule`. */
  clock(kind: string): Clock;
  /** Resolves so much later in this time, and rejects when the signal aborts. Keeps no process alive. */
  sleep(ms: number, kind: string, signal: AbortSignal): Promise<void>;
  /** How far ahead of the machine function processes are to be; undefined where nobody travels, and `Date` is what it was. */
  offsetMs(): number | undefined;
  /**
   * While time is being moved on far, what repeats often would hold it up: nothing needs to happen again before this instant.
   * Zero where nobody is on the way.
   */
  repeatsFromMs(): number;
  /** Runs what asks `Date` by itself, as libraries do, in this time; with all that it awaits. */
  within<T>(work: () => T): T;
}

/** That of the machine, and nothing in between. */
export const machineTime: HostTime = {
  now: () => Date.now(),
  clock: () => systemClock(),
  sleep: (ms, _kind, signal) => sleep(ms, undefined, { signal, ref: false }),
  offsetMs: () => undefined,
  repeatsFromMs: () => 0,
  within: (work) => work(),
};
