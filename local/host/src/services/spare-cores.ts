import { cpus } from 'node:os';
import { performance } from 'node:perf_hooks';

/** A disk that is waited for, or a moment between two turns, is no core to spare. */
const WINDOW_MS_MIN = 250;

/** What was long ago says nothing about now. */
const WINDOW_MS_MAX = 1000;

/** What is left of the host's own thread beyond this, it needs for what comes unevenly. */
const LOOP_SHARE_MAX = 0.8;

interface Used {
  readonly cores: number;
  /** Of all cores together, since some time ago. */
  readonly busyMs: number;
  /** Of this thread, waiting for the disk included. */
  readonly loopBusyMs: number;
}

/**
 * Tells how many of the machine's cores had nothing to do since it was asked last, on average: 0.5 where one was idle for
 * half of that time. Asked for the first time, or after a pause, it does not know yet and says 0.
 *
 * While this thread has had no time left there are none: everything passes through it, so whatever a core is given to would wait for it.
 * Cores that are idle then are so because they wait for it already.
 *
 * It sees the machine: in a container that may use only a part of it, cores that somebody else leaves idle count as well.
 */
export function spareCoresOfMachine(now: () => number = () => performance.now(), read = readUsed): () => number {
  let before = { atMs: Number.NEGATIVE_INFINITY, busyMs: 0, loopBusyMs: 0 };
  let spare = 0;
  return () => {
    const atMs = now();
    const elapsedMs = atMs - before.atMs;
    if (elapsedMs < WINDOW_MS_MIN) return spare;
    const { cores, busyMs, loopBusyMs } = read();
    const isLoopFull = (loopBusyMs - before.loopBusyMs) / elapsedMs > LOOP_SHARE_MAX;
    const isKnown = elapsedMs <= WINDOW_MS_MAX && !isLoopFull;
    spare = isKnown ? Math.max(0, cores - (busyMs - before.busyMs) / elapsedMs) : 0;
    before = { atMs, busyMs, loopBusyMs };
    return spare;
  };
}

function readUsed(): Used {
  const times = cpus().map((core) => core.times);
  return {
    cores: times.length,
    busyMs: times.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, 0),
    loopBusyMs: performance.eventLoopUtilization().active,
  };
}
