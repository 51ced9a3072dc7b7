import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOCAL_CREDENTIALS } from '../src/integrations/credentials.ts';
import { s3Objects, type S3ObjectPart, type S3Objects } from '../src/integrations/s3-objects.ts';
import { loopback } from './integrations-loopback.ts';

const signal = new AbortController().signal;
const START = { bucket: 'b', key: 'k', first: 0, count: 99 };

function objectsAt(url: string | undefined, replyBytesMax = 10_000): S3Objects {
  const limits = { replyBytesMax, timeoutMs: 5000 };
  return s3Objects({ endpoints: () => url, region: 'us-east-1', credentials: LOCAL_CREDENTIALS, limits });
}

test('objects are put and got as they are', async (t) => {
  const stored = new Map<string, string>();
  const service = await loopback(t, ({ method, path, body }) => {
    if (method === 'PUT') stored.set(path, body);
    return { headers: { ETag: '"e"' }, body: method === 'PUT' ? '' : (stored.get(path) ?? '') };
  });
  const objects = objectsAt(service.url);
  const text = '{"ü":1}\r\n{}';
  assert.deepEqual(await objects.putObject({ bucket: 'b', key: 'runs/1 ü.json', text }, signal), {
    ok: { etag: '"e"' },
  });
  assert.deepEqual(await objects.getObjectPart({ bucket: 'b', key: 'runs/1 ü.json', first: 0, count: 99 }, signal), {
    ok: { bytes: Buffer.from(text), first: 0, totalBytes: Buffer.byteLength(text), etag: '"e"' },
  });
  assert.deepEqual([...stored.keys()], ['/b/runs/1%20%C3%BC.json']);
});

test('a page of objects tells whether there is another', async (t) => {
  const service = await loopback(t, () => ({
    body: `<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>in/a&amp;b.csv</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified>
      <ETag>&quot;e&quot;</ETag><Size>12</Size><StorageClass>STANDARD</StorageClass></Contents></ListBucketResult>`,
  }));
  const listed = await objectsAt(service.url).listObjects({ bucket: 'b', prefix: 'in/', startAfter: 'in/a' }, signal);
  assert.deepEqual(listed, {
    ok: {
      objects: [
        { key: 'in/a&b.csv', etag: '"e"', size: 12, lastModified: '2024-01-01T00:00:00Z', storageClass: 'STANDARD' },
      ],
      hasMore: true,
    },
  });
  assert.equal(service.received[0]?.path, '/b?list-type=2&prefix=in%2F&start-after=in%2Fa');
});

test('a bucket without objects has an empty page', async (t) => {
  const service = await loopback(t, () => ({
    body: '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>',
  }));
  assert.deepEqual(await objectsAt(service.url).listObjects({ bucket: 'b' }, signal), {
    ok: { objects: [], hasMore: false },
  });
});

test('a part of an object tells where it begins and how long the whole is', async (t) => {
  const service = await loopback(t, () => ({
    status: 206,
    headers: { ETag: '"e"', 'Content-Range': 'bytes 4-7/12' },
    body: 'efgh',
  }));
  const asked = { bucket: 'b', key: 'k', first: 4, count: 4, etag: '"e"' };
  assert.deepEqual(await objectsAt(service.url).getObjectPart(asked, signal), {
    ok: { bytes: Buffer.from('efgh'), first: 4, totalBytes: 12, etag: '"e"' },
  });
  const { headers } = service.received[0] ?? {};
  assert.deepEqual([headers?.['range'], headers?.['if-match']], ['bytes=4-7', '"e"']);
});

test('an object without bytes is empty, and no failure', async (t) => {
  const service = await loopback(t, () => ({ status: 416, body: '<Error><Code>InvalidRange</Code></Error>' }));
  const { ok } = (await objectsAt(service.url).getObjectPart(START, signal)) as { ok: S3ObjectPart };
  assert.deepEqual([ok.bytes.length, ok.totalBytes], [0, 0]);
});

test('a failure has the name of the SDK', async (t) => {
  const service = await loopback(t, () => ({
    status: 404,
    body: '<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>',
  }));
  assert.deepEqual(await objectsAt(service.url).getObjectPart(START, signal), {
    error: 'S3.NoSuchKeyException',
    cause: 'The specified key does not exist.',
  });
  assert.deepEqual(await objectsAt(undefined).getObjectPart(START, signal), {
    error: 'S3.SdkClientException',
    cause:
      'Unable to execute HTTP request: there is no endpoint for S3. Set AWS_ENDPOINT_URL_S3, or AWS_ENDPOINT_URL for all services',
  });
});

test('an object longer than the limit is not read', async (t) => {
  const service = await loopback(t, () => ({ body: 'x'.repeat(200) }));
  const result = await objectsAt(service.url, 100).getObjectPart(START, signal);
  assert.equal('cause' in result && result.cause, 'Unable to execute HTTP request: the reply is longer than 100 bytes');
});
