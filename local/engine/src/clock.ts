/** Where the engine asks for the time. Instants are epoch milliseconds. */
export interface Clock {
  now(): number;
  /** Calls back once, not before the instant; again with another instant replaces the first. `null` cancels. */
  wakeAt(instantMs: number | null, callback: () => void): void;
  /** Cancels what is pending. */
  stop(): void;
}

/** Node fires a longer timer at once; a wait of a year sleeps in pieces. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

export function systemClock(): Clock {
  let timer: NodeJS.Timeout | undefined;
  const clock: Clock = {
    now: () => Date.now(),
    wakeAt(instantMs, callback) {
      clearTimeout(timer);
      if (instantMs === null) return;
      const remainingMs = instantMs - Date.now();
      // A timer may fire a millisecond early by the wall clock; then the rest is slept as well.
      const again = (): void => (Date.now() < instantMs ? clock.wakeAt(instantMs, callback) : callback());
      timer = setTimeout(again, Math.min(Math.max(remainingMs, 0), TIMEOUT_MS_MAX));
    },
    stop: () => clearTimeout(timer),
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
