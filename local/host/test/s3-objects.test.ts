import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { Bucket, s3Error, SIGNED, SteppedClock, startS3 } from './s3-fixture.ts';

const HELLO_ETAG = '"5d41402abc4b2a76b9719d911017c592"';

test('an object comes back as it was put, with its headers and metadata', async (t) => {
  const clock = new SteppedClock('2026-11-23T10:00:00.500Z');
  const { client } = await startS3(t, { clock });
  const put = await client.send(
    new PutObjectCommand({
      Bucket,
      Key: 'a/b',
      Body: 'hello',
      ContentType: 'text/plain',
      ContentEncoding: 'identity',
      CacheControl: 'no-store',
      Metadata: { orderid: '42', greeting: 'grüß', __proto__x: 'polluted' },
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: 'key-1',
    }),
  );
  assert.equal(put.ETag, HELLO_ETAG);
  assert.equal(put.ServerSideEncryption, 'aws:kms');
  assert.equal(put.SSEKMSKeyId, 'key-1');
  assert.equal(put.ChecksumCRC32, 'NhCmhg==');

  const got = await client.send(new GetObjectCommand({ Bucket, Key: 'a/b' }));
  assert.equal(await got.Body?.transformToString(), 'hello');
  assert.equal(got.ContentType, 'text/plain');
  assert.equal(got.ContentEncoding, 'identity');
  assert.equal(got.CacheControl, 'no-store');
  assert.equal(Buffer.from(got.Metadata?.['greeting'] ?? '', 'latin1').toString(), 'grüß');
  assert.equal(got.Metadata?.['orderid'], '42');
  assert.equal(got.ServerSideEncryption, 'aws:kms');
  assert.equal(got.ChecksumCRC32, 'NhCmhg==');
  assert.equal(got.LastModified?.toISOString(), '2026-11-23T10:00:00.000Z');

  const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'a/b' }));
  assert.equal(head.ContentLength, 5);
  assert.equal(head.ETag, HELLO_ETAG);
  assert.equal(head.ChecksumCRC32, undefined);
});

test('an object may be empty, and is replaced whole', async (t) => {
  const { client } = await startS3(t);
  const Key = 'k';
  await client.send(new PutObjectCommand({ Bucket, Key, Body: 'first', Metadata: { a: '1' } }));
  await client.send(new PutObjectCommand({ Bucket, Key, Body: '', ContentLength: 0 }));
  const got = await client.send(new GetObjectCommand({ Bucket, Key }));
  assert.equal(await got.Body?.transformToString(), '');
  assert.equal(got.ContentLength, 0);
  assert.deepEqual(got.Metadata, {});
});

test('what is not there is told apart: NoSuchKey, NotFound to HEAD, NoSuchBucket, NoSuchVersion', async (t) => {
  const { client } = await startS3(t);
  const Key = 'missing';
  await assert.rejects(client.send(new GetObjectCommand({ Bucket, Key })), s3Error('NoSuchKey', 404));
  await assert.rejects(client.send(new HeadObjectCommand({ Bucket, Key })), s3Error('NotFound', 404));
  await assert.rejects(client.send(new GetObjectCommand({ Bucket: 'other', Key })), s3Error('NoSuchBucket', 404));
  await assert.rejects(client.send(new HeadBucketCommand({ Bucket: 'other' })), s3Error('NotFound', 404));
  await assert.rejects(
    client.send(new GetObjectCommand({ Bucket, Key, VersionId: 'never' })),
    s3Error('NoSuchVersion', 404),
  );
  assert.equal((await client.send(new HeadBucketCommand({ Bucket }))).BucketRegion, 'eu-west-1');
});

