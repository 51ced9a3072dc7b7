import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3ServiceException } from '@aws-sdk/client-s3';
import { Bucket, s3Error, SteppedClock, startS3 } from './s3-fixture.ts';

const Key = 'decision';

test('of a hundred parallel creators exactly one wins', async (t) => {
  const { client } = await startS3(t);
  const creators = Array.from({ length: 100 }, (_, index) => `creator ${index}`);
  const outcomes = await Promise.allSettled(
    creators.map((Body) => client.send(new PutObjectCommand({ Bucket, Key, Body, IfNoneMatch: '*' }))),
  );
  const winners = creators.filter((_, index) => outcomes[index]?.status === 'fulfilled');
  assert.equal(winners.length, 1);
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') assert.ok(s3Error('PreconditionFailed', 412)(outcome.reason));
  }
  const got = await client.send(new GetObjectCommand({ Bucket, Key }));
  assert.equal(await got.Body?.transformToString(), winners[0]);
});

test('of fifty parallel writers that saw the same version exactly one replaces it', async (t) => {
  const { client } = await startS3(t);
  const { ETag } = await client.send(new PutObjectCommand({ Bucket, Key, Body: 'seen by all' }));
  const writers = Array.from({ length: 50 }, (_, index) => `writer ${index}`);
  const outcomes = await Promise.allSettled(
    writers.map((Body) => client.send(new PutObjectCommand({ Bucket, Key, Body, IfMatch: ETag }))),
  );
  const winners = writers.filter((_, index) => outcomes[index]?.status === 'fulfilled');
  assert.equal(winners.length, 1);
  const got = await client.send(new GetObjectCommand({ Bucket, Key }));
  assert.equal(await got.Body?.transformToString(), winners[0]);
});

test('a write is refused when its condition does not hold, and changes nothing', async (t) => {
  const { client } = await startS3(t);
  const put = (input: Partial<PutObjectCommand['input']>) =>
    client.send(new PutObjectCommand({ Bucket, Key, Body: 'later', ...input }));
  await assert.rejects(put({ IfMatch: '"any"' }), s3Error('NoSuchKey', 404));
  const { ETag } = await put({ Body: 'first', IfNoneMatch: '*' });
  await assert.rejects(put({ IfNoneMatch: '*' }), s3Error('PreconditionFailed', 412));
  await assert.rejects(put({ IfMatch: '"other"' }), s3Error('PreconditionFailed', 412));
  await assert.rejects(put({ IfNoneMatch: ETag }), s3Error('NotImplemented', 501));
  await assert.rejects(put({ IfNoneMatch: '*', IfMatch: ETag }), s3Error('NotImplemented', 501));
  const got = await client.send(new GetObjectCommand({ Bucket, Key }));
  assert.equal(await got.Body?.transformToString(), 'first');

  await put({ IfMatch: ETag });
  await client.send(new DeleteObjectCommand({ Bucket, Key }));
  await put({ IfNoneMatch: '*' });
});

test('a deletion may name the version it means', async (t) => {
  const { client } = await startS3(t);
  const remove = (IfMatch: string) => client.send(new DeleteObjectCommand({ Bucket, Key, IfMatch }));
  await assert.rejects(remove('"any"'), s3Error('NoSuchKey', 404));
  const { ETag = '' } = await client.send(new PutObjectCommand({ Bucket, Key, Body: 'hello' }));
  await assert.rejects(remove('"other"'), s3Error('PreconditionFailed', 412));
  await remove(ETag);
  await assert.rejects(client.send(new GetObjectCommand({ Bucket, Key })), s3Error('NoSuchKey', 404));
});

test('the refusal of a condition says which one it was', async (t) => {
  const { client } = await startS3(t);
  await client.send(new PutObjectCommand({ Bucket, Key, Body: 'hello' }));
  await assert.rejects(client.send(new PutObjectCommand({ Bucket, Key, Body: 'later', IfNoneMatch: '*' })), (error) => {
    assert.ok(error instanceof S3ServiceException);
    assert.equal((error as S3ServiceException & { Condition?: string }).Condition, 'If-None-Match');
    return true;
  });
});

test('a reader is told by tag or time that nothing has changed', async (t) => {
  const clock = new SteppedClock('2026-11-23T10:00:00.700Z');
  const { client } = await startS3(t, { clock });
  const { ETag } = await client.send(new PutObjectCommand({ Bucket, Key, Body: 'hello' }));
  const written = new Date('2026-11-23T10:00:00Z');
  const before = new Date('2026-11-23T09:59:59Z');
  const check = async (input: Partial<GetObjectCommand['input']>, status: number) => {
    const answer = await client.send(new GetObjectCommand({ Bucket, Key, ...input })).catch((error: unknown) => {
      if (error instanceof S3ServiceException) return error;
      throw error;
    });
    assert.equal(answer.$metadata.httpStatusCode, status, JSON.stringify(input));
  };
  await check({ IfMatch: ETag }, 200);
  await check({ IfMatch: `"other", ${ETag}` }, 200);
  await check({ IfMatch: '"other"' }, 412);
  await check({ IfNoneMatch: '"other"' }, 200);
  await check({ IfNoneMatch: ETag }, 304);
  await check({ IfNoneMatch: '*' }, 304);
  await check({ IfModifiedSince: before }, 200);
  await check({ IfModifiedSince: written }, 304);
  await check({ IfUnmodifiedSince: before }, 412);
  await check({ IfUnmodifiedSince: written }, 200);
  await check({ IfMatch: ETag, IfUnmodifiedSince: before }, 200);
  await check({ IfNoneMatch: '"other"', IfModifiedSince: written }, 200);
  await assert.rejects(
    client.send(new GetObjectCommand({ Bucket, Key: 'missing', IfMatch: ETag })),
    s3Error('NoSuchKey', 404),
  );
});
