import { setTimeout as sleep } from 'node:timers/promises';
import type { TravellingTime } from './travelling-time.ts';

/** Something that happens by itself at an instant. */
export interface Timer {
  readonly dueAtMs: number;
  /** As States Language has it, such as `Wait` or `TaskTimeout`; or what else goes by the clock, such as `Schedule`. */
  readonly kind: string;
  readonly executionArn?: string;
  readonly state?: string;
}

/** What lives in the time. */
export interface Inhabitants {
  /** Nothing runs and nothing is on its way: only the clock, or somebody from outside, makes anything happen. */
  isResting(): boolean;
  /** Timers of executions, the first due first. */
  timers(limit: number, untilMs: number): readonly Timer[];
  /** Does what is done by the hour, and not at an instant. */
  settle(): Promise<void>;
}

/** What became of a journey. */
export interface Journey {
  readonly fromMs: number;
  /** Where it has come; by then the clock has moved on by itself a little. */
  readonly atMs: number;
  readonly firedCount: number;
  /** The first of them, and few of each kind that no execution has: a schedule of minutes must not hide the one order that expired. */
  readonly fired: readonly Timer[];
  /** So often something ran for so long that time moved on without it. */
  readonly leftRunning: number;
  /** False where it takes so long that whoever asked has to ask again. */
  readonly isThere: boolean;
}

export interface TimeTravel {
  readonly time: TravellingTime;
  /** What is due next, the first first. */
  next(limit: number): readonly Timer[];
  /** How far the journey that is under way has come; undefined where there is none. */
  underWay(): { readonly toMs: number; readonly firedCount: number } | undefined;
  /**
   * Moves time on, from one due timer to the next: what a timer causes happens at its own time, and so does what that causes.
   * Ends early, between two timers, when the signal aborts.
   */
  travelTo(toMs: number, signal: AbortSignal): Promise<Journey>;
  /** Ends the journey that is under way, and waits until it has. Called before those who live in the time are closed. */
  close(): Promise<void>;
}

/** Executions say for themselves what is due, by what they have in the store. */
export const EXECUTIONS = 'Executions';

const FIRED_LISTED_MAX = 100;
const OTHERS_LISTED_MAX = 10;
/** Of one instant, more are not counted. */
const TIMERS_PER_STEP_MAX = 1000;
/** What runs longer is left behind, as an attempt would be that hangs. */
const REST_MS_MAX = 30_000;
/** Below the five minutes after which HTTP clients give up. */
const JOURNEY_MS_MAX = 240_000;
/** A call from one service to another takes a moment in which neither knows of it. */
const CALM_LOOKS = 3;
const LOOK_MS = 2;

export function createTimeTravel(time: TravellingTime, inhabitants: Inhabitants): TimeTravel {
  const closing = new AbortController();
  let current: { toMs: number; firedCount: number } | undefined;
  let arrived: Promise<unknown> = Promise.resolve();

  function next(limit: number, untilMs = Infinity): readonly Timer[] {
    const others = time
      .wakes()
      .filter(({ kind, atMs }) => kind !== EXECUTIONS && atMs <= untilMs)
      .map(({ atMs, kind }) => ({ dueAtMs: atMs, kind }));
    return [...inhabitants.timers(limit, untilMs), ...others]
      .sort((one, other) => one.dueAtMs - other.dueAtMs)
      .slice(0, limit);
  }

  function isResting(): boolean {
    const [first] = time.wakes();
    return (first === undefined || first.atMs > time.now()) && inhabitants.isResting();
  }

  /** Answers whether all that an instant brought is done. */
  async function rest(): Promise<boolean> {
    const endsAtMs = performance.now() + REST_MS_MAX;
    for (let calm = 0; calm < CALM_LOOKS;) {
      if (performance.now() > endsAtMs || closing.signal.aborted) return false;
      await sleep(LOOK_MS);
      calm = !closing.signal.aborted && isResting() ? calm + 1 : 0;
    }
    return true;
  }

  async function travel(toMs: number, signal: AbortSignal): Promise<Journey> {
    const endsAtMs = performance.now() + JOURNEY_MS_MAX;
    const fromMs = time.now();
    const fired: Timer[] = [];
    const progress = { toMs, firedCount: 0 };
    current = progress;
    time.beginJourney(toMs);
    try {
      let leftRunning = (await rest()) ? 0 : 1;
      while (time.now() < toMs && performance.now() < endsAtMs && !signal.aborted) {
        // While something that is left behind keeps its sleeper busy, that one is due already: time moves on at least so far.
        const later = time.wakes().find(({ atMs }) => atMs > time.now());
        const atMs = Math.min(later?.atMs ?? toMs, toMs);
        const due = next(TIMERS_PER_STEP_MAX, atMs);
        progress.firedCount += due.length;
        for (const timer of due) if (isToBeListed(fired, timer)) fired.push(timer);
        time.moveTo(atMs);
        if (!(await rest())) leftRunning++;
      }
      if (!closing.signal.aborted) await inhabitants.settle();
      const isThere = time.now() >= toMs;
      return { fromMs, atMs: time.now(), firedCount: progress.firedCount, fired, leftRunning, isThere };
    } finally {
      time.endJourney();
      current = undefined;
    }
  }

  return {
    time,
    next,
    underWay: () => current,
    travelTo(toMs, signal) {
      const journey = travel(toMs, AbortSignal.any([signal, closing.signal]));
      arrived = journey.catch(() => {});
      return journey;
    },
    async close() {
      closing.abort();
      await arrived;
    },
  };
}

function isToBeListed(listed: readonly Timer[], { kind, executionArn }: Timer): boolean {
  if (executionArn !== undefined) return listed.length < FIRED_LISTED_MAX;
  return listed.filter((timer) => timer.kind === kind).length < OTHERS_LISTED_MAX;
}
