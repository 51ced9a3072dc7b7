import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Journal, type JournalFile } from '../src/journal.ts';

const CAPACITY = 64 * 1024;
const SECTOR = 512;

/** A file in memory, and what fails when it is written. */
function fileOf(bytes = Buffer.alloc(0)) {
  const state = { bytes, syncs: 0, failing: false };
  const file: JournalFile = {
    read: () => Buffer.from(state.bytes),
    write: (written, at) => {
      state.bytes.set(written, at);
    },
    extendTo: (length) => {
      state.bytes = Buffer.concat([state.bytes, Buffer.alloc(length - state.bytes.length)]);
    },
    sync: () => {
      if (state.failing) throw new Error('EIO');
      state.syncs++;
    },
    syncAsync: () => Promise.try(() => file.sync()),
    close: () => {},
  };
  return { state, file };
}

function opened(file: JournalFile, after = 0): { journal: Journal; texts: readonly string[] } {
  const journal = new Journal(file, 'the journal', CAPACITY);
  return { journal, texts: journal.open(after) };
}

function append(journal: Journal, text: string): void {
  journal.write(text);
  journal.sync();
}

function written(...texts: string[]) {
  const { state, file } = fileOf();
  const { journal } = opened(file);
  for (const text of texts) append(journal, text);
  return { state, file, journal };
}

test('what was appended is read back in its order, and each was synced', () => {
  const { state, file } = written('one', 'zwölf 🐎', 'x'.repeat(3_000));
  assert.equal(state.syncs, 3);
  assert.deepEqual(opened(file).texts, ['one', 'zwölf 🐎', 'x'.repeat(3_000)]);
  assert.deepEqual(opened(file, 1).texts, ['zwölf 🐎', 'x'.repeat(3_000)]);
});

test('a last text that was not written whole is left out, whichever of its sectors are missing', () => {
  for (let missing = 0; missing < 3; missing++) {
    const { state, file } = written('one', 'y'.repeat(1_200));
    state.bytes.fill(0, (1 + missing) * SECTOR, (2 + missing) * SECTOR);
    assert.deepEqual(opened(file).texts, ['one']);
  }
});

test('a text that was damaged since is named, wherever the bit flipped', () => {
  for (let bit = 0; bit < 8 * 19; bit += 7) {
    const { state, file } = written('one', 'two', 'three');
    const at = SECTOR + (bit >> 3);
    state.bytes[at] = (state.bytes[at] ?? 0) ^ (1 << (bit & 7));
    assert.throws(() => opened(file), { name: 'StoreDamaged', message: /^the journal at 512 is damaged/ });
  }
});

test('a text that is missing is named', () => {
  const { state, file } = written('one', 'two', 'three');
  state.bytes.copyWithin(0, SECTOR);
  assert.throws(() => opened(file), { name: 'StoreDamaged' });
  assert.deepEqual(opened(file, 1).texts, ['two', 'three'], 'unless it is held elsewhere');
});

test('it starts anew where what it held is held elsewhere, and what is left of the lap before is not read', () => {
  const { file, journal } = written('one', 'two', 'three');
  journal.restart(3);
  assert.deepEqual(opened(file, 3).texts, []);
  append(journal, 'four');
  assert.deepEqual(opened(file, 3).texts, ['four']);
  const { journal: next } = opened(file, 3);
  assert.equal(next.last, 4);
});

test('numbers that were skipped are not missed', () => {
  const { file, journal } = written('one', 'two');
  journal.restart(7);
  append(journal, 'eight');
  assert.deepEqual(opened(file, 7).texts, ['eight']);
});

test('it takes so much and no more, and what it takes is zeros before', () => {
  const { state, journal } = written('one');
  assert.equal(state.bytes.length, 2 ** 20);
  assert.ok(journal.hasRoomFor('x'.repeat(CAPACITY - 2 * SECTOR)));
  assert.ok(!journal.hasRoomFor('x'.repeat(CAPACITY)));
  assert.ok(journal.fullness > 0 && journal.fullness < 0.1);
});

test('where it cannot be synced, that is thrown', () => {
  const { state, journal } = written('one');
  state.failing = true;
  assert.throws(() => append(journal, 'two'), /EIO/);
});

test('what was written is part of it once it was synced, and not before', async () => {
  const { state, journal } = written('one');
  journal.write('two');
  assert.equal(journal.last, 1);
  await journal.syncAsync();
  assert.equal(journal.last, 2);
  state.failing = true;
  journal.write('three');
  await assert.rejects(journal.syncAsync(), /EIO/);
  assert.equal(journal.last, 2);
});

test('a sync that nobody waited for counts once, also where another came before its end', async () => {
  const { file, journal } = written('one');
  journal.write('two');
  const late = journal.syncAsync();
  journal.sync();
  journal.write('three');
  await late;
  assert.equal(journal.last, 2, 'it says nothing of what was written after it began');
  journal.sync();
  assert.deepEqual(opened(file).texts, ['one', 'two', 'three']);
});
