import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { ExecutionStore } from './execution-store.ts';
import { Journal } from './journal.ts';
import { openJournalFile } from './journal-file.ts';
import { JournaledExecutionStore } from './journaled-execution-store.ts';
import { StoreDamaged } from './seal.ts';
import { memoryExecutionStore, openSqliteExecutionStore } from './sqlite-execution-store.ts';

/** What the journal may take: some thousands of steps, and what is read when the process before this one was killed. */
const JOURNAL_BYTES = 16 * 2 ** 20;

/** Those of this process, by their file. */
const stores = new Map<string, JournaledExecutionStore>();

/**
 * Opens or makes a file of executions, with a journal beside it, `FILE.journal`. What a transaction wrote survives the process and the
 * power from the moment that it returns, on a disk that honours fsync. The two files belong together: neither says everything without
 * the other unless the store was closed.
 *
 * @throws if the file was written by a newer release, is no database, or its journal is damaged or missing.
 */
export function openExecutionStore(file: string): ExecutionStore {
  if (file === ':memory:') return memoryExecutionStore();
  const database = openSqliteExecutionStore(file);
  try {
    const name = `${file}.journal`;
    if (database.isJournalInUse && !existsSync(name)) throw new StoreDamaged(name, 'it is missing');
    const journal = new Journal(openJournalFile(name), name, JOURNAL_BYTES);
    const path = resolve(file);
    try {
      const store = new JournaledExecutionStore(database, journal, { onClose: () => stores.delete(path) });
      stores.set(path, store);
      return store;
    } catch (error) {
      journal.close();
      throw error;
    }
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Copies everything to a database of its own, which needs no journal. Only the process that has the file may ask for it.
 *
 * @param to a file that is not there, or empty
 */
export function copyExecutionStore(file: string, to: string): void {
  settleExecutionStore(file);
  const from = new DatabaseSync(file);
  try {
    from.prepare('VACUUM INTO ?').run(to);
  } finally {
    from.close();
  }
  const copy = openSqliteExecutionStore(to);
  copy.useJournal(false);
  copy.close();
}

/** Brings everything into the database. Only the process that has the file may ask for it. */
export function settleExecutionStore(file: string): void {
  const store = stores.get(resolve(file));
  if (store === undefined) openExecutionStore(file).close();
  else store.settle();
}