test('a range is answered in part, with its place in the whole', async (t) => {
  const { client } = await startS3(t);
  const Key = 'digits';
  await client.send(new PutObjectCommand({ Bucket, Key, Body: '0123456789' }));
  const check = async (Range: string, text: string, contentRange: string | undefined) => {
    const got = await client.send(new GetObjectCommand({ Bucket, Key, Range }));
    assert.equal(await got.Body?.transformToString(), text, Range);
    assert.equal(got.ContentRange, contentRange, Range);
    assert.equal(got.$metadata.httpStatusCode, contentRange === undefined ? 200 : 206, Range);
  };
  await check('bytes=0-0', '0', 'bytes 0-0/10');
  await check('bytes=2-4', '234', 'bytes 2-4/10');
  await check('bytes=7-', '789', 'bytes 7-9/10');
  await check('bytes=-3', '789', 'bytes 7-9/10');
  await check('bytes=-99', '0123456789', 'bytes 0-9/10');
  await check('bytes=8-99', '89', 'bytes 8-9/10');
  await check('bytes=4-2', '0123456789', undefined);
  await check('lines=1-2', '0123456789', undefined);
  for (const Range of ['bytes=10-', 'bytes=-0']) {
    await assert.rejects(
      client.send(new GetObjectCommand({ Bucket, Key, Range })),
      s3Error('InvalidRange', 416),
      Range,
    );
  }
  const several = new GetObjectCommand({ Bucket, Key, Range: 'bytes=0-1,3-4' });
  await assert.rejects(client.send(several), s3Error('NotImplemented', 501));
});

test('a reader may name the headers of the answer, but cannot break out of them', async (t) => {
  const { client } = await startS3(t);
  const Key = 'k';
  await client.send(new PutObjectCommand({ Bucket, Key, Body: 'hello' }));
  const named = new GetObjectCommand({ Bucket, Key, ResponseContentType: 'a/b', ResponseCacheControl: 'max-age=1' });
  const got = await client.send(named);
  assert.equal(got.ContentType, 'a/b');
  assert.equal(got.CacheControl, 'max-age=1');
  const broken = new GetObjectCommand({ Bucket, Key, ResponseContentType: 'a/b\r\nset-cookie: x=1' });
  await assert.rejects(client.send(broken), s3Error('InvalidArgument', 400));
});

test('deleting what is not there is no error, and one call deletes many', async (t) => {
  const { client } = await startS3(t);
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'never' }));
  const keys = ['a', 'b/&<>"\'', 'ü\r\n', 'c'];
  for (const Key of keys) await client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  const Objects = [...keys.slice(0, 3), 'never'].map((Key) => ({ Key }));
  const deleted = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  assert.deepEqual(
    deleted.Deleted?.map(({ Key }) => Key),
    Objects.map(({ Key }) => Key),
  );
  for (const Key of keys.slice(0, 3)) {
    await assert.rejects(client.send(new GetObjectCommand({ Bucket, Key })), s3Error('NoSuchKey', 404), Key);
  }
  await client.send(new HeadObjectCommand({ Bucket, Key: 'c' }));
});

test('one key of many that cannot be deleted does not keep the others, and quiet answers tell only of it', async (t) => {
  const { client } = await startS3(t);
  for (const Key of ['a', 'b']) await client.send(new PutObjectCommand({ Bucket, Key, Body: 'hello' }));
  const Objects = [
    { Key: 'a', ETag: '"other"' },
    { Key: 'b', ETag: HELLO_ETAG },
  ];
  const deleted = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
  assert.equal(deleted.Deleted, undefined);
  assert.deepEqual(
    deleted.Errors?.map(({ Key, Code }) => ({ Key, Code })),
    [{ Key: 'a', Code: 'PreconditionFailed' }],
  );
  await client.send(new HeadObjectCommand({ Bucket, Key: 'a' }));
  await assert.rejects(client.send(new HeadObjectCommand({ Bucket, Key: 'b' })), s3Error('NotFound', 404));
});

