import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openDataDir } from '../src/data-dir.ts';
import { refusalOf } from './refusal.ts';

const root = mkdtempSync(join(tmpdir(), 'countersign-data-dir-'));
after(() => rmSync(root, { recursive: true }));

function fresh(): string {
  return join(mkdtempSync(join(root, 'd-')), 'nested', 'data');
}

const refusal = (path: string) => refusalOf(() => openDataDir(path).close());

/** Another process that opens the folder and then only waits. */
async function startOwner(path: string) {
  const module = new URL('../src/data-dir.ts', import.meta.url).href;
  const script = `const { openDataDir } = await import(${JSON.stringify(module)});
    openDataDir(${JSON.stringify(path)}); gc(); process.stdout.write('open'); setInterval(() => {}, 1e6);`;
  const owner = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(owner.stdout, 'data');
  return owner;
}

test('a missing folder is created for this user alone, and says what it is', () => {
  const path = fresh();
  const dir = openDataDir(path);
  assert.equal(statSync(path).mode & 0o777, 0o700);
  assert.deepEqual(JSON.parse(readFileSync(join(path, 'countersign.json'), 'utf8')), { format: 2 });
  assert.equal(readFileSync(join(path, 'owner.pid'), 'utf8'), `${process.pid}\n`);
  assert.equal(dir.resolve('x'), join(path, 'x'));
  dir.close();
  assert.equal(existsSync(join(path, 'owner.pid')), false);
});

test('a folder of ours opens again, and is closed to others again', () => {
  const path = fresh();
  openDataDir(path).close();
  chmodSync(path, 0o755);
  openDataDir(path).close();
  assert.equal(statSync(path).mode & 0o777, 0o700);
});

test('a folder with other things in it is refused and left alone', async () => {
  const path = fresh();
  mkdirSync(path, { recursive: true, mode: 0o755 });
  writeFileSync(join(path, 'thesis.txt'), '');
  const error = await refusal(path);
  assert.equal(
    error.message,
    `The folder "${path}" holds other things ("thesis.txt") and was not made by Countersign.`,
  );
  assert.match(error.nextStep, /empty folder/v);
  assert.deepEqual(readdirSync(path), ['thesis.txt']);
  assert.equal(statSync(path).mode & 0o777, 0o755);
});

test('a folder of a newer version is refused and left alone', async () => {
  const path = fresh();
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'countersign.json'), '{"format":3}');
  const error = await refusal(path);
  assert.match(error.message, /written by a newer Countersign \(format 3, this one knows 2\)\.$/v);
  assert.match(error.nextStep, /newer version/v);
  assert.deepEqual(readdirSync(path), ['countersign.json']);
});

test('a folder of an older version is refused and left alone, never misread', async () => {
  const path = fresh();
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'countersign.json'), '{"format":1}');
  const error = await refusal(path);
  assert.match(error.message, /written by an older Countersign \(format 1, this one reads 2\)\.$/v);
  assert.match(error.nextStep, /older version until nothing waits/v);
  assert.deepEqual(readdirSync(path), ['countersign.json']);
});

test('a damaged marker is refused', async () => {
  for (const content of ['', '{', 'null', '[]', '{"format":"1"}', '{"format":0}', '{"format":1.5}']) {
    const path = fresh();
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'countersign.json'), content);
    assert.match((await refusal(path)).message, /is damaged/v, content);
  }
});

test('a start that was cut short before the marker leaves a folder that opens', () => {
  const path = fresh();
  mkdirSync(path, { recursive: true });
  for (const name of ['lock.sqlite', 'owner.pid', 'countersign.json.new']) writeFileSync(join(path, name), '');
  openDataDir(path).close();
});

test('a folder that cannot be marked is refused, and not held', async () => {
  const path = fresh();
  mkdirSync(join(path, 'owner.pid'), { recursive: true });
  assert.match((await refusal(path)).message, /cannot be used \(EISDIR\)/v);
  rmSync(join(path, 'owner.pid'), { recursive: true });
  openDataDir(path).close();
});

test('a file, or a place below one, is refused', async () => {
  const file = join(mkdtempSync(join(root, 'd-')), 'file');
  writeFileSync(file, '');
  assert.match((await refusal(file)).message, /cannot be used \((?:EEXIST|ENOTDIR)\)/v);
  assert.match((await refusal(join(file, 'below'))).message, /cannot be used \(ENOTDIR\)/v);
});

test('a second opening in the same process is refused', async () => {
  const path = fresh();
  const first = openDataDir(path);
  assert.match((await refusal(path)).message, new RegExp(`is in use by process ${process.pid}\\.$`, 'v'));
  first.close();
  openDataDir(path).close();
});

test('a folder held by another process is refused with its pid, and free at once when that is killed', async (t) => {
  const path = fresh();
  const owner = await startOwner(path);
  t.after(() => owner.kill('SIGKILL'));
  const error = await refusal(path);
  assert.equal(error.message, `The data folder "${path}" is in use by process ${owner.pid}.`);
  assert.match(error.nextStep, new RegExp(`kill ${owner.pid}`, 'v'));
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  assert.equal(existsSync(join(path, 'owner.pid')), true, 'the killed owner left its pid behind');
  openDataDir(path).close();
});
