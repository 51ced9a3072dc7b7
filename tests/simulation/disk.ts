import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreUnavailable } from '../../local/engine/src/execution-store.ts';
import type { ExecutionStore } from '../../local/engine/src/index.ts';
import { Journal } from '../../local/engine/src/journal.ts';
import { JournaledExecutionStore } from '../../local/engine/src/journaled-execution-store.ts';
import { openSqliteExecutionStore, type SqliteExecutionStore } from '../../local/engine/src/sqlite-execution-store.ts';
import type { Chance } from './chance.ts';
import type { Diary } from './diary.ts';
import type { Faults } from './faults.ts';
import { JournalOnDisk } from './journal-on-disk.ts';
import type { Timeline } from './timeline.ts';

/** Whoever still runs after the process was gone is met by this. */
export class ProcessGone extends Error {}

export interface DiskOptions {
  readonly folder: string;
  readonly chance: Chance;
  readonly timeline: Timeline;
  readonly diary: Diary;
  readonly faults: () => Faults;
  /** Every how many commits are made to last. As it has to be, each of them. @default 1 */
  readonly syncEvery?: number;
}

const FULL_MS = [500, 60_000] as const;
const SLOW_MS = [20, 3_000] as const;
/** How long a sync takes that nobody waits for. */
const SYNC_MS = [0, 5] as const;
const SECTOR = 512;
/** Small ones, so that the journal starts anew and the database gets a part of what it has not heard of many times in a life. */
const JOURNAL_BYTES = 48 * 1024;
const UNSETTLED_MAX = 6;
/** A key that is the same in each simulation, so that tokens are, too. */
const TOKEN_KEY = Buffer.alloc(32, 7);

