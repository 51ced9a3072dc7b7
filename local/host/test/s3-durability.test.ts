import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import fs, { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { HostError } from '../src/errors.ts';
import { silentLog } from '../src/log.ts';
import { pragma } from '../src/services/durable-database.ts';
import { openDatabase } from '../src/services/s3-database.ts';
import { S3Error } from '../src/services/s3-error.ts';
import { createStore } from '../src/services/s3-store.ts';
import { openS3 } from '../src/services/s3.ts';
import { Bucket, SIGNED, startS3, temporaryFolder } from './s3-fixture.ts';

const CHILD = join(import.meta.dirname, 's3-child.ts');
const newFile = (t: TestContext) => join(temporaryFolder(t), 's3.sqlite');
const open = (file: string) => openS3({ file, region: 'eu-west-1', log: silentLog });

test('objects and buckets are there after a restart', async (t) => {
  const file = newFile(t);
  const first = await startS3(t, { file });
  await first.client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'hello', Metadata: { a: '1' } }));
  first.service.close();
  await assert.rejects(first.client.send(new GetObjectCommand({ Bucket, Key: 'k' })), /stopped/v);

  const { client } = await startS3(t, { file });
  const got = await client.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  assert.equal(await got.Body?.transformToString(), 'hello');
  assert.deepEqual(got.Metadata, { a: '1' });
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('all puts that were answered are there after kill -9', async (t) => {
  const file = newFile(t);
  const { child, endpoint } = await spawnS3(t, [process.execPath, CHILD, file]);
  const answered: string[] = [];
  const write = async (writer: number): Promise<void> => {
    for (let count = 0; ; count++) {
      const key = `${writer}/${count}`;
      if ((await putRaw(endpoint, key, key)) !== 200) return;
      answered.push(key);
      if (answered.length === 300) child.kill('SIGKILL');
    }
  };
  const writers = [0, 1, 2, 3, 4, 5, 6, 7];
  const outcomes = await Promise.allSettled(writers.map(write));
  assert.ok(outcomes.every(({ status }) => status === 'rejected'));
  assert.ok(answered.length >= 300);

  const { client } = await startS3(t, { file });
  for (const Key of answered) {
    const got = await client.send(new GetObjectCommand({ Bucket, Key }));
    assert.equal(await got.Body?.transformToString(), Key);
  }
});

test('writes of one turn share one commit, and writes one after the other have one each', async (t) => {
  const store = createStore(openDatabase(newFile(t)), Date.now);
  t.after(() => store.close());
  store.putBucket(Bucket, false, []);
  const bucket = store.bucket(Bucket);
  assert.ok(bucket);
  const put = (key: string) => store.write(() => store.put(bucket, Buffer.from(key), object('hello')));
  await Promise.all(Array.from({ length: 200 }, (_, index) => put(`together ${index}`)));
  assert.deepEqual(store.stats(), { commits: 1, writes: 200 });
  for (let index = 0; index < 20; index++) await put(`alone ${index}`);
  assert.deepEqual(store.stats(), { commits: 21, writes: 220 });
});

test('nobody hears of what is not on disk yet', async (t) => {
  const { service, client } = await startS3(t, { file: newFile(t) });
  const syncs = holdSyncs(t);
  let isOnDisk = false;
  const stored = client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'hello' })).then(() => isOnDisk);
  const [letGo] = await syncs.next();
  const read = client.send(new GetObjectCommand({ Bucket, Key: 'k' })).then(() => isOnDisk);
  const refused = client
    .send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', IfNoneMatch: '*' }))
    .catch(() => isOnDisk);
  // Enough for those that would be answered too early. Where it is too little, they are answered rightly.
  await delay(200);
  isOnDisk = true;
  letGo(null);
  assert.deepEqual(await Promise.all([stored, read, refused]), [true, true, true]);
  assert.equal(service.stats().commits, 1);
});

