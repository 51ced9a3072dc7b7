import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { Json } from '../../asl/src/index.ts';
import { s3Items } from '../src/integrations/s3-item-reader.ts';
import type { S3Objects } from '../src/integrations/s3-objects.ts';
import { MapIoError } from '../src/map-io.ts';

type Objects = Readonly<Record<string, string | Buffer>>;

/** A bucket that gives no more than a few bytes at a time, and lists two objects a page. */
function bucket(objects: Objects, bytesAtATime = 7): S3Objects & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    getObjectPart: ({ key, first, count }) => {
      asked.push(`${key}@${first}`);
      const object = objects[key];
      const missing = { error: 'S3.NoSuchKeyException', cause: 'The specified key does not exist.' };
      if (object === undefined) return Promise.resolve(missing);
      const all = Buffer.from(object);
      const bytes = all.subarray(first, first + Math.min(count, bytesAtATime));
      return Promise.resolve({ ok: { bytes, first, totalBytes: all.length, etag: '"e"' } });
    },
    putObject: () => Promise.resolve({ ok: { etag: '"e"' } }),
    listObjects: ({ prefix = '', startAfter = '' }) => {
      const keys = Object.keys(objects).filter((key) => key.startsWith(prefix) && key > startAfter);
      const listed = keys.sort().map((key) => ({
        key,
        etag: '"e"',
        size: Buffer.from(objects[key] ?? '').length,
        lastModified: '2026-01-01T00:00:00Z',
        storageClass: 'STANDARD',
      }));
      return Promise.resolve({ ok: { objects: listed.slice(0, 2), hasMore: listed.length > 2 } });
    },
  };
}

async function itemsIn(s3: S3Objects, config: object, parameters: object = { Key: 'k' }): Promise<Json[]> {
  const call = 'Prefix' in parameters ? 'listObjectsV2' : 'getObject';
  const resource = `arn:aws:states:::s3:${call}`;
  const reader = {
    resource,
    parameters: { Bucket: 'b', ...parameters } as Json,
    config: config as Record<string, Json>,
  };
  const items: Json[] = [];
  for await (const item of s3Items(s3, reader)) items.push(item);
  return items;
}

const people = [
  { id: '1', name: 'Zoë, "the first"' },
  { id: '2', name: 'two\nlines' },
];
const csv = 'id,name\n1,"Zoë, ""the first"""\n2,"two\nlines"\n';
const jsonLines = people.map((person) => `${JSON.stringify(person)}\r\n`).join('\n');
const rows = [
  { name: 'id', data: ['1', '2'] },
  { name: 'name', data: people.map(({ name }) => name) },
];
const parquet = Buffer.from(parquetWriteBuffer({ columnData: rows }));
const nested = JSON.stringify({ a: { skipped: [1, '[{"'] }, 'x/y': [null, { items: people }], z: 1 });

const formats: [string, object, string | Buffer][] = [
  ['JSON', { InputType: 'JSON' }, JSON.stringify(people, null, 2)],
  ['JSON that a pointer leads into', { InputType: 'JSON', ItemsPointer: '/x~1y/1/items' }, nested],
  ['JSON Lines', { InputType: 'JSONL' }, jsonLines],
  ['CSV', { InputType: 'CSV', CSVHeaderLocation: 'FIRST_ROW' }, csv],
  ['CSV without a header', { InputType: 'CSV', CSVHeaderLocation: 'GIVEN', CSVHeaders: ['id', 'name'] }, csv.slice(8)],
  ['CSV packed with gzip', { InputType: 'CSV', CSVHeaderLocation: 'FIRST_ROW' }, gzipSync(csv)],
  ['JSON Lines packed with Zstandard', { InputType: 'JSONL' }, zstdCompressSync(jsonLines)],
  ['Parquet', { InputType: 'PARQUET' }, parquet],
];
for (const [title, config, content] of formats) {
  test(`items are read from ${title}, wherever its parts are cut`, async () => {
    for (const bytesAtATime of [1, 7, 1_000_000])
      assert.deepEqual(await itemsIn(bucket({ k: content }, bytesAtATime), config), people);
  });
}

test('the elements of any array are those that JSON.parse gives', async () => {
  const anyArray = fc.array(fc.jsonValue(), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(anyArray, fc.nat(3), fc.integer({ min: 1, max: 9 }), async (items, indent, bytesAtATime) => {
      const text = JSON.stringify(items, null, indent);
      const read = await itemsIn(bucket({ k: text }, bytesAtATime), { InputType: 'JSON' });
      assert.deepEqual(read, JSON.parse(text));
      const below = await itemsIn(bucket({ k: `{"a":[7],"in":{"b":${text}}}` }, bytesAtATime), {
        ItemsPointer: '/in/b',
      });
      assert.deepEqual(below, JSON.parse(text));
    }),
  );
});

test('what is in a Parquet file becomes JSON: whole numbers, instants, texts, nothing', async () => {
  const columnData = [
    { name: 'big', data: [12n, 9007199254740993n] },
    { name: 'at', data: [new Date(0), null], type: 'TIMESTAMP' as const },
    { name: 'share', data: [0.5, Number.NaN], type: 'DOUBLE' as const },
    { name: 'is', data: [true, null] },
    { name: 'bytes', data: [new TextEncoder().encode('text'), null], type: 'BYTE_ARRAY' as const },
    { name: 'tree', data: [{ a: [1, 2] }, null], type: 'JSON' as const },
  ];
  const file = Buffer.from(parquetWriteBuffer({ columnData, rowGroupSize: 1 }));
  const [first, second] = await itemsIn(bucket({ k: file }, 1_000), { InputType: 'PARQUET' });
  assert.deepEqual(first, {
    big: 12,
    at: '1970-01-01T00:00:00.000Z',
    share: 0.5,
    is: true,
    bytes: 'text',
    tree: { a: [1, 2] },
  });
  assert.deepEqual(second, { big: 9007199254740992, at: null, share: null, is: null, bytes: null, tree: null });
});

