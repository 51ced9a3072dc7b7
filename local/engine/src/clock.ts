/** Where the engine asks for the time. Instants are epoch milliseconds. */
export interface Clock {
  now(): number;
  /** Calls back once, not before the instant; again with another instant replaces the first. `null` cancels. */
  wakeAt(instantMs: number | null, callback: () => void): void;
  /** Cancels what is pending. */
  stop(): void;
}

/** What a clock reads the time from, and sleeps by: `Date` and timers, or what stands in for them. */
export interface Timepiece {
  now(): number;
  /** After so long by a measure of its own, which stands still while the machine is suspended, whatever `now` says. */
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

const machineTimepiece: Timepiece = {
  now: () => Date.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
};

/**
 * A clock sleeps no longer than this at a time. A timer goes by how long the machine was awake: after a suspension, or when its time was
 * set, one of an hour would come an hour after that. And Node fires one of more than 2^31-1 ms at once.
 */
const SLEEP_MS_MAX = 10_000;

export function systemClock(timepiece: Timepiece = machineTimepiece): Clock {
  let timer: unknown;
  const clock: Clock = {
    now: () => timepiece.now(),
    wakeAt(instantMs, callback) {
      timepiece.clearTimeout(timer);
      if (instantMs === null) return;
      const remainingMs = instantMs - timepiece.now();
      // It may be early by the wall clock, if only by a millisecond; then the rest is slept as well.
      const again = (): void => (timepiece.now() < instantMs ? clock.wakeAt(instantMs, callback) : callback());
      timer = timepiece.setTimeout(again, Math.min(Math.max(remainingMs, 0), SLEEP_MS_MAX));
    },
    stop: () => timepiece.clearTimeout(timer),
  };
  return clock;
}

/** A clock that moves only when it is told to: thirty days pass in a millisecond. */
export class SteppedClock implements Clock {
  #nowMs: number;
  #wake: { instantMs: number; callback: () => void } | null = null;

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  wakeAt(instantMs: number | null, callback: () => void): void {
    const wake = instantMs === null ? null : { instantMs, callback };
    this.#wake = wake;
    // What is due already does not wait for the next step, only for the caller's turn to end.
    if (wake !== null && instantMs !== null && instantMs <= this.#nowMs)
      setImmediate(() => this.#wake === wake && this.#wakeUp());
  }

  stop(): void {
    this.#wake = null;
  }

  /** The instant that somebody waits for, if anybody does. */
  nextWakeMs(): number | null {
    return this.#wake?.instantMs ?? null;
  }

  /** Moves on and wakes whoever is due. Time never goes back. */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`a clock cannot go back: advance(${ms})`);
    this.#nowMs += ms;
    if (this.#wake !== null && this.#wake.instantMs <= this.#nowMs) this.#wakeUp();
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.callback();
  }
}
