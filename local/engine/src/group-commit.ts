import { ServiceUnavailable, StepFunctionsError } from './errors.ts';
import { StoreUnavailable, type ExecutionStore } from './execution-store.ts';

interface Waiting {
  readonly work: () => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** So many works share one transaction, that none of those who wait outside of it waits long. */
const WORKS_PER_COMMIT_MAX = 256;

/**
 * One fsync for many: all that is asked for in one turn of the event loop runs in one transaction, in order, and is answered when
 * that is on disk. A work that throws a `StepFunctionsError` must do so before it writes; it fails alone.
 */
export class GroupCommit {
  readonly #store: ExecutionStore;
  readonly #afterCommit: (committed: boolean) => void;
  #waiting: Waiting[] = [];
  #scheduled = false;

  /** `afterCommit` is told of each transaction's end, before those who asked are answered. */
  constructor(store: ExecutionStore, afterCommit: (committed: boolean) => void) {
    this.#store = store;
    this.#afterCommit = afterCommit;
  }

  run<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ work, resolve: resolve as (result: unknown) => void, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#commit();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }

  #commit(): void {
    const batch = this.#waiting.splice(0, WORKS_PER_COMMIT_MAX);
    const answers: (() => void)[] = [];
    try {
      this.#store.transact(() => {
        for (const { work, resolve, reject } of batch) {
          try {
            const result = work();
            answers.push(() => resolve(result));
          } catch (error) {
            if (!(error instanceof StepFunctionsError)) throw error;
            answers.push(() => reject(error));
          }
        }
      });
    } catch (error) {
      this.#afterCommit(false);
      // Anything but a full disk is a fault of ours; the store is where we start again from, so nothing is half done.
      const reason =
        error instanceof StoreUnavailable
          ? new ServiceUnavailable(`Nothing was stored: ${error.message}. Try again.`)
          : error;
      for (const { reject } of batch) reject(reason);
      return;
    }
    this.#afterCommit(true);
    for (const answer of answers) answer();
  }
}
