import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { StoreUnavailable, type ExecutionStore, type StoredExecution } from '../src/execution-store.ts';
import { openJournalFile } from '../src/journal-file.ts';
import { Journal, type JournalFile } from '../src/journal.ts';
import { JournaledExecutionStore } from '../src/journaled-execution-store.ts';
import { copyExecutionStore, openExecutionStore } from '../src/open-execution-store.ts';
import { memoryExecutionStore, openSqliteExecutionStore } from '../src/sqlite-execution-store.ts';
import { executionStoreContract } from './execution-store.contract.ts';
import { resourceStoreContract } from './resource-store.contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'journaled-'));
after(() => rmSync(folder, { recursive: true }));
let files = 0;
const newFile = (): string => join(folder, `${files++}.sqlite`);

/** One that settles all the time, and whose journal is soon full. */
function small(file: string, journalFile: JournalFile = openJournalFile(`${file}.journal`)): JournaledExecutionStore {
  const journal = new Journal(journalFile, 'the journal', 8 * 1024);
  return new JournaledExecutionStore(openSqliteExecutionStore(file), journal, { unsettledMax: 3, settledAtOnce: 1 });
}

executionStoreContract('behind a small journal', () => small(newFile()));
resourceStoreContract('behind a small journal', () => small(newFile()));

const NOW = 1_760_000_000_000;

function execution(id: number, name: string): StoredExecution {
  const fixed = { stateMachineId: 1, revisionId: 1, version: null, alias: null, traceHeader: null, redriveCount: 0 };
  const progress = { status: 'RUNNING', stoppedAtMs: null, output: null, error: null, cause: null } as const;
  const place = { lastEventId: 1, lastEffectId: 0, position: '{"at":"start"}' };
  return { id, ...fixed, name, startedAtMs: NOW + id, input: `{"of":"${name}"}`, ...progress, ...place };
}

/** Of executions 1 to 3, where they are there. */
const namesIn = (store: ExecutionStore) => [1, 2, 3].map((number) => store.loadExecution(number)?.name);

/** What a store tells of executions 1 to 5, by way of everything that looks at one, or at many. */
function told(store: ExecutionStore) {
  const ids = [1, 2, 3, 4, 5];
  return JSON.parse(
    JSON.stringify({
      due: store.nextDueAtMs(),
      each: ids.map((id) => store.loadExecution(id) ?? null),
      named: ids.map((id) => store.findExecutionOf(1, `e${id}`)?.status ?? null),
      events: ids.map((id) => [...store.readEvents(id, 1, false)]),
      listed: store.listExecutions({ stateMachineId: 1 }, undefined, Number.MAX_SAFE_INTEGER, 10),
      effects: store.nextEffects(20),
      waits: store.waits({}, undefined, 20),
      inFlight: store.effectsInFlight(20),
      last: store.lastExecutionId(),
    }),
  ) as unknown;
}

const id = fc.integer({ min: 1, max: 5 });
const effectId = fc.integer({ min: 1, max: 4 });
const dueAtMs = fc.integer({ min: NOW, max: NOW + 50 });
const step = fc.oneof(
  fc.record({ do: fc.constant('insert' as const), id }),
  fc.record({ do: fc.constant('move' as const), id, to: fc.nat(99) }),
  fc.record({ do: fc.constant('end' as const), id, output: fc.string({ unit: 'binary', maxLength: 40 }) }),
  fc.record({ do: fc.constant('events' as const), id, from: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ do: fc.constant('effect' as const), id, effectId, dueAtMs, inFlight: fc.boolean() }),
  fc.record({ do: fc.constant('wait' as const), id, effectId, dueAtMs }),
  fc.record({ do: fc.constant('postpone' as const), id, effectId, dueAtMs }),
  fc.record({ do: fc.constant('done' as const), id, effectId }),
  fc.record({ do: fc.constant('delete' as const), id }),
  fc.record({ do: fc.constant('activity' as const), id }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;
const transaction = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 6 }),
  next: fc.constantFrom('commit', 'commit', 'later', 'later', 'throw', 'look', 'reopen', 'copy'),
});

