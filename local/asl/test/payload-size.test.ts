import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Json } from '../src/json.ts';
import { isTooLarge, PAYLOAD_BYTES_MAX } from '../src/payload-size.ts';

test('a payload of 262,144 bytes fits and one more does not, whatever its characters', () => {
  for (const character of ['a', 'é', '€', '😀', '"', '\n', '\u0001', '\ud800']) {
    const each = Buffer.byteLength(JSON.stringify(character)) - 2;
    const most = Math.floor((PAYLOAD_BYTES_MAX - 2) / each);
    assert.equal(isTooLarge(character.repeat(most)), false, JSON.stringify(character));
    assert.equal(isTooLarge(character.repeat(most + 1)), true, JSON.stringify(character));
  }
});

test('it judges as the length of the JSON text does', () => {
  const padding = (value: Json, bytes: number): Json => [value, 'x'.repeat(Math.max(0, bytes))];
  fc.assert(
    fc.property(fc.jsonValue() as fc.Arbitrary<Json>, fc.integer({ min: -3, max: 3 }), (value, off) => {
      const payload = padding(value, PAYLOAD_BYTES_MAX - Buffer.byteLength(JSON.stringify(padding(value, 0))) + off);
      assert.equal(isTooLarge(payload), Buffer.byteLength(JSON.stringify(payload)) > PAYLOAD_BYTES_MAX);
    }),
  );
});

test('a value that refers to one large text very often is judged without being written out', () => {
  let value: Json = 'x'.repeat(100_000);
  for (let level = 0; level < 40; level++) value = [value, value];
  assert.equal(isTooLarge(value), true);
});

test('a value nested too deep to be written out is too large', () => {
  let value: Json = 1;
  for (let level = 0; level < 100_000; level++) value = [value];
  assert.equal(isTooLarge(value), true);
});

test('a large value that stands in many others is not gone through for each of them', () => {
  // By the longest that its escapes could be it is too large, by what it holds it is not.
  const items = Array.from({ length: 10_000 }, (_, index) => `item ${index}`);
  let reads = 0;
  const read = (target: string[], key: string | symbol): unknown => {
    reads++;
    return Reflect.get(target, key);
  };
  const shared: Json = new Proxy(items, { get: read });
  for (let index = 0; index < 100; index++) assert.equal(isTooLarge({ index, shared }), false);
  assert.ok(reads < 5 * items.length, `its ${items.length} items were read ${reads} times`);
});
