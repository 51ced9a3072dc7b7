import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { percentiles } from './closed-loop.ts';

/** Beyond so many that have not ended, what is measured is the queue of the driver. */
const UNDER_WAY_MAX = 20_000;

/**
 * Begins trips at a rate, whether or not those before have ended: a service that falls behind is not waited for.
 *
 * The latency of a trip counts from when it was due to begin, so that time lost before it began is not left out.
 */
export class OpenLoop {
  readonly #perSecond: number;
  readonly #trip: () => Promise<void>;
  readonly #running: Promise<void>;
  readonly #underWay = new Set<Promise<void>>();
  #latenciesMs: number[] = [];
  #isOver = false;
  #failed: unknown;

  constructor(perSecond: number, trip: () => Promise<void>) {
    this.#perSecond = perSecond;
    this.#trip = trip;
    this.#running = this.#run();
  }

  /** What has ended since the last time it was asked for, and how much has not. */
  take(): { readonly trips: number; readonly p50Ms: number; readonly p99Ms: number; readonly underWay: number } {
    this.#assertGoingOn();
    const latenciesMs = this.#latenciesMs;
    this.#latenciesMs = [];
    return { trips: latenciesMs.length, ...percentiles(latenciesMs), underWay: this.#underWay.size };
  }

  /** Begins no more, and resolves when all have ended. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#running;
    await Promise.all(this.#underWay);
    this.#assertGoingOn();
  }

  async #run(): Promise<void> {
    const beganMs = performance.now();
    for (let begun = 0; !this.#isOver; await pause(2)) {
      const due = ((performance.now() - beganMs) / 1000) * this.#perSecond;
      for (; begun < due && !this.#isOver; begun++) this.#begin(beganMs + (begun / this.#perSecond) * 1000);
    }
  }

  #begin(dueMs: number): void {
    if (this.#underWay.size >= UNDER_WAY_MAX) {
      this.#fail(new Error(`${UNDER_WAY_MAX} trips are under way: it cannot keep up with ${this.#perSecond} a second`));
      return;
    }
    const trip = this.#trip()
      .then(() => void this.#latenciesMs.push(performance.now() - dueMs))
      .catch((error: unknown) => this.#fail(error))
      .finally(() => this.#underWay.delete(trip));
    this.#underWay.add(trip);
  }

  #fail(error: unknown): void {
    this.#failed ??= error;
    this.#isOver = true;
  }

  #assertGoingOn(): void {
    if (this.#failed !== undefined) throw this.#failed;
  }
}
