/** How the next round follows from the last. */
const INTERVAL_MS = 2_000;
const INTERVAL_MS_MAX = 30_000;
/** A service that takes long to answer is asked less often: between two rounds it rests for so many times as long. */
const PAUSE_PER_WORK = 5;

export function pauseMs(tookMs: number, failures: number): number {
  const wanted = failures > 0 ? INTERVAL_MS * 2 ** failures : tookMs * PAUSE_PER_WORK;
  return Math.min(INTERVAL_MS_MAX, Math.max(INTERVAL_MS, wanted));
}
