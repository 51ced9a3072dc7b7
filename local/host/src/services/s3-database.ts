import type { DatabaseSync } from 'node:sqlite';
import { openDurableDatabase } from './durable-database.ts';

/** "CSS3" in ASCII. */
const APPLICATION_ID = 0x43535333;
const SCHEMA_VERSION = 1;

/**
 * `live` is 1 for what a reader sees under a key, and 0 for older versions and delete markers. The two partial indexes
 * keep them apart, so that a listing never walks over what was deleted. `sequence` is the order of writing.
 * `body` stands last: what reads only the columns before it never touches its pages.
 */
const SCHEMA = `
  CREATE TABLE buckets (
    name TEXT PRIMARY KEY,
    created_ms INTEGER NOT NULL,
    versioning TEXT NOT NULL CHECK (versioning IN ('Disabled', 'Enabled', 'Suspended')),
    lifecycle TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE objects (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    bucket TEXT NOT NULL,
    key BLOB NOT NULL,
    version_id TEXT NOT NULL,
    live INTEGER NOT NULL,
    is_delete_marker INTEGER NOT NULL,
    last_modified_ms INTEGER NOT NULL,
    noncurrent_since_ms INTEGER,
    etag TEXT NOT NULL,
    size INTEGER NOT NULL,
    checksum TEXT NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX live_objects ON objects (bucket, key) WHERE live = 1;
  CREATE UNIQUE INDEX kept_versions ON objects (bucket, key, sequence) WHERE live = 0;
  CREATE INDEX live_by_age ON objects (bucket, last_modified_ms) WHERE live = 1;
  CREATE INDEX noncurrent_by_age ON objects (bucket, noncurrent_since_ms) WHERE noncurrent_since_ms IS NOT NULL;
  CREATE INDEX delete_markers_by_age ON objects (bucket, last_modified_ms) WHERE is_delete_marker = 1;
`;

/**
 * Opens the one file that holds all buckets. Its commits are whole whatever happens, but not on disk when they return: whoever
 * commits calls {@link logSyncOf} before anybody is told.
 *
 * @throws {HostError} if the file is damaged, is not ours, was written by a newer version or is open elsewhere.
 */
export function openDatabase(file: string): DatabaseSync {
  const database = openDurableDatabase(file, {
    applicationId: APPLICATION_ID,
    schemaVersion: SCHEMA_VERSION,
    schema: SCHEMA,
    holds: 'S3 objects',
  });
  database.exec('PRAGMA synchronous = NORMAL');
  // A process that was killed may have left in the log what the disk has not got: before anybody reads it, it has. A database that
  // became one with a log just now lets that begin only after a transaction.
  database.exec('BEGIN IMMEDIATE; COMMIT; PRAGMA wal_checkpoint(TRUNCATE)');
  return database;
}