function make(store: ExecutionStore, asked: Step): void {
  const isThere = store.loadExecution(asked.id) !== undefined;
  if (asked.do === 'activity') store.offerToWorkers(asked.id, 1, 'arn:desk', 'x');
  else if (asked.do === 'insert') {
    if (!isThere) store.insertExecution(execution(asked.id, `e${asked.id}`));
  } else if (!isThere) return;
  else if (asked.do === 'move')
    store.moveExecution(asked.id, { lastEventId: asked.to, lastEffectId: 2, position: `{"at":${asked.to}}` });
  else if (asked.do === 'end') {
    const { lastEventId, lastEffectId } = execution(asked.id, '');
    const ended = { status: 'SUCCEEDED', stoppedAtMs: NOW, output: asked.output, error: null, cause: null } as const;
    store.updateExecution(asked.id, { ...ended, lastEventId, lastEffectId, redriveCount: 0, position: null });
  } else if (asked.do === 'events') store.appendEvents(asked.id, asked.from, `{"from":${asked.from}}`);
  else if (asked.do === 'effect') store.putEffect(asked.id, asked.effectId, asked.dueAtMs, asked.inFlight);
  else if (asked.do === 'wait') store.putWait(asked.id, asked.effectId, asked.dueAtMs, 1);
  else if (asked.do === 'postpone') store.postponeEffect(asked.id, asked.effectId, asked.dueAtMs);
  else if (asked.do === 'done') store.removeEffect(asked.id, asked.effectId);
  else store.deleteExecution(asked.id);
}

test('whatever is written, thrown away, asked for and opened again, it tells what SQLite alone would', () => {
  return fc.assert(
    fc.asyncProperty(fc.array(transaction, { maxLength: 25 }), async (transactions) => {
      const later: Promise<void>[] = [];
      let file = newFile();
      let store = small(file);
      const model = memoryExecutionStore();
      for (const { steps, next } of transactions) {
        const work = (on: ExecutionStore) => () => {
          for (const asked of steps) make(on, asked);
          assert.equal(on.nextDueAtMs(), on.nextDueAtMs());
          if (next === 'throw') throw new RangeError('thrown away');
        };
        for (const on of [store, model])
          if (next === 'throw') assert.throws(() => on.transact(work(on)), RangeError);
          else if (next === 'later') later.push(on.transactAsync(work(on)));
          else on.transact(work(on));
        assert.equal(store.nextDueAtMs(), model.nextDueAtMs());
        if (next === 'look') assert.deepEqual(told(store), told(model));
        if (next === 'copy') assert.deepEqual(toldByCopy(store, file), told(model));
        // As after a kill: what the process held is gone, and its files are as they are.
        if (next === 'reopen') store = small((file = copied(file, newFile())));
      }
      await Promise.all(later);
      assert.deepEqual(told(store), told(model));
      store.close();
      model.close();
    }),
    { numRuns: 150 },
  );
});

/** What the database tells by itself, as in a backup, once it was told everything. */
function toldByCopy(store: JournaledExecutionStore, file: string) {
  store.settle();
  const to = copied(file, newFile());
  rmSync(`${to}.journal`, { force: true });
  const copy = small(to);
  const tells = told(copy);
  copy.close();
  return tells;
}

function copied(file: string, to: string): string {
  for (const ending of ['', '-wal', '.journal'])
    if (existsSync(`${file}${ending}`)) copyFileSync(`${file}${ending}`, `${to}${ending}`);
  return to;
}

test('a transaction whose journal could not be written is refused, does not come back, and those after it are kept', () => {
  const file = newFile();
  const journalFile = openJournalFile(`${file}.journal`);
  let isFailing = false;
  const failing: JournalFile = {
    ...journalFile,
    sync: () => {
      if (isFailing) throw new Error('EIO: i/o error, fdatasync');
      journalFile.sync();
    },
  };
  const store = small(file, failing);
  const insert = (number: number): void => store.transact(() => store.insertExecution(execution(number, `e${number}`)));
  insert(1);
  isFailing = true;
  assert.throws(() => insert(2), StoreUnavailable);
  assert.equal(store.loadExecution(2), undefined);
  isFailing = false;
  // What was refused is in the file all the same, and cannot come back.
  const died = small(copied(file, newFile()));
  assert.deepEqual(namesIn(died), ['e1', undefined, undefined]);
  died.close();

  insert(3);
  const again = small(copied(file, newFile()));
  assert.deepEqual(namesIn(again), ['e1', undefined, 'e3']);
  again.close();
  store.close();
});

