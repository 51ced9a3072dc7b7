import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '../../../engine/src/index.ts';
import type { HostTime } from './host-time.ts';
import { installTravellingDate, machineNow } from './travelling-date.ts';

/** Nobody sleeps longer at a time: a timer stands still while the machine is suspended, as that of the engine's clock does. */
const SLEEP_MS_MAX = 10_000;

/** Somebody sleeps until then. */
export interface Wake {
  readonly atMs: number;
  readonly kind: string;
}

/** So often, and never later than at its end, what repeats still does so on a journey. */
const REPETITIONS_PER_JOURNEY = 100;

interface Sleeper {
  readonly kind: string;
  readonly atMs: number;
  readonly callback: () => void;
  timer: NodeJS.Timeout | undefined;
}

/** A time that passes as the machine's does, and can be moved on. It never goes back. */
export class TravellingTime implements HostTime {
  #offsetMs: number;
  readonly #keep: (offsetMs: number) => void;
  readonly #sleepers = new Set<Sleeper>();
  #journey: { readonly toMs: number; readonly strideMs: number } | undefined;

  /** @param keep is called before each move counts, so that no later start lies before it. */
  constructor(offsetMs: number, keep: (offsetMs: number) => void) {
    this.#offsetMs = offsetMs;
    this.#keep = keep;
  }

  now(): number {
    return machineNow() + this.#offsetMs;
  }

  offsetMs(): number {
    return this.#offsetMs;
  }

  /** Moves on to the instant, where it is later, and wakes whoever is due. */
  moveTo(instantMs: number): void {
    const aheadMs = Math.ceil(instantMs - this.now());
    if (aheadMs <= 0) return;
    const offsetMs = this.#offsetMs + aheadMs;
    this.#keep(offsetMs);
    this.#offsetMs = offsetMs;
    for (const sleeper of this.#sleepers) this.#arm(sleeper);
  }

  beginJourney(toMs: number): void {
    this.#journey = { toMs, strideMs: Math.floor((toMs - this.now()) / REPETITIONS_PER_JOURNEY) };
  }

  endJourney(): void {
    this.#journey = undefined;
  }

  repeatsFromMs(): number {
    return this.#journey === undefined ? 0 : Math.min(this.now() + this.#journey.strideMs, this.#journey.toMs);
  }

  /** Who sleeps, the first to wake first. */
  wakes(): Wake[] {
    return [...this.#sleepers].map(({ atMs, kind }) => ({ atMs, kind })).sort((one, other) => one.atMs - other.atMs);
  }

  clock(kind: string): Clock {
    let sleeper: Sleeper | undefined;
    const stop = (): void => {
      if (sleeper !== undefined) this.#leave(sleeper);
      sleeper = undefined;
    };
    return {
      now: () => this.now(),
      wakeAt: (atMs, callback) => {
        stop();
        if (atMs === null) return;
        sleeper = { kind, atMs, callback, timer: undefined };
        this.#sleepers.add(sleeper);
        this.#arm(sleeper);
      },
      stop,
    };
  }

  sleep(ms: number, kind: string, signal: AbortSignal): Promise<void> {
    const clock = this.clock(kind);
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const abort = (): void => {
        clock.stop();
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
      clock.wakeAt(this.now() + ms, () => {
        signal.removeEventListener('abort', abort);
        resolve();
      });
    });
  }

  within<T>(work: () => T): T {
    return runWithin(this, work);
  }

  #arm(sleeper: Sleeper): void {
    clearTimeout(sleeper.timer);
    const remainingMs = sleeper.atMs - this.now();
    // A timer may fire early, and a year is slept in pieces; then the rest is slept as well.
    const again = (): void => (this.now() < sleeper.atMs ? this.#arm(sleeper) : this.#wakeUp(sleeper));
    sleeper.timer = setTimeout(again, Math.min(Math.max(remainingMs, 0), SLEEP_MS_MAX));
  }

  #wakeUp(sleeper: Sleeper): void {
    this.#leave(sleeper);
    sleeper.callback();
  }

  #leave(sleeper: Sleeper): void {
    clearTimeout(sleeper.timer);
    this.#sleepers.delete(sleeper);
  }
}

const travellers = new AsyncLocalStorage<TravellingTime>();
let isInstalled = false;

/** Whoever does not run within a travelling time sees the machine's `Date`, though it is the same object. */
function runWithin<T>(time: TravellingTime, work: () => T): T {
  if (!isInstalled) installTravellingDate(() => travellers.getStore()?.offsetMs() ?? 0);
  isInstalled = true;
  return travellers.run(time, work);
}
