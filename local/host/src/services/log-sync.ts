import type { DatabaseSync } from 'node:sqlite';
import { openFileSync, type FileSync } from '../../../engine/src/index.ts';

/**
 * Brings to disk what a database has committed to its write-ahead log, where its commits do not wait for that themselves: for a database in WAL mode with `synchronous = NORMAL`: SQLite then syncs the log when it begins it anew and before it brings it to
 * the file, so that both hold together whatever happens, and leaves it to us when a commit has to have arrived.
 *
 * @see https://sqlite.org/pragma.html#pragma_synchronous
 */
export function logSyncOf(database: DatabaseSync): FileSync {
  const file = database.location();
  if (file === null) return { now() {}, beside: () => Promise.resolve(), close() {} };
  // The log is there while the database is open, and is the same file until then. SQLite's locks are on the database: none is lost
  // when a descriptor of the log is closed.
  return openFileSync(`${file}-wal`);
}