test('when the disk fails nothing is told of what may be lost, until a new start finds what is there', async (t) => {
  const file = newFile(t);
  const first = await startS3(t, { file });
  const put = (Key: string, service = first) => service.client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
  await put('before');
  const syncs = holdSyncs(t);
  const lost = assert.rejects(put('lost'), /disk has failed \(EIO/v);
  // The client tries again, so it is asked more than once; nothing is synced any more.
  const [letGo] = await syncs.next();
  letGo(new Error('EIO: i/o error, fdatasync'));
  await lost;
  await assert.rejects(put('after'), /disk has failed/v);
  await assert.rejects(first.client.send(new GetObjectCommand({ Bucket, Key: 'before' })), /disk has failed/v);
  t.mock.restoreAll();
  syncBuiltinESMExports();
  first.service.close();
  const second = await startS3(t, { file });
  await second.client.send(new GetObjectCommand({ Bucket, Key: 'before' }));
  await put('after', second);
});

test('each answered put is a sync of the disk', { skip: canTrace() ? false : 'strace cannot run here' }, async (t) => {
  const folder = temporaryFolder(t);
  const counts = join(folder, 'counts');
  const strace = ['strace', '-f', '-c', '-e', 'trace=fsync,fdatasync', '-o', counts];
  const { child, endpoint } = await spawnS3(t, [...strace, process.execPath, CHILD, join(folder, 's3.sqlite')]);
  for (let count = 0; count < 50; count++) assert.equal(await putRaw(endpoint, String(count), 'x'), 200);
  // strace passes the signal on and writes its counts when its child has ended.
  process.kill(Number(spawnSync('pgrep', ['-P', String(child.pid)]).stdout.toString()), 'SIGTERM');
  await once(child, 'exit');
  // The columns: % time, seconds, usecs/call, calls, errors if any, syscall.
  const rows = readFileSync(counts, 'utf8')
    .split('\n')
    .filter((row) => row.endsWith('sync'));
  const syncs = rows.reduce((sum, row) => sum + Number(row.trim().split(/\s+/v)[3]), 0);
  assert.ok(syncs >= 50, readFileSync(counts, 'utf8'));
});

test('a full disk refuses what it cannot take, keeps all it has, and takes more when there is room', async (t) => {
  const database = openDatabase(newFile(t));
  const store = createStore(database, Date.now);
  t.after(() => store.close());
  store.putBucket(Bucket, false, []);
  const bucket = store.bucket(Bucket);
  assert.ok(bucket);
  const put = (key: string, body: string) => store.write(() => store.put(bucket, Buffer.from(key), object(body)));
  const isKept = (key: string) => store.live(bucket, Buffer.from(key)) !== undefined;

  database.exec(`PRAGMA max_page_count = ${Number(pragma(database, 'page_count')) + 20}`);
  // In one turn, and so in one transaction, until the large one fails.
  const outcomes = await Promise.allSettled([put('a', 'small'), put('large', 'x'.repeat(200_000)), put('b', 'small')]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  await assert.rejects(
    put('large', 'x'.repeat(200_000)),
    (error) => error instanceof S3Error && error.code === 'SlowDown',
  );
  assert.deepEqual(['a', 'large', 'b'].map(isKept), [true, false, true]);

  database.exec('PRAGMA max_page_count = 1000000');
  await put('large', 'x'.repeat(200_000));
  assert.equal(store.body(store.live(bucket, Buffer.from('large'))?.sequence ?? 0, 199_999, 9).length, 1);
  assert.equal(pragma(database, 'integrity_check'), 'ok');
});

test('a file that may not grow answers 503, and loses nothing that was answered before', async (t) => {
  const file = newFile(t);
  // The shell counts in blocks of 512 bytes: no file above 2 MiB.
  const limited = ['sh', '-c', 'ulimit -f 4096; exec "$0" "$@"', process.execPath, CHILD, file];
  const { child, endpoint } = await spawnS3(t, limited);
  const answered: string[] = [];
  const body = 'x'.repeat(60_000);
  let status = 200;
  while (status === 200 && answered.length < 100) {
    const key = String(answered.length);
    status = await putRaw(endpoint, key, body);
    if (status === 200) answered.push(key);
  }
  assert.equal(status, 503);
  assert.ok(answered.length > 10);
  const read = await fetch(`${endpoint}/${Bucket}/${answered.at(-1)}`, { headers: SIGNED });
  assert.equal(await read.text(), body);

  child.kill('SIGKILL');
  await once(child, 'exit');
  const { client } = await startS3(t, { file });
  const listing = await client.send(new ListObjectsV2Command({ Bucket }));
  assert.deepEqual(new Set(listing.Contents?.map(({ Key }) => Key)), new Set(answered));
  await client.send(new PutObjectCommand({ Bucket, Key: 'more', Body: body }));
});

test('a file that is damaged, not ours or newer is refused in a sentence, and left as it is', (t) => {
  const check = (reason: RegExp, spoil: (file: string) => void) => {
    const file = newFile(t);
    const service = open(file);
    service.createBucket(Bucket);
    service.close();
    spoil(file);
    const before = readFileSync(file);
    assert.throws(
      () => open(file),
      (error) => error instanceof HostError && reason.test(error.message),
    );
    assert.deepEqual(readFileSync(file), before);
  };
  check(/damaged/v, (file) => writeFileSync(file, 'not a database, but long enough to look at'.repeat(100)));
  check(/damaged/v, (file) => truncateSync(file, statSync(file).size - 5000));
  check(/damaged/v, (file) => {
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0xa5, 4096, 3 * 4096));
  });
  check(/newer version: its schema is 2, this version knows 1/v, (file) => execute(file, 'PRAGMA user_version = 2'));
  check(/not a store of S3 objects/v, (file) => execute(file, 'PRAGMA application_id = 7'));
  check(/not a store of S3 objects/v, (file) => {
    writeFileSync(file, '');
    execute(file, 'CREATE TABLE theirs (x)');
  });
});

test('a file belongs to one process at a time', (t) => {
  const file = newFile(t);
  const first = open(file);
  assert.throws(() => open(file), /open in another process/v);
  first.close();
  open(file).close();
});

/** Each sync of the disk beside the event loop, as it is asked for, to be let go of by hand. */
function holdSyncs(t: TestContext): { next(): Promise<[letGo: (error: Error | null) => void]> } {
  const asked = new EventEmitter();
  t.mock.method(fs, 'fdatasync', (_: number, letGo: (error: Error | null) => void) => asked.emit('sync', letGo));
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  return { next: () => once(asked, 'sync') as Promise<[(error: Error | null) => void]> };
}

function object(body: string) {
  return { etag: '', headers: [], body: Buffer.from(body) };
}

function execute(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

async function spawnS3(t: TestContext, command: string[]): Promise<{ child: ChildProcess; endpoint: string }> {
  const child = spawn(command[0] ?? '', command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const [port] = await once(createInterface(child.stdout), 'line');
  return { child, endpoint: `http://127.0.0.1:${String(port)}` };
}

async function putRaw(endpoint: string, key: string, body: string): Promise<number> {
  const response = await fetch(`${endpoint}/${Bucket}/${key}`, { method: 'PUT', headers: SIGNED, body });
  await response.arrayBuffer();
  return response.status;
}

function canTrace(): boolean {
  return spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0 && spawnSync('pgrep', ['-V']).status === 0;
}
