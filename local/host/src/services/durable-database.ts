import { closeSync, openSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { HostError } from '../errors.ts';

/** What tells one kind of file from another. */
export interface FileKind {
  /** Four letters in ASCII: tells our file from any other SQLite file. */
  readonly applicationId: number;
  readonly schemaVersion: number;
  /** Run in one transaction when the file is new. */
  readonly schema: string;
  /** What it is a store of, such as `S3 objects`. */
  readonly holds: string;
}

/** A full check reads the whole file; beyond this it would make a start slow, and SQLite finds damage as it reads. */
const CHECKED_BYTES_MAX = 256 * 1024 * 1024;

/** The log is cut back to this after a checkpoint, so that one large object does not keep its place twice. */
const WAL_BYTES_KEPT = 16 * 1024 * 1024;

/** Those of this process, by their file: nobody else, nor a second connection, can read them while they are open. */
export const openDatabases = new Map<string, DatabaseSync>();

/**
 * Opens an SQLite file whose commits are on disk when they return, or makes it, readable by its owner only.
 *
 * The file belongs to this process until it is closed: a second one is refused.
 *
 * @throws {HostError} if the file is damaged, is not ours, was written by a newer version or is open elsewhere. Nothing
 * has been written to it then.
 */
export function openDurableDatabase(file: string, kind: FileKind): DatabaseSync {
  if (file !== ':memory:') closeSync(openSync(file, 'a', 0o600));
  const database = new DatabaseSync(file);
  try {
    // Before anything is read, or SQLite would already share the file.
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    const isNew = identify(database, file, kind);
    if (!isNew) checkIntegrity(database, file);
    makeDurable(database, file);
    if (isNew) database.exec(creation(kind));
    openDatabases.set(resolve(file), database);
    return database;
  } catch (error) {
    database.close();
    throw describeOpenError(error, file);
  }
}

function creation({ schema, applicationId, schemaVersion }: FileKind): string {
  const marks = `PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion};`;
  return `BEGIN IMMEDIATE; ${schema} ${marks} COMMIT`;
}

/** The value of a PRAGMA that answers with one. */
export function pragma(database: DatabaseSync, name: string): unknown {
  const row = database.prepare(`PRAGMA ${name}`).get();
  return row === undefined ? undefined : Object.values(row)[0];
}

/** @returns whether the file is new. */
function identify(database: DatabaseSync, file: string, kind: FileKind): boolean {
  const isEmpty = database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.['tables'] === 0;
  const applicationId = pragma(database, 'application_id');
  const version = Number(pragma(database, 'user_version'));
  if (isEmpty && applicationId === 0) return true;
  if (applicationId !== kind.applicationId) {
    throw new HostError(`${file} is not a store of ${kind.holds}.`, 'Move it away.');
  }
  if (version > kind.schemaVersion) {
    throw new HostError(
      `${file} was written by a newer version: its schema is ${version}, this version knows ${kind.schemaVersion}. Nothing was changed.`,
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
    'Put a copy back, or move the file away to start without what it held.',
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
