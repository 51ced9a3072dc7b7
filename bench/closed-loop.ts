import { performance } from 'node:perf_hooks';

export interface Latencies {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface ClosedLoop {
  readonly clients: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** One round trip of a client. */
  readonly trip: () => Promise<void>;
  /** Called when the measured time begins, and when it ends. */
  readonly onBegin?: () => Promise<void>;
  readonly onEnd?: () => Promise<void>;
}

/** Each client begins its next trip when its last has ended. A trip counts if all of it lies within the measured time. */
export async function closedLoop({ clients, warmUpSeconds, seconds, trip, onBegin, onEnd }: ClosedLoop) {
  const beginMs = performance.now() + warmUpSeconds * 1000;
  const endMs = beginMs + seconds * 1000;
  const latencies: number[] = [];
  const client = async (): Promise<void> => {
    for (let startedMs = performance.now(); startedMs < endMs; startedMs = performance.now()) {
      await trip();
      const endedMs = performance.now();
      if (startedMs >= beginMs && endedMs <= endMs) latencies.push(endedMs - startedMs);
    }
  };
  const running = Promise.all(Array.from({ length: clients }, client));
  await Promise.race([running, pauseUntil(beginMs)]);
  await onBegin?.();
  await Promise.race([running, pauseUntil(endMs)]);
  await onEnd?.();
  await running;
  return { perSecond: Math.round(latencies.length / seconds), ...percentiles(latencies) } satisfies Latencies;
}

export function percentiles(latenciesMs: readonly number[]): { p50Ms: number; p99Ms: number } {
  const sorted = latenciesMs.toSorted((left, right) => left - right);
  const quantile = (share: number): number => round(sorted[Math.floor(share * sorted.length)] ?? NaN);
  return { p50Ms: quantile(0.5), p99Ms: quantile(0.99) };
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Runs work `count` times, so many at a time. */
export async function inParallel(count: number, width: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, worker));
}

function pauseUntil(instantMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, instantMs - performance.now()));
}
