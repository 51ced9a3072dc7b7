import { closeSync, openSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { HostError } from '../errors.ts';

/** "CSS3" in ASCII: tells our file from any other SQLite file. */
const APPLICATION_ID = 0x43535333;
const SCHEMA_VERSION = 1;

/** A full check reads the whole file; beyond this it would make a start slow, and SQLite finds damage as it reads. */
const CHECKED_BYTES_MAX = 256 * 1024 * 1024;

/** The log is cut back to this after a checkpoint, so that one large object does not keep its place twice. */
const WAL_BYTES_KEPT = 16 * 1024 * 1024;

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

  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/**
 * Opens the one file that holds all buckets, or makes it, readable by its owner only.
 *
 * The file belongs to this process until it is closed: a second one is refused.
 *
 * @throws {HostError} if the file is damaged, is not ours, was written by a newer version or is open elsewhere. Nothing
 * has been written to it then.
 */
export function openDatabase(file: string): DatabaseSync {
  if (file !== ':memory:') closeSync(openSync(file, 'a', 0o600));
  const database = new DatabaseSync(file);
  try {
    // Before anything is read, or SQLite would already share the file.
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    const isNew = identify(database, file);
    if (!isNew) checkIntegrity(database, file);
    makeDurable(database, file);
    if (isNew) database.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT`);
    return database;
  } catch (error) {
    database.close();
    throw describeOpenError(error, file);
  }
}

/** The value of a PRAGMA that answers with one. */
export function pragma(database: DatabaseSync, name: string): unknown {
  const row = database.prepare(`PRAGMA ${name}`).get();
  return row === undefined ? undefined : Object.values(row)[0];
}

/** @returns whether the file is new. */
function identify(database: DatabaseSync, file: string): boolean {
  const isEmpty = database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.['tables'] === 0;
  const applicationId = pragma(database, 'application_id');
  const version = Number(pragma(database, 'user_version'));
  if (isEmpty && applicationId === 0) return true;
  if (applicationId !== APPLICATION_ID) throw new HostError(`${file} is not a store of S3 objects.`, 'Move it away.');
  if (version > SCHEMA_VERSION) {
    throw new HostError(
      `${file} was written by a newer version: its schema is ${version}, this version knows ${SCHEMA_VERSION}. Nothing was changed.`,
      'Start the newer version again, or use another data folder.',
    );
  }
  return false;
}

function checkIntegrity(database: DatabaseSync, file: string): void {
  if (file === ':memory:' || statSync(file).size > CHECKED_BYTES_MAX) return;
  const found = pragma(database, 'quick_check(1)');
  if (found !== 'ok') throw damaged(file, String(found));
}

/** What is answered is on disk: only FULL makes a commit in the write-ahead log wait for it. So both are asked back. */
function makeDurable(database: DatabaseSync, file: string): void {
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = ${WAL_BYTES_KEPT}`);
  const journal = pragma(database, 'journal_mode');
  const synchronous = pragma(database, 'synchronous');
  const isDurable = synchronous === 2 && (journal === 'wal' || file === ':memory:');
  if (isDurable) return;
  throw new HostError(
    `${file} cannot be kept safely: SQLite answers journal_mode=${String(journal)}, synchronous=${String(synchronous)}.`,
    'Use a data folder on a local disk.',
  );
}

function damaged(file: string, detail: string): HostError {
  return new HostError(
    `${file} is damaged (${detail}). Nothing was changed.`,
    'Put a copy back, or move the file away to start with empty buckets.',
  );
}

/** SQLite's primary result codes. https://sqlite.org/rescode.html */
const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

function describeOpenError(error: unknown, file: string): unknown {
  switch (sqliteCodeOf(error)) {
    case SQLITE_BUSY:
      return new HostError(`${file} is open in another process.`, 'Stop that one, or use another data folder.');
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return damaged(file, error instanceof Error ? error.message : 'unreadable');
    default:
      return error;
  }
}

/** @returns undefined for an error that is not SQLite's. */
export function sqliteCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error && 'errcode' in error && typeof error.errcode === 'number')) return undefined;
  return error.errcode & 0xff;
}
