import { isLive, onChange, type Subject } from './live.ts';
import { LIVE_INTERVAL_MS, pauseMs, restMs } from './pause.ts';

export interface Polling {
  /** Begins a round at once. */
  soon(): void;
  stop(): void;
}

/** An order is an execution and its record, which is an object. */
const ORDERS: readonly Subject[] = ['executions', 'objects'];

/**
 * Works again and again, one round after the other: when something has changed, where that is told, else now and then. Not
 * while nobody looks at the page, and at once when they do again.
 *
 * @param round says whether it went well
 * @param subjects whose changes it is about
 */
export function poll(round: (signal: AbortSignal) => Promise<boolean>, subjects: readonly Subject[] = ORDERS): Polling {
  const stopped = new AbortController();
  let timer = 0;
  let failures = 0;
  let isRunning = false;
  let wanted: 'at once' | 'rested' | undefined;
  let mayRunAtMs = 0;

  async function run(): Promise<void> {
    clearTimeout(timer);
    if (stopped.signal.aborted || document.hidden) return;
    if (isRunning) {
      wanted = 'at once';
      return;
    }
    isRunning = true;
    wanted = undefined;
    const startedAt = performance.now();
    const isWell = await round(stopped.signal).catch(() => false);
    isRunning = false;
    failures = isWell ? 0 : failures + 1;
    const tookMs = performance.now() - startedAt;
    const rest = isWell ? restMs(tookMs) : pauseMs(tookMs, failures);
    mayRunAtMs = performance.now() + rest;
    if (!stopped.signal.aborted) runAfter(nextRoundMs(rest, tookMs));
  }

  function nextRoundMs(rest: number, tookMs: number): number {
    if (wanted !== undefined) return wanted === 'at once' ? 0 : rest;
    return isLive.value && failures === 0 ? LIVE_INTERVAL_MS : pauseMs(tookMs, failures);
  }

  function runAfter(ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => void run(), ms);
  }

  const soon = () => void run();
  const stopListening = onChange((changed) => {
    if (!subjects.some((subject) => changed.includes(subject))) return;
    if (isRunning) wanted ??= 'rested';
    else runAfter(Math.max(0, mayRunAtMs - performance.now()));
  });
  document.addEventListener('visibilitychange', soon, { signal: stopped.signal });
  addEventListener('online', soon, { signal: stopped.signal });
  soon();
  return {
    soon,
    stop() {
      stopped.abort();
      stopListening();
      clearTimeout(timer);
    },
  };
}
