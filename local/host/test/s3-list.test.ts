import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeleteObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { Bucket, s3Error, SIGNED, startS3 } from './s3-fixture.ts';

async function put(client: S3Client, keys: readonly string[]): Promise<void> {
  await Promise.all(keys.map((Key) => client.send(new PutObjectCommand({ Bucket, Key, Body: Key }))));
}

/** All pages of a listing, each as its keys and common prefixes in their order. */
async function listPages(client: S3Client, input: Partial<ListObjectsV2Command['input']>): Promise<string[][]> {
  const pages: string[][] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await client.send(new ListObjectsV2Command({ Bucket, ...input, ContinuationToken }));
    const keys = page.Contents?.map(({ Key }) => Key ?? '') ?? [];
    const prefixes = page.CommonPrefixes?.map(({ Prefix }) => Prefix ?? '') ?? [];
    assert.equal(page.KeyCount, keys.length + prefixes.length);
    pages.push([...keys, ...prefixes]);
    ContinuationToken = page.NextContinuationToken;
    assert.equal(page.IsTruncated, ContinuationToken !== undefined);
  } while (ContinuationToken !== undefined);
  return pages;
}

test('2,500 keys come in pages of a thousand, each once and in order', async (t) => {
  const { client, endpoint } = await startS3(t);
  const keys = Array.from({ length: 2500 }, (_, index) => `waits/${String(index).padStart(5, '0')}`);
  // Without the SDK, which would take most of the time.
  for (const key of keys) await fetch(`${endpoint}/${Bucket}/${key}`, { method: 'PUT', headers: SIGNED, body: 'x' });
  await put(client, ['answers/1', 'waitsx']);
  const pages = await listPages(client, { Prefix: 'waits/' });
  assert.deepEqual(
    pages.map(({ length }) => length),
    [1000, 1000, 500],
  );
  assert.deepEqual(pages.flat(), keys);
  assert.deepEqual(
    (await listPages(client, { Prefix: 'waits/', MaxKeys: 7, StartAfter: 'waits/02480' })).flat(),
    keys.slice(2481),
  );
});

test('keys stand in the binary order of UTF-8', async (t) => {
  const { client } = await startS3(t);
  // JavaScript's own order puts the emoji, a surrogate pair, before U+FF5E.
  const ordered = ['A', 'B', 'a', 'a!', 'a/', 'a/b', 'a0', 'e\u0301', 'é', 'ﬀ', '～', '😀'];
  await put(client, [...ordered].reverse());
  assert.deepEqual((await listPages(client, { MaxKeys: 1 })).flat(), ordered);
  assert.notDeepEqual([...ordered].sort(), ordered);
});

test('a delimiter rolls keys up into common prefixes, which count as one each', async (t) => {
  const { client } = await startS3(t);
  await put(client, ['a/1', 'a/2', 'a/b/3', 'b', 'c/1', 'c//2', 'd–1', 'd–2']);
  const check = async (input: Partial<ListObjectsV2Command['input']>, pages: string[][]) =>
    assert.deepEqual(await listPages(client, input), pages, JSON.stringify(input));
  await check({ Delimiter: '/' }, [['b', 'd–1', 'd–2', 'a/', 'c/']]);
  await check({ Delimiter: '/', MaxKeys: 2 }, [['b', 'a/'], ['d–1', 'c/'], ['d–2']]);
  await check({ Delimiter: '/', MaxKeys: 1 }, [['a/'], ['b'], ['c/'], ['d–1'], ['d–2']]);
  await check({ Delimiter: '/', Prefix: 'a/' }, [['a/1', 'a/2', 'a/b/']]);
  await check({ Delimiter: '/', Prefix: 'c/' }, [['c/1', 'c//']]);
  await check({ Delimiter: '–', Prefix: 'd' }, [['d–']]);
  await check({ Delimiter: '/', StartAfter: 'a/2' }, [['b', 'd–1', 'd–2', 'a/', 'c/']]);
  await check({ Delimiter: '/', StartAfter: 'a/b/3' }, [['b', 'd–1', 'd–2', 'c/']]);
  await check({ Prefix: 'nothing' }, [[]]);
  await check({ MaxKeys: 0 }, [[]]);
});

test('a listing tells what each object is, and encodes keys if asked', async (t) => {
  const { client } = await startS3(t);
  const Key = 'a b/ü+&<%2F>\u0001';
  await client.send(new PutObjectCommand({ Bucket, Key, Body: 'hello' }));
  const listing = await client.send(
    new ListObjectsV2Command({ Bucket, EncodingType: 'url', Prefix: 'a b/', FetchOwner: true }),
  );
  const [object] = listing.Contents ?? [];
  assert.equal(object?.Key, 'a%20b/%C3%BC%2B%26%3C%252F%3E%01');
  assert.equal(decodeURIComponent(object?.Key ?? ''), Key);
  assert.equal(object?.Size, 5);
  assert.equal(object?.ETag, '"5d41402abc4b2a76b9719d911017c592"');
  assert.equal(object?.StorageClass, 'STANDARD');
  assert.deepEqual(object?.ChecksumAlgorithm, ['CRC32']);
  assert.equal(object?.Owner?.ID, 'local');
  assert.equal(listing.Prefix, 'a%20b/');
  assert.equal(listing.Name, Bucket);
});

test('a page goes on behind its last key though that was deleted meanwhile', async (t) => {
  const { client } = await startS3(t);
  await put(client, ['a', 'b', 'c']);
  const first = await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 2 }));
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'b' }));
  await put(client, ['aa', 'bb']);
  const rest = await client.send(new ListObjectsV2Command({ Bucket, ContinuationToken: first.NextContinuationToken }));
  assert.deepEqual(
    rest.Contents?.map(({ Key }) => Key),
    ['bb', 'c'],
  );
});

test('a token nobody minted and a count that is none are refused', async (t) => {
  const { client, endpoint } = await startS3(t);
  for (const ContinuationToken of ['x', 'k=', 'eA', '////', 'p', 'a'.repeat(5000)]) {
    const list = new ListObjectsV2Command({ Bucket, ContinuationToken });
    await assert.rejects(client.send(list), s3Error('InvalidArgument', 400), ContinuationToken);
  }
  for (const query of ['max-keys=-1', 'max-keys=x', 'max-keys=', 'encoding-type=html']) {
    const response = await fetch(`${endpoint}/${Bucket}?list-type=2&${query}`, { headers: SIGNED });
    assert.equal(response.status, 400, query);
  }
});
