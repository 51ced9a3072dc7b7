/** How the next round follows from the last. */
const INTERVAL_MS = 2_000;
const INTERVAL_MS_MAX = 30_000;
/** A service that takes long to answer is asked less often: between two rounds it rests for so many times as long. */
const PAUSE_PER_WORK = 5;
/** However quick the service is, what changes without end is not followed faster than this. */
const REST_MS_MIN = 200;
/** Nor so that it has nothing else to do: as long as a round took, it rests. */
const REST_PER_WORK = 1;

/** Where nobody says that something has changed. */
export function pauseMs(tookMs: number, failures: number): number {
  const wanted = failures > 0 ? INTERVAL_MS * 2 ** failures : tookMs * PAUSE_PER_WORK;
  return Math.min(INTERVAL_MS_MAX, Math.max(INTERVAL_MS, wanted));
}

/** Where somebody does: how long before the next round may be, and when it is anyway. */
export function restMs(tookMs: number): number {
  return Math.min(INTERVAL_MS_MAX, Math.max(REST_MS_MIN, tookMs * REST_PER_WORK));
}
export const LIVE_INTERVAL_MS = INTERVAL_MS_MAX;
