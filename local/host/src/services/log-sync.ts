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
  let descriptor: number | undefined;
  let isSyncing = false;
  let isClosed = false;
  // The log is there since the first commit, and is the same file until the database is closed. SQLite's locks are on the
  // database: none is lost when a descriptor of the log is closed.
  const opened = (): number => (descriptor ??= openSync(`${file}-wal`, 'r+'));
  const closeDescriptor = (): void => {
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  };
  return {
    now: () => fdatasyncSync(opened()),
    async beside() {
      isSyncing = true;
      try {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        fdatasync(opened(), (error) => (error === null ? resolve() : reject(error)));
        await promise;
      } finally {
        isSyncing = false;
        if (isClosed) closeDescriptor();
      }
    },
    close() {
      isClosed = true;
      // Its number could be another file's before the sync has come to an end.
      if (!isSyncing) closeDescriptor();
    },
  };
}
