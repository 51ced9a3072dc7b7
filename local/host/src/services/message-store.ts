import type { DatabaseSync } from 'node:sqlite';
import { openDurableDatabase } from './durable-database.ts';

/** "CSMS" in ASCII. */
const APPLICATION_ID = 0x43534d53;
const SCHEMA_VERSION = 1;

const SCHEMA = `
  CREATE TABLE deliveries (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    receiver TEXT NOT NULL,
    payload TEXT NOT NULL,
    accepted_ms INTEGER NOT NULL,
    due_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX deliveries_by_due ON deliveries (due_ms, sequence);

  CREATE TABLE schedules (
    name TEXT PRIMARY KEY,
    expression TEXT NOT NULL,
    due_ms INTEGER
  ) STRICT, WITHOUT ROWID;
`;

/** Opens the file of all messages that are not delivered yet, and of when schedules fire next. `:memory:` keeps nothing. */
export function openMessageDatabase(file: string): DatabaseSync {
  return openDurableDatabase(file, {
    applicationId: APPLICATION_ID,
    schemaVersion: SCHEMA_VERSION,
    schema: SCHEMA,
    holds: 'events and messages',
  });
}

export interface MessageWrites {
  /**
   * Runs a change with all others of this turn of the event loop in one transaction. Settles when that is on disk; where
   * it fails, nothing of it was kept.
   */
  write<T>(change: () => T): Promise<T>;
  /** Calls back when the transaction under way is on disk. */
  afterCommit(callback: () => void): void;
  /** Nothing waits to be committed. */
  isResting(): boolean;
  /** Commits what waits. Later writes are refused. */
  close(): void;
}

interface Waiting {
  readonly attempt: () => () => void;
  readonly fail: (error: unknown) => void;
}

export function createMessageWrites(database: DatabaseSync): MessageWrites {
  let waiting: Waiting[] = [];
  let callbacks: (() => void)[] = [];
  let isClosed = false;

  function commit(batch: readonly Waiting[]): void {
    callbacks = [];
    let settle: (() => void)[];
    try {
      database.exec('BEGIN IMMEDIATE');
      settle = batch.map(({ attempt }) => attempt());
      database.exec('COMMIT');
    } catch (error) {
      // Some errors, a full disk among them, have rolled back already.
      if (database.isTransaction) database.exec('ROLLBACK');
      // One that cannot be kept must not take its neighbours with it.
      if (batch.length > 1) for (const one of batch) commit([one]);
      else batch[0]?.fail(error);
      return;
    }
    for (const done of [...settle, ...callbacks]) done();
  }

  function flush(): void {
    const batch = waiting;
    waiting = [];
    if (batch.length > 0) commit(batch);
  }

  return {
    write(change) {
      if (isClosed) return Promise.reject(new Error('the store of messages is closed: nothing was kept'));
      return new Promise((resolve, reject) => {
        if (waiting.length === 0) setImmediate(flush);
        waiting.push({
          attempt() {
            const value = change();
            return () => resolve(value);
          },
          fail: reject,
        });
      });
    },
    afterCommit: (callback) => void callbacks.push(callback),
    isResting: () => waiting.length === 0,
    close() {
      isClosed = true;
      flush();
    },
  };
}
