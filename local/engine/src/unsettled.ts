import type { ExecutionProgress, StoredExecution } from './execution-store.ts';

/** Where an execution that goes on running stands. */
export type Place = Pick<ExecutionProgress, 'lastEventId' | 'lastEffectId' | 'position'>;

export interface EffectRow {
  readonly dueAtMs: number;
  readonly inFlight: boolean;
  /** The state machine of a task that waits for somebody's answer. */
  readonly waitingOf: number | null;
}

/** One thing that a transaction writes of an execution, as the journal has it. Each says how it is now: to do it twice is to do it once. */
export type Change =
  | readonly ['inserted', StoredExecution]
  | readonly ['updated', id: number, ExecutionProgress]
  | readonly ['moved', id: number, Place]
  | readonly ['events', id: number, firstEventId: number, text: string]
  | readonly ['effect', id: number, effectId: number, EffectRow]
  | readonly ['effect gone', id: number, effectId: number]
  | readonly ['gone', id: number];

export function executionOf(change: Change): number {
  return change[0] === 'inserted' ? change[1].id : change[1];
}

/** What has changed of one execution since the database last heard of it. */
export class Unsettled {
  readonly executionId: number;
  /** The journal's number of the first of these changes. */
  readonly since: number;
  /** All of it, where it began since then. */
  inserted: StoredExecution | undefined;
  /** Of one that began before. */
  progress: Partial<ExecutionProgress> | undefined;
  /** The texts of its steps, each with the id of its first event. */
  events: readonly (readonly [firstEventId: number, text: string])[] = [];
  /** What it waits for; null for what it no longer does, where the database may have it. */
  readonly effects = new Map<number, EffectRow | null>();
  /** About how many characters it holds. */
  length = 0;
  readonly #isReplayed: boolean;

  /** @param isReplayed the database may have any of these changes already */
  constructor(executionId: number, since: number, isReplayed: boolean) {
    this.executionId = executionId;
    this.since = since;
    this.#isReplayed = isReplayed;
  }

  copy(): Unsettled {
    const copy = new Unsettled(this.executionId, this.since, this.#isReplayed);
    copy.inserted = this.inserted;
    copy.progress = this.progress;
    copy.events = this.events;
    for (const [effectId, row] of this.effects) copy.effects.set(effectId, row);
    copy.length = this.length;
    return copy;
  }

  take(change: Exclude<Change, readonly ['gone', ...unknown[]]>): void {
    switch (change[0]) {
      case 'inserted':
        this.inserted = change[1];
        this.length += change[1].input.length + (change[1].position?.length ?? 0);
        break;
      case 'updated':
      case 'moved':
        this.#progress(change[2]);
        break;
      case 'events':
        this.events = [...this.events, [change[2], change[3]]];
        this.length += change[3].length;
        break;
      case 'effect':
        this.effects.set(change[2], change[3]);
        break;
      case 'effect gone':
        if (this.inserted !== undefined && !this.#isReplayed) this.effects.delete(change[2]);
        else this.effects.set(change[2], null);
    }
  }

  #progress(progress: Partial<ExecutionProgress>): void {
    if (this.inserted === undefined) this.progress = { ...this.progress, ...progress };
    else this.inserted = { ...this.inserted, ...progress };
    this.length += (progress.position?.length ?? 0) + (progress.output?.length ?? 0);
  }
}
