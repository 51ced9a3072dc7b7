import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { openExecutionStore } from '../src/open-execution-store.ts';
import { memoryExecutionStore } from '../src/sqlite-execution-store.ts';
import { executionStoreContract } from './execution-store.contract.ts';
import { resourceStoreContract } from './resource-store.contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'execution-store-'));
after(() => rmSync(folder, { recursive: true }));
let files = 0;
const newFile = (): string => join(folder, `${files++}.sqlite`);

executionStoreContract('in a file', () => openExecutionStore(newFile()));
executionStoreContract('in memory', memoryExecutionStore);
resourceStoreContract('in a file', () => openExecutionStore(newFile()));
resourceStoreContract('in memory', memoryExecutionStore);

test('the key of the task tokens stays with the file', () => {
  const file = newFile();
  const first = openExecutionStore(file);
  const key = Buffer.from(first.tokenKey);
  first.close();
  const second = openExecutionStore(file);
  assert.deepEqual(Buffer.from(second.tokenKey), key);
  second.close();
});

test('a file of a newer release is refused, and not written to', () => {
  const file = newFile();
  const newer = new DatabaseSync(file);
  newer.exec('PRAGMA user_version = 99; CREATE TABLE future (a)');
  newer.close();
  assert.throws(() => openExecutionStore(file), /format 99, and this release reads format \d+/);
  const again = new DatabaseSync(file);
  assert.equal(again.prepare('PRAGMA user_version').get()?.['user_version'], 99);
  again.close();
});

test('a file that is no database is refused', () => {
  const file = newFile();
  writeFileSync(file, 'not a database, but long enough to be taken for one. '.repeat(100));
  assert.throws(() => openExecutionStore(file), /not a database/);
});