test('a list of objects is read page by page, as it is or with what the objects hold', async () => {
  const objects = { 'in/': '', 'in/1': csv, 'in/2': gzipSync(csv), 'in/3': csv, other: 'no CSV' };
  const listed = await itemsIn(bucket(objects), {}, { Prefix: 'in/' });
  assert.deepEqual(
    listed.map((item) => (item as { Key: string }).Key),
    ['in/', 'in/1', 'in/2', 'in/3'],
  );
  const config = { InputType: 'CSV', CSVHeaderLocation: 'FIRST_ROW', Transformation: 'LOAD_AND_FLATTEN' };
  assert.deepEqual(await itemsIn(bucket(objects), config, { Prefix: 'in/' }), [...people, ...people, ...people]);
});

test('what Athena unloaded is read from the files that its manifest names', async () => {
  const manifest = 's3://b/out/1.gz\n"s3://b/out/2"\n';
  const objects = { k: manifest, 'out/1.gz': gzipSync(jsonLines), 'out/2': jsonLines };
  const config = { ManifestType: 'ATHENA_DATA', InputType: 'JSONL' };
  assert.deepEqual(await itemsIn(bucket(objects), config), [...people, ...people]);
  const packed = { k: manifest, 'out/1.gz': parquet, 'out/2': parquet };
  assert.deepEqual(await itemsIn(bucket(packed), { ...config, InputType: 'PARQUET' }), [...people, ...people]);
});

test('an inventory is read from the files that its manifest names, packed as Amazon S3 writes them', async () => {
  const fileSchema = 'Bucket, Key';
  const destinationBucket = 'arn:aws:s3:::b';
  const manifest = { fileFormat: 'CSV', fileSchema, destinationBucket, files: [{ key: 'data/1.csv.gz' }] };
  const objects = { k: JSON.stringify(manifest), 'data/1.csv.gz': gzipSync('"b","x.txt"\n"b","y.txt"\n') };
  assert.deepEqual(await itemsIn(bucket(objects), { InputType: 'MANIFEST' }), [
    { Bucket: 'b', Key: 'x.txt' },
    { Bucket: 'b', Key: 'y.txt' },
  ]);
});

const wrong: [string, object, Objects, RegExp][] = [
  ['there is no object', { InputType: 'JSONL' }, {}, /^The specified key does not exist\.$/],
  ['the JSON is no array', { InputType: 'JSON' }, { k: '{"a":1}' }, /^Attempting to map over non-iterable node\.$/],
  ['the pointer leads nowhere', { ItemsPointer: '/a' }, { k: '{"b":[]}' }, /non-iterable node/],
  ['the JSON ends too soon', { InputType: 'JSON' }, { k: '[1,{"a":' }, /no JSON/],
  ['an element is no JSON', { InputType: 'JSON' }, { k: '[1,b]' }, /no JSON/],
  ['a comma too many', { InputType: 'JSON' }, { k: '[1,]' }, /no JSON/],
  ['the object is empty', { InputType: 'JSON' }, { k: '' }, /no JSON/],
  ['a line is no JSON', { InputType: 'JSONL' }, { k: '{}\n{' }, /no JSON/],
  ['a quote is not closed', { InputType: 'CSV' }, { k: 'a\n"b' }, /no CSV/],
  ['it is no Parquet', { InputType: 'PARQUET' }, { k: 'PAR1 but no more than that' }, /no Parquet/],
  [
    'the packed file is cut',
    { InputType: 'JSONL' },
    { k: gzipSync(jsonLines).subarray(0, 30) },
    /cannot be decompressed/,
  ],
  ['a manifest names no object', { ManifestType: 'ATHENA_DATA' }, { k: 'out/1' }, /no object in Amazon S3/],
  ['the inventory is no CSV', { InputType: 'MANIFEST' }, { k: '{"fileFormat":"ORC"}' }, /has to be CSV/],
];
for (const [title, config, objects, cause] of wrong) {
  test(`a reader fails and says why: ${title}`, async () => {
    await assert.rejects(itemsIn(bucket(objects), config), (error) => {
      assert.ok(error instanceof MapIoError, String(error));
      assert.equal(error.error, 'States.ItemReaderFailed');
      assert.match(error.message, cause);
      return true;
    });
  });
}

test('no more of an object is asked for than is needed', async () => {
  const s3 = bucket({ k: jsonLines });
  const reader = {
    resource: 'arn:aws:states:::s3:getObject',
    parameters: { Bucket: 'b', Key: 'k' },
    config: { InputType: 'JSONL' },
  };
  for await (const item of s3Items(s3, reader)) {
    assert.deepEqual(item, people[0]);
    break;
  }
  assert.ok(s3.asked.length < jsonLines.length / 7, `${s3.asked.length} parts were asked for`);
});

test('an object that is changed while it is read is not read half and half', async () => {
  const s3 = bucket({ k: jsonLines });
  const changed: S3Objects = {
    ...s3,
    getObjectPart: (where, signal) =>
      where.first === 0 || where.etag !== '"e"'
        ? s3.getObjectPart(where, signal)
        : Promise.resolve({
            error: 'S3.S3Exception',
            cause: 'At least one of the pre-conditions you specified did not hold',
          }),
  };
  await assert.rejects(itemsIn(changed, { InputType: 'JSONL' }), { error: 'States.ItemReaderFailed' });
});
