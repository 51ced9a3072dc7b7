import { pauseMs } from './pause.ts';

export interface Polling {
  /** Begins a round at once. */
  soon(): void;
  stop(): void;
}

/**
 * Works again and again, one round after the other; not while nobody looks at the page, and at once when they do again.
 *
 * @param round says whether it went well
 */
export function poll(round: (signal: AbortSignal) => Promise<boolean>): Polling {
  const stopped = new AbortController();
  let timer = 0;
  let failures = 0;
  let isRunning = false;
  let isWanted = false;

  async function run(): Promise<void> {
    clearTimeout(timer);
    if (stopped.signal.aborted || document.hidden) return;
    if (isRunning) {
      isWanted = true;
      return;
    }
    isRunning = true;
    isWanted = false;
    const startedAt = performance.now();
    const isWell = await round(stopped.signal).catch(() => false);
    isRunning = false;
    failures = isWell ? 0 : failures + 1;
    const pause = isWanted ? 0 : pauseMs(performance.now() - startedAt, failures);
    timer = setTimeout(() => void run(), pause);
    if (stopped.signal.aborted) clearTimeout(timer);
  }

  const soon = () => void run();
  document.addEventListener('visibilitychange', soon, { signal: stopped.signal });
  addEventListener('online', soon, { signal: stopped.signal });
  soon();
  return {
    soon,
    stop() {
      stopped.abort();
      clearTimeout(timer);
    },
  };
}
