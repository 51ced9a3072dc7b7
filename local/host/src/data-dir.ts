import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { HostError } from './errors.ts';
import { isAlive } from './process-alive.ts';

/** The folder that keeps everything between two starts, held by this process alone until it is closed. */
export interface DataDir {
  /** Absolute. */
  readonly path: string;
  /** A place inside the folder. */
  resolve(name: string): string;
  close(): void;
}

/** Counts up when a folder written now could not be understood by the version before. */
const FORMAT_VERSION = 2;

const MARKER = 'countersign.json';
const LOCK = 'lock.sqlite';
const OWNER = 'owner.pid';

/** What a start that was cut short can leave in a folder before it is marked as ours. */
const BEFORE_THE_MARKER = [LOCK, `${LOCK}-journal`, OWNER, `${MARKER}.new`];

/**
 * Opens the folder, creating it where it is missing, and takes it for this process.
 *
 * The lock is one of the operating system, held through SQLite: it falls with the process however that ends, so there
 * is no stale lock to clear.
 *
 * @throws {HostError} if the folder is not ours, was written by a newer version, is held by another process, or cannot
 * be read and written. Nothing is written to a folder that is not ours or newer.
 */
export function openDataDir(path: string): DataDir {
  const dir = resolve(path);
  try {
    // Task tokens are in there: nobody but this user may read it.
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    refuseForeign(dir);
    chmodSync(dir, 0o700);
    const lock = takeLock(dir);
    try {
      writeFileSync(join(dir, OWNER), `${process.pid}\n`);
      mark(dir);
    } catch (error) {
      letGo(lock);
      throw error;
    }
    return {
      path: dir,
      resolve: (name) => join(dir, name),
      close() {
        rmSync(join(dir, OWNER), { force: true });
        letGo(lock);
      },
    };
  } catch (cause) {
    if (cause instanceof HostError || !isSystemError(cause)) throw cause;
    throw new HostError(`The data folder "${dir}" cannot be used (${cause.code}).`, CHOOSE_ANOTHER, { cause });
  }
}

const CHOOSE_ANOTHER = 'Choose another folder, or make this one readable and writable for you.';

function refuseForeign(dir: string): void {
  const names = readdirSync(dir);
  if (!names.includes(MARKER)) {
    const foreign = names.find((name) => !BEFORE_THE_MARKER.includes(name));
    if (foreign === undefined) return;
    throw new HostError(
      `The folder "${dir}" holds other things ("${foreign}") and was not made by Countersign.`,
      'Choose an empty folder, or one that does not exist yet.',
    );
  }
  const version = readFormatVersion(join(dir, MARKER));
  if (version === undefined) {
    throw new HostError(`"${join(dir, MARKER)}" is damaged.`, 'Restore it from a backup, or choose an empty folder.');
  }
  if (version > FORMAT_VERSION) {
    throw new HostError(
      `The data folder "${dir}" was written by a newer Countersign (format ${version}, this one knows ${FORMAT_VERSION}).`,
      'Run the newer version, or choose an empty folder. Nothing was changed.',
    );
  }
  if (version < FORMAT_VERSION) {
    throw new HostError(
      `The data folder "${dir}" was written by an older Countersign (format ${version}, this one reads ${FORMAT_VERSION}).`,
      'Run the older version until nothing waits in it any more, or choose an empty folder. Nothing was changed.',
    );
  }
}

function readFormatVersion(marker: string): number | undefined {
  try {
    const content: unknown = JSON.parse(readFileSync(marker, 'utf8'));
    const version = typeof content === 'object' && content !== null && 'format' in content ? content.format : undefined;
    return Number.isSafeInteger(version) && typeof version === 'number' && version > 0 ? version : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** SQLite result codes, "SQLITE_BUSY": another connection holds the lock. */
const SQLITE_BUSY = 5;

/** A connection that nothing refers to is closed with the garbage, and its lock would fall with it. */
const held = new Set<DatabaseSync>();

function takeLock(dir: string): DatabaseSync {
  const lock = new DatabaseSync(join(dir, LOCK));
  try {
    lock.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
    held.add(lock);
    return lock;
  } catch (cause) {
    lock.close();
    if (!(cause instanceof Error && 'errcode' in cause && cause.errcode === SQLITE_BUSY)) throw cause;
    const owner = readOwner(dir);
    const by = owner === undefined ? 'another process' : `process ${owner}`;
    const stopIt = owner === undefined ? 'Stop it' : `Stop it (kill ${owner})`;
    throw new HostError(`The data folder "${dir}" is in use by ${by}.`, `${stopIt}, or choose another folder.`, {
      cause,
    });
  }
}

function letGo(lock: DatabaseSync): void {
  held.delete(lock);
  lock.close();
}

function readOwner(dir: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(dir, OWNER), 'utf8'));
    if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
    return isAlive(pid) ? pid : undefined;
  } catch {
    // Not written yet: better no number than a wrong one.
    return undefined;
  }
}

/** The marker appears whole or not at all. */
function mark(dir: string): void {
  const marker = join(dir, MARKER);
  if (readdirSync(dir).includes(MARKER)) return;
  writeFileSync(`${marker}.new`, `${JSON.stringify({ format: FORMAT_VERSION })}\n`, { flush: true });
  renameSync(`${marker}.new`, marker);
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}