/** A store whose next sync that nobody waits for ends when it is told to. */
function holdingUp() {
  const file = newFile();
  const journalFile = openJournalFile(`${file}.journal`);
  const held: PromiseWithResolvers<void>[] = [];
  const faults = { sync: false };
  const store = small(file, {
    ...journalFile,
    sync() {
      if (faults.sync) throw new Error('EIO: i/o error, fdatasync');
      journalFile.sync();
    },
    syncAsync() {
      const sync = Promise.withResolvers<void>();
      held.push(sync);
      return sync.promise;
    },
  });
  const insert = (number: number) => store.transactAsync(() => store.insertExecution(execution(number, `e${number}`)));
  const names = () => namesIn(store);
  return { store, file, held, faults, insert, names };
}

test('nobody reads what is not on disk: whoever asks waits for it', async () => {
  const { store, file, held, insert, names } = holdingUp();
  const first = insert(1);
  assert.deepEqual(names(), ['e1', undefined, undefined]);
  const died = small(copied(file, newFile()));
  assert.equal(died.loadExecution(1)?.name, 'e1');
  died.close();
  const second = insert(2);
  // The one that began before cannot speak for it.
  held[0]?.reject(new Error('EIO: i/o error, fdatasync'));
  await first;
  held[1]?.resolve();
  await second;
  assert.deepEqual(names(), ['e1', 'e2', undefined]);
  assert.equal(store.commits, 2);
  store.close();
});

test('what the disk does not take is undone before anybody reads it, and who wrote it is told', async () => {
  for (const isRead of [true, false]) {
    const { store, file, held, faults, insert, names } = holdingUp();
    store.transact(() => store.insertExecution(execution(1, 'e1')));
    const refused = assert.rejects(insert(2), StoreUnavailable);
    faults.sync = true;
    if (isRead) assert.deepEqual(names(), ['e1', undefined, undefined]);
    held[0]?.reject(new Error('EIO: i/o error, fdatasync'));
    await refused;
    assert.deepEqual(names(), ['e1', undefined, undefined]);
    faults.sync = false;
    store.transact(() => store.insertExecution(execution(3, 'e3')));
    const died = small(copied(file, newFile()));
    assert.deepEqual(namesIn(died), ['e1', undefined, 'e3']);
    died.close();
    store.close();
  }
});

const movings: Record<string, (store: ExecutionStore) => void> = {
  moves: (store) => store.moveExecution(1, { lastEventId: 9, lastEffectId: 0, position: '{"at":"end"}' }),
  deletes: (store) => store.deleteExecution(1),
};
for (const [how, change] of Object.entries(movings))
  test(`the database is told nothing of a transaction that ${how} an execution before the journal has it`, async () => {
    const { store, file, held } = holdingUp();
    for (const number of [1, 2]) store.transact(() => store.insertExecution(execution(number, `e${number}`)));
    const before = newFile();
    copyFileSync(`${file}.journal`, `${before}.journal`);
    // Now there are more than are to be left unsettled, and the first has waited longest.
    const later = store.transactAsync(() => {
      change(store);
      for (const number of [3, 4, 5]) store.insertExecution(execution(number, `e${number}`));
    });
    for (const ending of ['', '-wal']) copyFileSync(`${file}${ending}`, `${before}${ending}`);
    const died = small(before);
    assert.deepEqual(died.loadExecution(1), execution(1, 'e1'));
    assert.equal(died.loadExecution(5), undefined);
    died.close();
    held[0]?.resolve();
    await later;
    assert.equal(store.loadExecution(5)?.name, 'e5');
    store.close();
  });

/** What a commit that has nothing to write leaves as it is: SQLite's count of what was written to the log (walformat.html, "iChange"). */
const writesOf = (file: string): number => readFileSync(`${file}-shm`).readUInt32LE(8);

test('the journal is written over only after SQLite has synced, also where a transaction changes nothing there', () => {
  const file = newFile();
  const store = small(file);
  store.transact(() => store.insertExecution(execution(1, 'e1')));
  // SQLite is told, and does not sync.
  assert.equal(store.lastExecutionId(), 1);
  const before = writesOf(file);
  store.transact(() => store.removeAwaited(9, 9));
  assert.ok(writesOf(file) > before);
  store.close();
});

