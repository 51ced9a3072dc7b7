import { ServiceUnavailable, StepFunctionsError } from './errors.ts';
import { StoreUnavailable, type ExecutionStore } from './execution-store.ts';
import type { Pace } from './pace.ts';

interface Waiting {
  readonly work: () => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** What is told of each transaction. */
export interface CommitListener {
  /** Within the transaction, after its works. */
  beforeCommit(): void;
  /** Before those who asked are answered. */
  afterCommit(committed: boolean): void;
}

/** So many works share one transaction, that none of those who wait outside of it waits long. */
const WORKS_PER_COMMIT_MAX = 256;
/** Nor does a transaction take more of them when they have taken so long. */
const WORK_MS_PER_COMMIT_MAX = 40;

/**
 * One fsync for many: all that is asked for in one turn of the event loop, or while the disk takes what was asked for before, runs in
 * one transaction, in order, and is answered when that is on disk. A work that throws a `StepFunctionsError` must do so before it
 * writes; it fails alone. So does one that meets a fault of ours, wherever it meets it: the others are run anew without it, so works
 * can be run twice.
 */
export class GroupCommit {
  readonly #store: ExecutionStore;
  readonly #listener: CommitListener;
  readonly #pace: Pace;
  #waiting: Waiting[] = [];
  /** So many of those that wait get a transaction each, for one of them is at fault. */
  #apart = 0;
  /** A transaction is to begin, or has not reached the disk. */
  #isUnderWay = false;

  constructor(store: ExecutionStore, pace: Pace, listener: CommitListener) {
    this.#store = store;
    this.#pace = pace;
    this.#listener = listener;
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0 && !this.#isUnderWay;
  }

  run<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ work, resolve: resolve as (result: unknown) => void, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    setImmediate(() => void this.#commitAll());
  }

  /** One transaction after the other: while one is on its way to the disk, the works of the next come together. */
  async #commitAll(): Promise<void> {
    await this.#commit();
    this.#isUnderWay = false;
    if (this.#waiting.length > 0) this.#schedule();
  }

  async #commit(): Promise<void> {
    const batch: Waiting[] = [];
    const answers: (() => void)[] = [];
    try {
      await this.#store.transactAsync(() => {
        for (const waiting of this.#batch()) {
          batch.push(waiting);
          answers.push(attempt(waiting));
        }
        this.#listener.beforeCommit();
      });
    } catch (error) {
      this.#listener.afterCommit(false);
      this.#fail(batch, error);
      return;
    }
    this.#listener.afterCommit(true);
    for (const answer of answers) answer();
  }

  /** Takes works from those that wait, as many as one transaction may have. */
  *#batch(): Iterable<Waiting> {
    const endsAtMs = this.#pace.elapsedMs() + WORK_MS_PER_COMMIT_MAX;
    const most = this.#apart > 0 ? 1 : WORKS_PER_COMMIT_MAX;
    for (let taken = 0; taken < most; taken++) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      if (this.#apart > 0) this.#apart--;
      yield next;
      if (this.#pace.elapsedMs() >= endsAtMs) return;
    }
  }

  #fail(batch: readonly Waiting[], error: unknown): void {
    const isUnavailable = error instanceof StoreUnavailable;
    if (batch.length > 1 && !isUnavailable) {
      this.#waiting.unshift(...batch);
      this.#apart = batch.length;
      return;
    }
    // Where no transaction could begin, no work was taken yet: they fail as if they had been.
    const failed = batch.length > 0 ? batch : this.#waiting.splice(0, WORKS_PER_COMMIT_MAX);
    const reason = isUnavailable ? new ServiceUnavailable(`Nothing was stored: ${error.message}. Try again.`) : error;
    for (const { reject } of failed) reject(reason);
  }
}

/** Runs the work. What it gives is the answer, once that is on disk. */
function attempt({ work, resolve, reject }: Waiting): () => void {
  try {
    const result = work();
    return () => resolve(result);
  } catch (error) {
    if (!(error instanceof StepFunctionsError)) throw error;
    return () => reject(error);
  }
}
