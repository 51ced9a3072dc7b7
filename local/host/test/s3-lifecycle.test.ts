import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { openDatabase } from '../src/services/s3-database.ts';
import { createStore } from '../src/services/s3-store.ts';
import { Bucket, s3Error, SteppedClock, startS3, temporaryFolder } from './s3-fixture.ts';

test('an object expires at the midnight after its days, unseen at once and swept later', async (t) => {
  const clock = new SteppedClock('2026-11-23T10:00:00Z');
  const { client, service } = await startS3(t, { clock });
  service.createBucket(Bucket, { lifecycle: [{ id: 'old waits', prefix: 'waits/', expirationDays: 3 }] });
  const Key = 'waits/1';
  const put = await client.send(new PutObjectCommand({ Bucket, Key, Body: 'hello' }));
  assert.equal(put.Expiration, 'expiry-date="Fri, 27 Nov 2026 00:00:00 GMT", rule-id="old%20waits"');
  const other = await client.send(new PutObjectCommand({ Bucket, Key: 'answers/1', Body: 'hello' }));
  assert.equal(other.Expiration, undefined);

  clock.set('2026-11-26T23:59:59.999Z');
  assert.equal(await service.sweep(), 0);
  await client.send(new HeadObjectCommand({ Bucket, Key }));

  clock.set('2026-11-27T00:00:00Z');
  await assert.rejects(client.send(new GetObjectCommand({ Bucket, Key })), s3Error('NoSuchKey', 404));
  const { Contents } = await client.send(new ListObjectsV2Command({ Bucket }));
  assert.deepEqual(
    Contents?.map(({ Key }) => Key),
    ['answers/1'],
  );
  // To a writer's condition it is gone as well.
  await client.send(new PutObjectCommand({ Bucket, Key: 'waits/2', Body: 'x' }));
  await client.send(new PutObjectCommand({ Bucket, Key, Body: 'again', IfNoneMatch: '*' }));
  assert.equal(await service.sweep(), 0);

  clock.set('2026-12-01T00:00:00Z');
  assert.equal(await service.sweep(), 2);
  assert.equal(await service.sweep(), 0);
});

test('what expired while nothing ran is swept in steps as soon as the bucket has its rules', async (t) => {
  const clock = new SteppedClock('2026-11-23T10:00:00Z');
  const file = join(temporaryFolder(t), 's3.sqlite');
  const store = createStore(openDatabase(file), () => clock.now());
  store.putBucket(Bucket, false, []);
  const bucket = store.bucket(Bucket);
  assert.ok(bucket);
  const object = { etag: '', headers: [], body: Buffer.from('x') };
  const keys = Array.from({ length: 1200 }, (_, index) => Buffer.from(`k${index}`));
  await store.write(() => keys.map((key) => store.put(bucket, key, object)));
  store.close();

  clock.set('2026-12-23T10:00:00Z');
  const { service } = await startS3(t, { clock, file });
  service.createBucket(Bucket, { lifecycle: [{ expirationDays: 1 }] });
  while (service.stats().commits < 3) await setImmediate();
  assert.equal(await service.sweep(), 0);
  service.close();
  const database = new DatabaseSync(file);
  assert.deepEqual({ ...database.prepare('SELECT count(*) AS count FROM objects').get() }, { count: 0 });
  database.close();
});

