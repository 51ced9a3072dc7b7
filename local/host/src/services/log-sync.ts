import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';

/** Brings to disk what a database has committed to its write-ahead log, where its commits do not wait for that themselves. */
export interface LogSync {
  /** What was committed is on disk when this returns. */
  now(): void;
  /** The same when this resolves, without holding up the event loop. It says nothing of what is committed meanwhile. */
  beside(): Promise<void>;
  close(): void;
}

/**
 * For a database in WAL mode with `synchronous = NORMAL`: SQLite then syncs the log when it begins it anew and before it brings it to
 * the file, so that both hold together whatever happens, and leaves it to us when a commit has to have arrived.
 *
 * @see https://sqlite.org/pragma.html#pragma_synchronous
 */
export function logSyncOf(database: DatabaseSync): LogSync {
  const file = database.location();
  if (file === null) return { now() {}, beside: () => Promise.resolve(), close() {} };
  let isSyncing = false;
  let isClosed = false;
  // The log is there while the database is open, and is the same file until then. SQLite's locks are on the database: none is lost
  // when a descriptor of the log is closed. Linux tells each opening of a file once that its pages could not be written (fsync(2),
  // "EIO"), and tells none that came later: each way to sync has one of its own, from the start.
  const [forNow, forBeside] = [openSync(`${file}-wal`, 'r+'), openSync(`${file}-wal`, 'r+')];
  return {
    now: () => fdatasyncSync(forNow),
    async beside() {
      isSyncing = true;
      try {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        fdatasync(forBeside, (error) => (error === null ? resolve() : reject(error)));
        await promise;
      } finally {
        isSyncing = false;
        if (isClosed) closeSync(forBeside);
      }
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      closeSync(forNow);
      // Its number could be another file's before the sync has come to an end.
      if (!isSyncing) closeSync(forBeside);
    },
  };
}
