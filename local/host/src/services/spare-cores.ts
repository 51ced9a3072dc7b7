import { cpus } from 'node:os';

/** A disk that is waited for, or a moment between two turns, is no core to spare. */
const WINDOW_MS_MIN = 250;

/** What was long ago says nothing about now. */
const WINDOW_MS_MAX = 1000;

/**
 * Tells how many of the machine's cores had nothing to do since it was asked last, on average: 0.5 where one was idle for
 * half of that time. Asked for the first time, or after a pause, it does not know yet and says 0.
 *
 * It sees the machine: in a container that may use only a part of it, cores that somebody else leaves idle count as well.
 */
export function spareCoresOfMachine(now: () => number = () => performance.now(), read = readCores): () => number {
  let before = { atMs: Number.NEGATIVE_INFINITY, busyMs: 0 };
  let spare = 0;
  return () => {
    const atMs = now();
    const elapsedMs = atMs - before.atMs;
    if (elapsedMs < WINDOW_MS_MIN) return spare;
    const { cores, busyMs } = read();
    spare = elapsedMs > WINDOW_MS_MAX ? 0 : Math.max(0, cores - (busyMs - before.busyMs) / elapsedMs);
    before = { atMs, busyMs };
    return spare;
  };
}

function readCores(): { cores: number; busyMs: number } {
  const times = cpus().map((core) => core.times);
  return {
    cores: times.length,
    busyMs: times.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, 0),
  };
}
