import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreUnavailable } from '../../local/engine/src/execution-store.ts';
import { openSqliteExecutionStore, type ExecutionStore } from '../../local/engine/src/index.ts';
import type { Chance } from './chance.ts';
import type { Diary } from './diary.ts';
import type { Faults } from './faults.ts';
import type { Timeline } from './timeline.ts';

/** Whoever still runs after the process was gone is met by this. */
export class ProcessGone extends Error {}

export interface DiskOptions {
  readonly folder: string;
  readonly chance: Chance;
  readonly timeline: Timeline;
  readonly diary: Diary;
  readonly faults: () => Faults;
  /** Every how many commits are made to last. As SQLite with `synchronous=FULL` does it, each of them. @default 1 */
  readonly syncEvery?: number;
}

const FULL_MS = [500, 60_000] as const;
const SLOW_MS = [20, 3_000] as const;
const SECTOR = 512;
/** A key that is the same in each simulation, so that tokens are, too. */
const TOKEN_KEY = Buffer.alloc(32, 7);

/**
 * The disk under the engine's store: files of SQLite's own, of which a crash leaves what was made to last, and of the rest as
 * much as chance says. The store itself is the real one; it is only told that the disk is full, or slow.
 */
export class SimulatedDisk {
  readonly #options: DiskOptions;
  readonly #opened: ExecutionStore[] = [];
  #file: string;
  #lives = 0;
  #commits = 0;
  /** So much of the write-ahead log would survive the power. */
  #lastingBytes = 0;
  #fullUntilMs = 0;
  #isTorn = false;

  constructor(options: DiskOptions) {
    this.#options = options;
    this.#file = this.#nextFile();
    copyFileSync(newStoreIn(options.folder), this.#file);
  }

  /** The store of a process that has just started. `crash` ends that process. */
  open(crash: () => void, isGone: () => boolean): ExecutionStore {
    const store = openSqliteExecutionStore(this.#file);
    this.#opened.push(store);
    // What is there when it is opened was read from the disk, so it lasts.
    this.#lastingBytes = this.#logBytes();
    return new Proxy(store, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        if (name === 'close') return () => {};
        if (name === 'transact') return <T>(work: () => T): T => this.#transact(target, work, crash, isGone);
        return member.bind(target) as unknown;
      },
    });
  }

  /** The process is gone, and perhaps the power with it: goes on with what the disk has kept. */
  loseWhatDoesNotLast(): void {
    const { chance, diary, faults } = this.#options;
    const log = existsSync(`${this.#file}-wal`) ? readFileSync(`${this.#file}-wal`) : Buffer.alloc(0);
    const from = Math.min(this.#lastingBytes, log.length);
    const cut = chance.between(from, log.length);
    const isTorn = this.#isTorn && chance.happens(faults().tornWrite) && log.length > from;
    const kept = isTorn ? torn(log, from, chance) : log.subarray(0, cut);
    if (kept.length < log.length || isTorn)
      diary.fault(isTorn ? 'torn write' : 'lost write', `${from} ${cut} of ${log.length}`);
    const before = this.#file;
    this.#file = this.#nextFile();
    copyFileSync(before, this.#file);
    writeFileSync(`${this.#file}-wal`, kept);
    this.#isTorn = false;
    this.#lastingBytes = kept.length;
  }

  /** Moves the log into the database, as SQLite does now and then. */
  checkpoint(): void {
    const database = new DatabaseSync(this.#file);
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    database.close();
    this.#lastingBytes = this.#logBytes();
    this.#options.diary.write('checkpoint');
  }

  get file(): string {
    return this.#file;
  }

  close(): void {
    for (const store of this.#opened) store.close();
  }

  #transact<T>(store: ExecutionStore, work: () => T, crash: () => void, isGone: () => boolean): T {
    const { chance, timeline, diary, faults } = this.#options;
    const odds = faults();
    if (isGone()) throw new ProcessGone();
    if (chance.happens(odds.diskFull) && timeline.elapsedMs > this.#fullUntilMs) {
      this.#fullUntilMs = timeline.elapsedMs + chance.between(...FULL_MS);
      diary.fault('disk full', `until ${this.#fullUntilMs}`);
    }
    const isFull = timeline.elapsedMs < this.#fullUntilMs && odds.diskFull > 0;
    if (isFull || chance.happens(odds.writeError)) return this.#refuse(store, work, isFull);
    if (chance.happens(odds.slowDisk)) {
      diary.fault('slow disk');
      timeline.stall(chance.between(...SLOW_MS));
    }
    if (chance.happens(odds.crashBeforeCommit)) return this.#die('crash before commit', crash);
    const bytesBefore = this.#logBytes();
    const result = store.transact(work);
    if (this.#logBytes() > bytesBefore && chance.happens(odds.crashInCommit)) {
      this.#isTorn = true;
      return this.#die('crash in commit', crash);
    }
    this.#sync();
    if (chance.happens(odds.crashAfterCommit)) return this.#die('crash after commit', crash);
    return result;
  }

  /** As SQLite does it: all that was written in the transaction is undone. */
  #refuse<T>(store: ExecutionStore, work: () => T, isFull: boolean): T {
    if (!isFull) this.#options.diary.fault('write error');
    return store.transact(() => {
      work();
      throw new StoreUnavailable('database or disk is full');
    });
  }

  #die(how: string, crash: () => void): never {
    this.#options.diary.fault(how);
    crash();
    throw new ProcessGone();
  }

  #sync(): void {
    this.#commits++;
    if (this.#commits % (this.#options.syncEvery ?? 1) === 0) this.#lastingBytes = this.#logBytes();
  }

  #logBytes(): number {
    const log = `${this.#file}-wal`;
    return existsSync(log) ? statSync(log).size : 0;
  }

  #nextFile(): string {
    const folder = join(this.#options.folder, `${++this.#lives}`);
    mkdirSync(folder, { recursive: true });
    return join(folder, 'executions.sqlite');
  }
}

/** What had not been synced is there in part: some of its sectors are as they were written, others are not. */
function torn(log: Buffer, from: number, chance: Chance): Buffer {
  const kept = Buffer.from(log);
  for (let at = from; at < kept.length; at += SECTOR)
    if (chance.happens(0.4)) kept.fill(chance.between(0, 255), at, Math.min(at + SECTOR, kept.length));
  return kept;
}

/** A store that nothing was written to, made once. */
function newStoreIn(folder: string): string {
  const file = join(folder, '..', 'new.sqlite');
  if (existsSync(file)) return file;
  openSqliteExecutionStore(file).close();
  const database = new DatabaseSync(file);
  database.prepare("UPDATE secrets SET value = ? WHERE name = 'task-token-key'").run(TOKEN_KEY);
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  return file;
}
