import type { Chance } from './chance.ts';

interface Planned {
  readonly atMs: number;
  /** Of what is planned for the same instant, any may come first. */
  readonly rank: number;
  readonly number: number;
  readonly act: () => void;
}

/** The time that passes in a simulation: from one thing that was planned to the next, and never in between. */
export class Timeline {
  readonly #chance: Chance;
  readonly #planned = new Map<number, Planned>();
  #elapsedMs = 0;
  #count = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  /** Milliseconds since the simulation began. */
  get elapsedMs(): number {
    return this.#elapsedMs;
  }

  /** Answers with what {@link cancel} takes. */
  after(ms: number, act: () => void): number {
    const number = ++this.#count;
    const atMs = this.#elapsedMs + Math.max(0, Math.ceil(ms));
    this.#planned.set(number, { atMs, rank: this.#chance.next(), number, act });
    return number;
  }

  cancel(number: number): void {
    this.#planned.delete(number);
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Something takes so long that nothing else happens meanwhile. */
  stall(ms: number): void {
    this.#elapsedMs += ms;
  }

  /** How long it is to what comes next. */
  untilNextMs(): number {
    return (this.#next()?.atMs ?? Infinity) - this.#elapsedMs;
  }

  /** Goes on to what is next, and does it. False where nothing is planned. */
  step(): boolean {
    const next = this.#next();
    if (next === undefined) return false;
    this.#planned.delete(next.number);
    this.#elapsedMs = Math.max(this.#elapsedMs, next.atMs);
    next.act();
    return true;
  }

  #next(): Planned | undefined {
    let next: Planned | undefined;
    for (const planned of this.#planned.values()) if (next === undefined || isBefore(planned, next)) next = planned;
    return next;
  }
}

function isBefore(one: Planned, other: Planned): boolean {
  if (one.atMs !== other.atMs) return one.atMs < other.atMs;
  return one.rank < other.rank || (one.rank === other.rank && one.number < other.number);
}
