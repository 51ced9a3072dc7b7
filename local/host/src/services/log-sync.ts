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
  // The log is there since the first commit, and is the same file until the database is closed. SQLite's locks are on the
  // database: none is lost when a descriptor of the log is closed. Linux tells each opening of a file once that its pages could
  // not be written (fsync(2), "EIO"): each way to sync has one of its own, so that neither takes the other's error away.
  const opened: { now?: number; beside?: number } = {};
  const descriptorOf = (way: keyof typeof opened): number => (opened[way] ??= openSync(`${file}-wal`, 'r+'));
  const closeDescriptorOf = (way: keyof typeof opened): void => {
    if (opened[way] !== undefined) closeSync(opened[way]);
    delete opened[way];
  };
  return {
    now: () => fdatasyncSync(descriptorOf('now')),
    async beside() {
      isSyncing = true;
      try {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        fdatasync(descriptorOf('beside'), (error) => (error === null ? resolve() : reject(error)));
        await promise;
      } finally {
        isSyncing = false;
        if (isClosed) closeDescriptorOf('beside');
      }
    },
    close() {
      isClosed = true;
      closeDescriptorOf('now');
      // Its number could be another file's before the sync has come to an end.
      if (!isSyncing) closeDescriptorOf('beside');
    },
  };
}
