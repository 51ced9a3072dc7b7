import type { Change, EffectRow } from './change.ts';
import type { ExecutionProgress, StoredExecution } from './execution-store.ts';

/** What has changed of one execution since the database last heard of it. */
export class Unsettled {
  readonly executionId: number;
  /** The journal's number of the first of these changes. */
  readonly since: number;
  /** That of the last. */
  until: number;
  /** All of it, where it began since then. */
  inserted: StoredExecution | undefined;
  /** Of one that began before. */
  progress: Partial<ExecutionProgress> | undefined;
  /** The texts of its steps, each with the id of its first event. */
  readonly events: (readonly [firstEventId: number, text: string])[] = [];
  /** What it waits for; null for what it no longer does, where the database may have it. */
  readonly effects = new Map<number, EffectRow | null>();
  /** About how many characters it holds. */
  length = 0;
  readonly #isReplayed: boolean;

  /** @param isReplayed the database may have any of these changes already */
  constructor(executionId: number, since: number, isReplayed: boolean) {
    this.executionId = executionId;
    this.since = since;
    this.until = since;
    this.#isReplayed = isReplayed;
  }

  /** Answers with what undoes it, which is to be called for the latest first. */
  take(change: Exclude<Change, readonly ['gone', ...unknown[]]>, number: number): () => void {
    const { inserted, progress, length, until } = this;
    const undo = this.#take(change);
    this.until = number;
    return () => {
      undo?.();
      this.until = until;
      this.inserted = inserted;
      this.progress = progress;
      this.length = length;
    };
  }

  #take(change: Exclude<Change, readonly ['gone', ...unknown[]]>): (() => void) | undefined {
    switch (change[0]) {
      case 'inserted':
        this.inserted = change[1];
        this.length += change[1].input.length + (change[1].position?.length ?? 0);
        return undefined;
      case 'updated':
      case 'moved':
        this.#progress(change[2]);
        return undefined;
      case 'events':
        this.events.push([change[2], change[3]]);
        this.length += change[3].length;
        return () => this.events.pop();
      case 'effect':
        return this.#putEffect(change[2], change[3]);
      case 'effect gone':
        return this.#putEffect(change[2], this.inserted === undefined || this.#isReplayed ? null : undefined);
    }
  }

  #putEffect(effectId: number, row: EffectRow | null | undefined): () => void {
    const { effects } = this;
    const before = effects.get(effectId);
    const put = (now: typeof row): unknown =>
      now === undefined ? effects.delete(effectId) : effects.set(effectId, now);
    put(row);
    return () => put(before);
  }

  #progress(progress: Partial<ExecutionProgress>): void {
    if (this.inserted === undefined) this.progress = { ...this.progress, ...progress };
    else this.inserted = { ...this.inserted, ...progress };
    this.length += (progress.position?.length ?? 0) + (progress.output?.length ?? 0);
  }
}
