import type { DatabaseSync } from 'node:sqlite';
import type { FileSync } from '../../../engine/src/index.ts';
import { sqliteCodeOf } from './durable-database.ts';
import { S3Error } from './s3-error.ts';

/** Counted since the file was opened. */
export interface CommitStats {
  /** Transactions that changed something: each is followed by a sync of the disk. */
  commits: number;
  /** Writes that were answered as done. */
  writes: number;
}

export interface GroupCommit {
  /**
   * Runs a write with all others that come before its transaction begins, in the order of the calls. It begins in this turn of the
   * event loop, or when those before are on disk. The promise settles when the transaction is on disk. An {@link S3Error} that the
   * write throws is its own answer and leaves the others alone; it must be thrown before anything is changed.
   */
  write<T>(change: () => T): Promise<T>;
  /**
   * Resolves when everything that can be read by now is on disk: before that, nobody may be told of it. Undefined if it is.
   *
   * @throws {S3Error} if the disk failed.
   */
  onDisk(): Promise<void> | undefined;
  /**
   * What was committed beside the transactions is on disk when this returns.
   *
   * @throws {S3Error} if the disk has failed, now or before.
   */
  syncNow(): void;
  /** Commits what waits. Later writes are refused. */
  close(): void;
  stats(): CommitStats;
}

interface Waiting {
  /** Makes the change inside the transaction. What it gives is called when that is on disk. */
  attempt: () => Outcome;
  fail: (error: unknown) => void;
}

interface Outcome {
  readonly isDone: boolean;
  readonly settle: () => void;
  readonly fail: (error: unknown) => void;
}

export function createGroupCommit(database: DatabaseSync, log: FileSync): GroupCommit {
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const totalChanges = database.prepare('SELECT total_changes() AS changes');
  const stats: CommitStats = { commits: 0, writes: 0 };
  let waiting: Waiting[] = [];
  /** A transaction is to begin, or is not on disk yet. */
  let isUnderWay = false;
  let syncing: Promise<void> | undefined;
  let isClosed = false;
  let failure: S3Error | undefined;

  function transact(batch: readonly Waiting[]): Outcome[] {
    const changesBefore = totalChanges.get()?.['changes'];
    begin.run();
    try {
      const outcomes = batch.map((one) => one.attempt());
      commit.run();
      if (totalChanges.get()?.['changes'] !== changesBefore) stats.commits++;
      return outcomes;
    } catch (error) {
      // Some errors, a full disk among them, have rolled back already.
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }

  function commitBatch(batch: readonly Waiting[]): Outcome[] {
    try {
      return transact(batch);
    } catch (error) {
      // One object too large for what is left of the disk must not take its neighbours with it.
      if (batch.length > 1) return batch.flatMap((one) => commitBatch([one]));
      batch[0]?.fail(describeFailure(error));
      return [];
    }
  }

  /** What waits, in the log; not on disk yet if `isNew`. */
  function commitWaiting(): { outcomes: Outcome[]; isNew: boolean } {
    const batch = waiting;
    waiting = [];
    const commitsBefore = stats.commits;
    const outcomes = batch.length === 0 ? [] : commitBatch(batch);
    return { outcomes, isNew: stats.commits > commitsBefore };
  }

  function failAll(outcomes: readonly Outcome[], error: unknown): void {
    failure ??= diskHasFailed(error);
    for (const one of [...outcomes, ...waiting.splice(0)]) one.fail(failure);
  }

  function settle(outcomes: readonly Outcome[]): void {
    stats.writes += outcomes.filter(({ isDone }) => isDone).length;
    for (const outcome of outcomes) outcome.settle();
  }

  /** One transaction after the other: while one is on its way to the disk, the writes of the next come together. */
  async function flush(): Promise<void> {
    const { outcomes, isNew } = commitWaiting();
    try {
      if (isNew) {
        syncing = log.beside();
        await syncing;
      }
      settle(outcomes);
    } catch (error) {
      failAll(outcomes, error);
    }
    syncing = undefined;
    isUnderWay = false;
    schedule();
  }

  function schedule(): void {
    if (isUnderWay || waiting.length === 0) return;
    isUnderWay = true;
    setImmediate(() => void flush());
  }

  return {
    write(change) {
      if (isClosed) return Promise.reject(new S3Error('SlowDown', 'This S3 is being stopped: nothing was stored.'));
      if (failure !== undefined) return Promise.reject(failure);
      return new Promise((resolve, reject) => {
        waiting.push({ attempt: () => attempt(change, resolve, reject), fail: reject });
        schedule();
      });
    },
    onDisk() {
      if (failure !== undefined) return Promise.reject(failure);
      return syncing?.catch((error: unknown) => Promise.reject(diskHasFailed(error)));
    },
    syncNow() {
      if (failure !== undefined) throw failure;
      try {
        log.now();
      } catch (error) {
        failure = diskHasFailed(error);
        throw failure;
      }
    },
    close() {
      isClosed = true;
      const { outcomes, isNew } = commitWaiting();
      try {
        if (isNew) log.now();
        settle(outcomes);
      } catch (error) {
        failAll(outcomes, error);
      }
    },
    stats: () => ({ ...stats }),
  };
}

/**
 * After a sync that failed, Linux takes what it could not write for written (fsync(2)): no later one would say more. So what is in
 * the log may be on disk or not, and nothing is told of it any more. What was answered before is on disk, where a new start finds it.
 */
function diskHasFailed(error: unknown): S3Error {
  const reason = error instanceof Error ? error.message : String(error);
  return new S3Error(
    'InternalError',
    `The disk has failed (${reason}): start this S3 again to go on with what it holds.`,
  );
}

function attempt<T>(change: () => T, resolve: (value: T) => void, reject: (error: unknown) => void): Outcome {
  try {
    const value = change();
    return { isDone: true, settle: () => resolve(value), fail: reject };
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    return { isDone: false, settle: () => reject(error), fail: reject };
  }
}

/** NOMEM, READONLY, IOERR, FULL and CANTOPEN: the machine's state and not our mistake, so it is worth another try later. */
const PASSING_SQLITE_CODES: ReadonlySet<number | undefined> = new Set([7, 8, 10, 13, 14]);

function describeFailure(error: unknown): unknown {
  if (!(error instanceof Error && PASSING_SQLITE_CODES.has(sqliteCodeOf(error)))) return error;
  const message = `The disk takes no more at the moment (${error.message}): nothing was stored.`;
  return new S3Error('SlowDown', message, {}, { 'retry-after': '1' });
}