test('a process that finds everything settled has SQLite sync it before it writes over the journal', () => {
  const file = newFile();
  const store = small(file);
  store.transact(() => store.insertExecution(execution(1, 'e1')));
  assert.equal(store.lastExecutionId(), 1);
  const killed = copied(file, newFile());
  const settledIn = (): number => {
    const database = new DatabaseSync(killed);
    const { settled } = { ...database.prepare('SELECT settled FROM journal').get() };
    database.close();
    return Number(settled);
  };
  const before = settledIn();
  const second = small(killed);
  assert.ok(settledIn() > before);
  assert.equal(second.loadExecution(1)?.name, 'e1');
  second.close();
  store.close();
});

test('what comes after the end is refused, and reaches no other file', async () => {
  const journal = openJournalFile(join(folder, `${files++}.journal`));
  journal.extendTo(1024);
  journal.close();
  assert.throws(() => journal.write(Buffer.from('x'), 0), /is closed/);
  assert.throws(() => journal.sync(), /is closed/);
  await assert.rejects(journal.syncAsync(), /is closed/);
});

test('without its journal a file that was not closed is refused, and one that was closed is whole', () => {
  const file = newFile();
  const store = openExecutionStore(file);
  store.transact(() => store.insertExecution(execution(1, 'e1')));
  const killed = copied(file, newFile());
  rmSync(`${killed}.journal`);
  assert.throws(() => openExecutionStore(killed), {
    name: 'StoreDamaged',
    message: /journal is damaged: it is missing/,
  });
  store.close();

  const closed = copied(file, newFile());
  rmSync(`${closed}.journal`);
  const whole = openExecutionStore(closed);
  assert.equal(whole.loadExecution(1)?.name, 'e1');
  whole.close();
});

test('a copy that is made while it is in use has everything, and needs no journal', () => {
  const file = newFile();
  const store = openExecutionStore(file);
  store.transact(() => store.insertExecution(execution(1, 'e1')));
  const to = newFile();
  copyExecutionStore(file, to);
  store.transact(() => store.insertExecution(execution(2, 'e2')));
  const copy = openExecutionStore(to);
  assert.deepEqual(namesIn(copy), ['e1', undefined, undefined]);
  copy.close();
  store.close();
});

test('a copy needs no journal either where all that was not settled has been deleted', () => {
  const file = newFile();
  const store = small(file);
  for (const number of [1, 2, 3]) store.transact(() => store.insertExecution(execution(number, `e${number}`)));
  // The first is settled by now, the others were never told to the database.
  store.transact(() => {
    store.deleteExecution(2);
    store.deleteExecution(3);
  });
  assert.deepEqual(toldByCopy(store, file), told(store));
  store.close();
});

test('a journal that has less than the database has seen is named', () => {
  const file = newFile();
  small(file).close();
  const database = new DatabaseSync(file);
  database.exec('UPDATE journal SET settled = 3, seen = 5');
  database.close();
  const copy = copied(file, newFile());
  writeFileSync(`${copy}.journal`, '');
  assert.throws(() => small(copy), { name: 'StoreDamaged', message: /the journal is damaged: it ends at/ });
});

test('a file of the format before gets a journal', () => {
  const file = newFile();
  openSqliteExecutionStore(file).close();
  const before = new DatabaseSync(file);
  before.exec('DROP TABLE journal; PRAGMA user_version = 5');
  before.close();
  const store = openExecutionStore(file);
  store.transact(() => store.insertExecution(execution(1, 'e1')));
  store.close();
  const again = openExecutionStore(file);
  assert.equal(again.loadExecution(1)?.name, 'e1');
  again.close();
});

test('what the database would refuse is refused at once, and stands in nobody else’s way', () => {
  const store = small(newFile());
  const moved = { lastEventId: NaN, lastEffectId: 1, position: null };
  store.transact(() => store.insertExecution(execution(1, 'e1')));
  assert.throws(() => store.transact(() => store.moveExecution(1, moved)), { name: 'StoreDamaged' });
  store.transact(() => store.insertExecution(execution(2, 'e2')));
  assert.equal(store.listExecutions({ stateMachineId: 1 }, undefined, 99, 9).length, 2);
  store.close();
});
