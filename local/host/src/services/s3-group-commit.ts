import type { DatabaseSync } from 'node:sqlite';
import { sqliteCodeOf } from './durable-database.ts';
import { S3Error } from './s3-error.ts';

/** Counted since the file was opened. */
export interface CommitStats {
  /** Transactions that changed something: each is one sync of the disk. */
  commits: number;
  /** Writes that were answered as done. */
  writes: number;
}

export interface GroupCommit {
  /**
   * Runs a write with all others of this turn of the event loop, in one transaction and in the order of the calls.
   * The promise settles when the transaction is on disk. An {@link S3Error} that the write throws is its own answer and
   * leaves the others alone; it must be thrown before anything is changed.
   */
  write<T>(change: () => T): Promise<T>;
  /** Commits what waits. Later writes are refused. */
  close(): void;
  stats(): CommitStats;
}

interface Waiting {
  /** Makes the change inside the transaction. What it gives is called when that is on disk. */
  attempt: () => { isDone: boolean; settle: () => void };
  fail: (error: unknown) => void;
}

export function createGroupCommit(database: DatabaseSync): GroupCommit {
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const totalChanges = database.prepare('SELECT total_changes() AS changes');
  const stats: CommitStats = { commits: 0, writes: 0 };
  let waiting: Waiting[] = [];
  let isClosed = false;

  function transact(batch: readonly Waiting[]): ReturnType<Waiting['attempt']>[] {
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

  function commitBatch(batch: readonly Waiting[]): void {
    try {
      for (const { isDone, settle } of transact(batch)) {
        if (isDone) stats.writes++;
        settle();
      }
    } catch (error) {
      // One object too large for what is left of the disk must not take its neighbours with it.
      if (batch.length > 1) for (const one of batch) commitBatch([one]);
      else batch[0]?.fail(describeFailure(error));
    }
  }

  function flush(): void {
    const batch = waiting;
    waiting = [];
    if (batch.length > 0) commitBatch(batch);
  }

  return {
    write(change) {
      if (isClosed) return Promise.reject(new S3Error('SlowDown', 'This S3 is being stopped: nothing was stored.'));
      return new Promise((resolve, reject) => {
        if (waiting.length === 0) setImmediate(flush);
        waiting.push({ attempt: () => attempt(change, resolve, reject), fail: reject });
      });
    },
    close() {
      isClosed = true;
      flush();
    },
    stats: () => ({ ...stats }),
  };
}

function attempt<T>(change: () => T, resolve: (value: T) => void, reject: (error: S3Error) => void) {
  try {
    const value = change();
    return { isDone: true, settle: () => resolve(value) };
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    return { isDone: false, settle: () => reject(error) };
  }
}

/** NOMEM, READONLY, IOERR, FULL and CANTOPEN: the machine's state and not our mistake, so it is worth another try later. */
const PASSING_SQLITE_CODES: ReadonlySet<number | undefined> = new Set([7, 8, 10, 13, 14]);

function describeFailure(error: unknown): unknown {
  if (!(error instanceof Error && PASSING_SQLITE_CODES.has(sqliteCodeOf(error)))) return error;
  const message = `The disk takes no more at the moment (${error.message}): nothing was stored.`;
  return new S3Error('SlowDown', message, {}, { 'retry-after': '1' });
}