test('the first rule to end an object is the one that counts, and days are whole', async (t) => {
  const clock = new SteppedClock('2026-11-23T00:00:00Z');
  const { client, service } = await startS3(t, { clock });
  const lifecycle = [
    { id: 'all', expirationDays: 30 },
    { id: 'soon', prefix: 'tmp/', expirationDays: 1 },
  ];
  service.createBucket(Bucket, { lifecycle });
  const put = await client.send(new PutObjectCommand({ Bucket, Key: 'tmp/1', Body: 'x' }));
  assert.match(put.Expiration ?? '', /25 Nov 2026 00:00:00 GMT", rule-id="soon"/v);
  assert.throws(() => service.createBucket(Bucket, { lifecycle: [{ expirationDays: 0.5 }] }), /whole days/v);
});

test('where versions are kept, an older one is read by its id and a deletion is a marker', async (t) => {
  const { client, service } = await startS3(t);
  service.createBucket(Bucket, { versioned: true });
  const Key = 'k';
  const first = await client.send(new PutObjectCommand({ Bucket, Key, Body: 'first' }));
  const second = await client.send(new PutObjectCommand({ Bucket, Key, Body: 'second' }));
  assert.notEqual(first.VersionId, second.VersionId);
  const read = async (VersionId?: string) => {
    const got = await client.send(new GetObjectCommand({ Bucket, Key, VersionId }));
    return got.Body?.transformToString();
  };
  assert.equal(await read(), 'second');
  assert.equal(await read(first.VersionId), 'first');

  const deleted = await client.send(new DeleteObjectCommand({ Bucket, Key }));
  assert.equal(deleted.DeleteMarker, true);
  await assert.rejects(read(), s3Error('NoSuchKey', 404));
  await assert.rejects(read(deleted.VersionId), s3Error('MethodNotAllowed', 405));
  assert.equal(await read(second.VersionId), 'second');
  assert.equal((await client.send(new ListObjectsV2Command({ Bucket }))).KeyCount, 0);

  // A marker is no object: whoever wants to create finds nothing there.
  const third = await client.send(new PutObjectCommand({ Bucket, Key, Body: 'third', IfNoneMatch: '*' }));
  await client.send(new DeleteObjectCommand({ Bucket, Key, VersionId: third.VersionId }));
  await assert.rejects(read(), s3Error('NoSuchKey', 404));
  await client.send(new DeleteObjectCommand({ Bucket, Key, VersionId: deleted.VersionId }));
  assert.equal(await read(), 'second');
});

test('versions that were kept stay when versioning is suspended, and new writes replace each other', async (t) => {
  const { client, service } = await startS3(t);
  const Key = 'k';
  const put = async (Body: string) => (await client.send(new PutObjectCommand({ Bucket, Key, Body }))).VersionId;
  const read = async (VersionId?: string) => {
    const got = await client.send(new GetObjectCommand({ Bucket, Key, VersionId }));
    return got.Body?.transformToString();
  };
  assert.equal(await put('before'), undefined);
  service.createBucket(Bucket, { versioned: true });
  const kept = await put('kept');
  assert.equal(await read('null'), 'before');
  service.createBucket(Bucket);
  assert.equal(await put('after 1'), 'null');
  assert.equal(await put('after 2'), 'null');
  assert.equal(await read(), 'after 2');
  assert.equal(await read('null'), 'after 2');
  assert.equal(await read(kept), 'kept');
  const deleted = await client.send(new DeleteObjectCommand({ Bucket, Key }));
  assert.deepEqual([deleted.DeleteMarker, deleted.VersionId], [true, 'null']);
  assert.equal(await read(kept), 'kept');
});

test('expiring leaves a marker where versions are kept, and older versions end by their own days', async (t) => {
  const clock = new SteppedClock('2026-11-23T10:00:00Z');
  const { client, service } = await startS3(t, { clock });
  service.createBucket(Bucket, { versioned: true, lifecycle: [{ expirationDays: 1, noncurrentDays: 2 }] });
  const Key = 'k';
  const { VersionId } = await client.send(new PutObjectCommand({ Bucket, Key, Body: 'hello' }));
  clock.set('2026-11-25T10:00:00Z');
  assert.equal(await service.sweep(), 1);
  const byVersion = new GetObjectCommand({ Bucket, Key, VersionId });
  await client.send(byVersion);
  clock.set('2026-11-28T10:00:00Z');
  assert.equal(await service.sweep(), 1);
  await assert.rejects(client.send(byVersion), s3Error('NoSuchVersion', 404));
  // The marker stands alone now, and a marker for nothing goes too.
  assert.equal(await service.sweep(), 1);
  assert.equal(await service.sweep(), 0);
});