/**
 * The disk under the engine's store: the journal, and files of SQLite's own, of which a crash leaves what was made to last, and of the
 * rest as much as chance says. The store itself is the real one; it is only told that the disk is full, or slow.
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
  readonly #journal = new JournalOnDisk();

  constructor(options: DiskOptions) {
    this.#options = options;
    this.#file = this.#nextFile();
    copyFileSync(newStoreIn(options.folder), this.#file);
  }

  /** The store of a process that has just started. `crash` ends that process. */
  open(crash: () => void, isGone: () => boolean): ExecutionStore {
    const database = openSqliteExecutionStore(this.#file);
    this.#noteSyncs(database);
    const journal = this.#journal.open({
      isKept: () => this.#onJournalSync(crash, isGone),
      pause: () => this.#options.timeline.pause(this.#options.chance.between(...SYNC_MS)),
    });
    const store = new JournaledExecutionStore(database, new Journal(journal, 'the journal', JOURNAL_BYTES), {
      unsettledMax: UNSETTLED_MAX,
      settledAtOnce: 1,
    });
    this.#opened.push(store);
    const members: Partial<ExecutionStore> = {
      transact: (work) => {
        const asked = this.#begin(work, crash, isGone);
        const result = unlessGone(isGone, () => store.transact(asked));
        this.#end(crash);
        return result;
      },
      transactAsync: async (work) => {
        const asked = this.#begin(work, crash, isGone);
        await store.transactAsync(asked).catch((error: unknown) => {
          throw isGone() ? new ProcessGone() : error;
        });
        this.#end(crash);
      },
      close() {},
    };
    return new Proxy(store, {
      get(target, name) {
        const member: unknown = Reflect.get(members, name) ?? Reflect.get(target, name, target);
        return typeof member === 'function' ? (member.bind(target) as unknown) : member;
      },
    });
  }

  /** The process is gone, and perhaps the power with it: goes on with what the disk has kept. */
  loseWhatDoesNotLast(): void {
    const { chance, diary, faults } = this.#options;
    const log = existsSync(`${this.#file}-wal`) ? readFileSync(`${this.#file}-wal`) : Buffer.alloc(0);
    const from = Math.min(this.#lastingBytes, log.length);
    let kept: Buffer = log;
    if (chance.happens(0.7)) {
      if (this.#journal.tear(chance)) diary.fault('torn write', 'of the journal');
      const isTorn = chance.happens(faults().tornWrite) && log.length > from;
      const cut = chance.between(from, log.length);
      kept = isTorn ? torn(log, from, chance) : log.subarray(0, cut);
      if (kept.length < log.length || isTorn)
        diary.fault(isTorn ? 'torn write' : 'lost write', `${from} ${cut} of ${log.length}`);
      this.#lastingBytes = kept.length;
    }
    const before = this.#file;
    this.#file = this.#nextFile();
    copyFileSync(before, this.#file);
    writeFileSync(`${this.#file}-wal`, kept);
  }

  /** Moves the log into the database, as SQLite does now and then. */
  checkpoint(): void {
    const database = new DatabaseSync(this.#file);
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    database.close();
    this.#lastingBytes = this.#logBytes();
    this.#options.diary.write('checkpoint');
  }

  /** The database with its journal beside it, for whoever examines them. */
  laidOut(): string {
    writeFileSync(`${this.#file}.journal`, this.#journal.bytes);
    return this.#file;
  }

  close(): void {
    for (const store of this.#opened) store.close();
  }

  /** What may happen before a transaction. Answers with its work, which is refused if the disk is full. */
  #begin<T>(work: () => T, crash: () => void, isGone: () => boolean): () => T {
    const { chance, timeline, diary, faults } = this.#options;
    const odds = faults();
    if (isGone()) throw new ProcessGone();
    if (chance.happens(odds.diskFull) && timeline.elapsedMs > this.#fullUntilMs) {
      this.#fullUntilMs = timeline.elapsedMs + chance.between(...FULL_MS);
      diary.fault('disk full', `until ${this.#fullUntilMs}`);
    }
    if (timeline.elapsedMs < this.#fullUntilMs && odds.diskFull > 0) return refused(work);
    if (chance.happens(odds.slowDisk)) {
      diary.fault('slow disk');
      timeline.stall(chance.between(...SLOW_MS));
    }
    if (chance.happens(odds.crashBeforeCommit)) this.#die('crash before commit', crash);
    return work;
  }

  #end(crash: () => void): void {
    if (this.#options.chance.happens(this.#options.faults().crashAfterCommit)) this.#die('crash after commit', crash);
  }

  /** Notes what SQLite has made to last. A commit that has nothing to write syncs nothing either. */
  #noteSyncs(database: SqliteExecutionStore): void {
    const commit = database.commit.bind(database);
    database.commit = () => {
      const before = { syncs: database.syncs, writes: this.#logWrites() };
      commit();
      if (database.syncs > before.syncs && this.#logWrites() > before.writes) this.#lastingBytes = this.#logBytes();
    };
  }

  /** Answers whether what was written is kept from now on. */
  #onJournalSync(crash: () => void, isGone: () => boolean): boolean {
    const { chance, diary, faults, syncEvery = 1 } = this.#options;
    if (isGone()) throw new ProcessGone();
    if (chance.happens(faults().crashInCommit)) this.#die('crash in commit', crash);
    if (chance.happens(faults().writeError)) {
      diary.fault('write error');
      throw new Error('EIO: i/o error, fdatasync');
    }
    this.#commits++;
    return this.#commits % syncEvery === 0;
  }

  #die(how: string, crash: () => void): never {
    this.#options.diary.fault(how);
    crash();
    throw new ProcessGone();
  }

  /** How many commits were written to the log, as SQLite counts them: walformat.html, "iChange". */
  #logWrites(): number {
    return readFileSync(`${this.#file}-shm`).readUInt32LE(8);
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

/** Whatever a process does with an error that it met when it was gone, nobody hears of it. */
function unlessGone<T>(isGone: () => boolean, transact: () => T): T {
  try {
    return transact();
  } catch (error) {
    throw isGone() ? new ProcessGone() : error;
  }
}

/** As SQLite does it: all that was written in the transaction is undone. */
function refused<T>(work: () => T): () => T {
  return () => {
    work();
    throw new StoreUnavailable('database or disk is full');
  };
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
