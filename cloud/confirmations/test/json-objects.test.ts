import { S3Client } from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonObjects } from '../src/json-objects.ts';

interface Sent {
  method: string;
  path: string;
  query: Record<string, unknown>;
  headers: Record<string, string>;
}

/** The real S3 client, whose requests end here instead of on the network. */
function bucketThatAnswers(status: number, body: string, headers: Record<string, string> = {}) {
  const sent: Sent[] = [];
  const s3 = new S3Client({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
    requestHandler: {
      async handle(request: Sent) {
        sent.push(request);
        return { response: { statusCode: status, headers, body: new Blob([body]).stream() } };
      },
    },
  });
  return { objects: jsonObjects(s3, 'bucket'), sent };
}

const error = (code: string) => `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`;

test('an object is read with its ETag', async () => {
  const { objects } = bucketThatAnswers(200, '{"a":1}', { etag: '"1"' });
  assert.deepEqual(await objects.read('k'), { value: { a: 1 }, etag: '"1"' });
});

test('an object that is not there is nothing, and a bucket that is not there is an error', async () => {
  assert.equal(await bucketThatAnswers(404, error('NoSuchKey')).objects.read('k'), undefined);
  await assert.rejects(bucketThatAnswers(404, error('NoSuchBucket')).objects.read('k'), { name: 'NoSuchBucket' });
  await assert.rejects(bucketThatAnswers(403, error('AccessDenied')).objects.read('k'), { name: 'AccessDenied' });
});

test('a write says what it takes the place of', async () => {
  const { objects, sent } = bucketThatAnswers(200, '', { etag: '"2"' });
  assert.equal(await objects.write('k', '{}', undefined), '"2"');
  assert.equal(await objects.write('k', '{}', '"1"'), '"2"');
  assert.deepEqual(
    sent.map(({ method, headers }) => [method, headers['if-none-match'], headers['if-match']]),
    [
      ['PUT', '*', undefined],
      ['PUT', undefined, '"1"'],
    ],
  );
});

test('a delete says what it takes away', async () => {
  const { objects, sent } = bucketThatAnswers(204, '');
  assert.equal(await objects.remove('k', '"1"'), true);
  assert.equal(sent[0]?.method, 'DELETE');
  assert.equal(sent[0]?.headers['if-match'], '"1"');
});

const REFUSALS: [status: number, code: string][] = [
  [412, 'PreconditionFailed'],
  [409, 'ConditionalRequestConflict'],
  [404, 'NoSuchKey'],
];

for (const [status, code] of REFUSALS) {
  test(`a condition that does not hold (${status}) is an answer and no error`, async () => {
    const { objects } = bucketThatAnswers(status, error(code));
    assert.equal(await objects.write('k', '{}', '"1"'), undefined);
    assert.equal(await objects.remove('k', '"1"'), false);
  });
}

test('what fails otherwise is an error', async () => {
  const { objects } = bucketThatAnswers(503, error('SlowDown'));
  await assert.rejects(objects.write('k', '{}', undefined), { name: 'SlowDown' });
  await assert.rejects(objects.remove('k', '"1"'), { name: 'SlowDown' });
});

test('a page of keys begins after a key and tells whether there is more', async () => {
  const body =
    '<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>waits/b.json</Key></Contents></ListBucketResult>';
  const { objects, sent } = bucketThatAnswers(200, body);
  const page = await objects.list('waits/', { startAfter: 'waits/a.json', limit: 1 });
  assert.deepEqual(page, { keys: ['waits/b.json'], hasMore: true });
  const { 'list-type': type, prefix, 'start-after': startAfter, 'max-keys': maxKeys } = sent[0]?.query ?? {};
  assert.deepEqual([type, prefix, startAfter, maxKeys], ['2', 'waits/', 'waits/a.json', '1']);
});
