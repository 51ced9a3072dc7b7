import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { DeleteObjectsCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { Bucket, s3Error, SIGNED, startS3, temporaryFolder } from './s3-fixture.ts';

/** Each is a key of its own, and none is a path. */
const HOSTILE_KEYS = [
  '.',
  '..',
  '...',
  './',
  '../',
  '../x',
  '../../x',
  '../../../../../../../../tmp/s3-escaped',
  'a/../b',
  'a/./b',
  'a/b/..',
  'a//b',
  '/',
  '//',
  '/etc/s3-escaped',
  'a/',
  'a',
  'a.',
  'a ',
  ' a',
  '%2e%2e%2fx',
  '..%2fx',
  '..%252fx',
  '..\\..\\x',
  'C:\\x',
  'CON',
  '~',
  '~root/x',
  'a?b',
  'a#b',
  'a&b=c',
  'a+b',
  'a b',
  'a%b',
  'a;b',
  '-rf',
  '*',
  '$(id)',
  "'; DROP TABLE objects; --",
  '__proto__',
  'constructor',
  '\u0001\u001f\u007f',
  '\r\nx: y',
  'é',
  'e\u0301',
  '\ufeffa',
  '\u202ea',
  '😀',
  'objects.sqlite',
  'k'.repeat(1024),
  'é'.repeat(512),
];

test('hostile keys are keys like any other, each its own, and none becomes a file', async (t) => {
  const outside = temporaryFolder(t);
  const folder = join(outside, 'data', 's3');
  mkdirSync(folder, { recursive: true });
  const { client } = await startS3(t, { file: join(folder, 'objects.sqlite') });

  for (const Key of HOSTILE_KEYS) await client.send(new PutObjectCommand({ Bucket, Key, Body: `body of ${Key}` }));
  for (const Key of HOSTILE_KEYS) {
    const got = await client.send(new GetObjectCommand({ Bucket, Key }));
    assert.equal(await got.Body?.transformToString(), `body of ${Key}`, JSON.stringify(Key));
  }
  const listing = await client.send(new ListObjectsV2Command({ Bucket, EncodingType: 'url' }));
  const inByteOrder = HOSTILE_KEYS.map((key) => Buffer.from(key))
    .sort((a, b) => a.compare(b))
    .map(String);
  assert.deepEqual(
    listing.Contents?.map(({ Key }) => decodeURIComponent(Key ?? '')),
    inByteOrder,
  );
  assert.equal(new Set(HOSTILE_KEYS).size, HOSTILE_KEYS.length);

  assert.deepEqual(readdirSync(outside), ['data']);
  assert.deepEqual(readdirSync(join(outside, 'data')), ['s3']);
  assert.deepEqual(
    readdirSync(folder).filter((name) => !/^objects\.sqlite(?:-wal|-shm)?$/v.test(name)),
    [],
  );
});

test('what can be no key is refused: over 1,024 bytes, with NUL, or not UTF-8', async (t) => {
  const { client, endpoint } = await startS3(t);
  for (const Key of ['k'.repeat(1025), 'é'.repeat(513)]) {
    const put = new PutObjectCommand({ Bucket, Key, Body: 'x' });
    await assert.rejects(client.send(put), s3Error('KeyTooLongError', 400));
  }
  await assert.rejects(
    client.send(new PutObjectCommand({ Bucket, Key: 'a\0b', Body: 'x' })),
    s3Error('InvalidArgument', 400),
  );
  for (const path of ['%ff', '%c3', '%zz', '%', '%ed%a0%80']) {
    const response = await fetch(`${endpoint}/${Bucket}/${path}`, { method: 'PUT', headers: SIGNED, body: 'x' });
    assert.equal(response.status, 400, path);
    assert.match(await response.text(), /<Code>InvalidURI</v, path);
  }
  const Objects = [{ Key: 'k'.repeat(1025) }, { Key: 'fine' }];
  const deleted = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  assert.deepEqual([deleted.Errors?.map(({ Code }) => Code), deleted.Deleted?.length], [['KeyTooLongError'], 1]);
  assert.equal((await client.send(new ListObjectsV2Command({ Bucket }))).KeyCount, 0);
});

test('a path is taken as it stands, so another spelling of its bytes is the same key', async (t) => {
  const { client, endpoint } = await startS3(t);
  const { port } = new URL(endpoint);
  const put = (path: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const options = { host: '127.0.0.1', port, method: 'PUT', path, headers: { ...SIGNED, 'content-length': 1 } };
      request(options, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end('x');
    });
  for (const spelling of ['/../x', '/%2e%2E/x', '/%2E./%78', '/..%2fx']) {
    assert.equal(await put(`/${Bucket}${spelling}`), 200);
  }
  const listing = await client.send(new ListObjectsV2Command({ Bucket }));
  assert.deepEqual(
    listing.Contents?.map(({ Key }) => Key),
    ['../x'],
  );
});

test('names from the depths of JavaScript are metadata like any other', async (t) => {
  const { client, endpoint } = await startS3(t);
  const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasownproperty'];
  const Metadata = Object.fromEntries(names.map((name) => [name.toLowerCase(), 'x']));
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', Metadata }));
  const { headers } = await fetch(`${endpoint}/${Bucket}/k`, { headers: SIGNED });
  for (const name of names) assert.equal(headers.get(`x-amz-meta-${name}`), 'x', name);
  assert.equal(({} as { x?: unknown }).x, undefined);
  const tooLarge = { Bucket, Key: 'large', Body: 'x', Metadata: { a: 'x'.repeat(2048) } };
  await assert.rejects(client.send(new PutObjectCommand(tooLarge)), s3Error('MetadataTooLarge', 400));
});