test('a copy keeps or replaces the headers of its source', async (t) => {
  const { client } = await startS3(t);
  const source = { Bucket, Key: 'a b/ü', Body: 'hello', ContentType: 'text/plain', Metadata: { a: '1' } };
  await client.send(new PutObjectCommand(source));
  const CopySource = encodeURIComponent(`${Bucket}/a b/ü`);
  const copied = await client.send(new CopyObjectCommand({ Bucket, Key: 'kept', CopySource }));
  assert.equal(copied.CopyObjectResult?.ETag, HELLO_ETAG);
  assert.equal(copied.CopyObjectResult?.ChecksumCRC32, 'NhCmhg==');
  const kept = await client.send(new GetObjectCommand({ Bucket, Key: 'kept' }));
  assert.equal(await kept.Body?.transformToString(), 'hello');
  assert.deepEqual(kept.Metadata, { a: '1' });

  const replacing = {
    Bucket,
    Key: 'replaced',
    CopySource,
    MetadataDirective: 'REPLACE',
    Metadata: { b: '2' },
  } as const;
  await client.send(new CopyObjectCommand(replacing));
  const replaced = await client.send(new HeadObjectCommand({ Bucket, Key: 'replaced' }));
  assert.deepEqual(replaced.Metadata, { b: '2' });
});

test('a copy is refused onto itself unchanged, from a missing source, and against its conditions', async (t) => {
  const { client } = await startS3(t);
  await client.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'hello' }));
  const CopySource = `${Bucket}/a`;
  const refused = async (input: Partial<CopyObjectCommand['input']>, name: string, status: number) => {
    const copy = new CopyObjectCommand({ Bucket, Key: 'b', CopySource, ...input });
    await assert.rejects(client.send(copy), s3Error(name, status), JSON.stringify(input));
  };
  await refused({ Key: 'a' }, 'InvalidRequest', 400);
  await refused({ CopySource: `${Bucket}/missing` }, 'NoSuchKey', 404);
  await refused({ CopySource: 'nowhere/a' }, 'NoSuchBucket', 404);
  await refused({ CopySource: 'nokey' }, 'InvalidArgument', 400);
  await refused({ CopySourceIfMatch: '"other"' }, 'PreconditionFailed', 412);
  await refused({ CopySourceIfNoneMatch: HELLO_ETAG }, 'PreconditionFailed', 412);
  await refused({ Key: 'a', IfNoneMatch: '*', MetadataDirective: 'REPLACE' }, 'PreconditionFailed', 412);
});

test('what a browser shows of an object has no share in the origin of the endpoint, but for a PDF', async (t) => {
  const { client, endpoint } = await startS3(t);
  await client.send(new PutObjectCommand({ Bucket, Key: 'page', Body: '<p>', ContentType: 'text/html' }));
  await client.send(new PutObjectCommand({ Bucket, Key: 'paper', Body: '%PDF', ContentType: 'application/pdf' }));
  const policyOf = async (key: string, headers: Record<string, string>) => {
    const response = await fetch(`${endpoint}/${Bucket}/${key}`, { headers: { ...SIGNED, ...headers } });
    await response.body?.cancel();
    assert.equal(response.status, 200);
    return response.headers.get('content-security-policy');
  };
  const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
  const sandbox = (await policyOf('page', browser)) ?? '';
  assert.match(sandbox, /^sandbox /v);
  assert.doesNotMatch(sandbox, /allow-same-origin|allow-top-navigation/v);
  assert.equal(await policyOf('page', { 'sec-fetch-dest': 'document' }), sandbox);
  assert.equal(await policyOf('paper', browser), null);
  assert.equal(await policyOf('page', { accept: '*/*' }), null, 'an SDK gets what S3 sends');
});

test('the buckets are listed by name', async (t) => {
  const { client, service } = await startS3(t);
  service.createBucket('archive');
  service.createBucket('archive');
  const { Buckets } = await client.send(new ListBucketsCommand({}));
  assert.deepEqual(
    Buckets?.map(({ Name }) => Name),
    ['archive', 'orders'],
  );
  assert.throws(() => service.createBucket('../up'), /no name for a bucket/v);
});
