import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareTimestamps, formatTimestamp, notBeforeMs, parseTimestamp } from '../src/timestamp.ts';

function compare(left: string, right: string): number {
  const [first, second] = [parseTimestamp(left), parseTimestamp(right)];
  assert(first !== undefined && second !== undefined);
  return Math.sign(compareTimestamps(first, second));
}

test('a timestamp is RFC 3339 with a capital T and a capital Z or an offset', () => {
  const cases: [text: string, epochMs: number | undefined][] = [
    ['1970-01-01T00:00:00Z', 0],
    ['2016-03-14T01:59:00Z', 1_457_920_740_000],
    ['2016-03-14T01:59:00.00Z', 1_457_920_740_000],
    ['2012-10-09T19:00:55+01:00', 1_349_805_655_000],
    ['2012-10-09T19:00:55-00:00', 1_349_809_255_000],
    ['1969-12-31T23:59:59.999Z', -1],
    ['0000-02-29T00:00:00Z', -62_162_121_600_000],
    ['9999-12-31T23:59:59Z', 253_402_300_799_000],
    ['2016-12-05T25:29:29Z', undefined],
    ['2016-13-05T21:29:29Z', undefined],
    ['2016-12-05 21:29:29Z', undefined],
    ['2016-12-05T21:29:29', undefined],
    ['2016-12-05T21:29:29.000000', undefined],
    ['05-12-2016T21:29:29Z', undefined],
    ['2023-02-24 12:15:56.832957', undefined],
    ['2016-12-05t21:29:29Z', undefined],
    ['2016-12-05T21:29:29z', undefined],
    ['2016-12-05T21:29Z', undefined],
    ['2016-12-05T21:29:29.Z', undefined],
    ['2016-12-05T21:29:29.1234567890Z', undefined],
    ['2016-12-05T21:29:60Z', undefined],
    ['2016-12-05T24:00:00Z', undefined],
    ['2016-12-05T21:29:29+24:00', undefined],
    ['2015-02-29T00:00:00Z', undefined],
    ['1900-02-29T00:00:00Z', undefined],
    ['2016-04-31T00:00:00Z', undefined],
    ['2016-00-01T00:00:00Z', undefined],
    ['2016-01-00T00:00:00Z', undefined],
    ['2016-12-05T21:29:29Z\n', undefined],
    [' 2016-12-05T21:29:29Z', undefined],
    ['٢٠١٦-12-05T21:29:29Z', undefined],
    ['', undefined],
  ];
  for (const [text, epochMs] of cases) assert.equal(parseTimestamp(text)?.epochMs, epochMs, text);
});

test('nanoseconds count when timestamps are compared, and a wait never ends before them', () => {
  assert.equal(compare('2016-03-05T21:29:29.243167252Z', '2016-03-05T21:29:29.243167253Z'), -1);
  assert.equal(compare('2016-03-05T21:29:29.243167252Z', '2016-03-05T22:29:29.243167252+01:00'), 0);
  assert.equal(compare('2016-03-05T21:29:30Z', '2016-03-05T21:29:29.999999999Z'), 1);
  const wait = parseTimestamp('2016-03-05T21:29:29.243167252Z');
  assert(wait !== undefined);
  assert.deepEqual(wait, { epochMs: 1_457_213_369_243, nanoseconds: 167_252 });
  assert.equal(notBeforeMs(wait), 1_457_213_369_244);
  assert.equal(notBeforeMs({ epochMs: 5, nanoseconds: 0 }), 5);
});

test('every instant of the years 0 to 9999 is written as Date writes it, and read back the same', () => {
  const min = Date.parse('0000-01-01T00:00:00.000Z');
  const max = Date.parse('9999-12-31T23:59:59.999Z');
  fc.assert(
    fc.property(fc.integer({ min, max }), (epochMs) => {
      const text = formatTimestamp(epochMs);
      assert.equal(text, new Date(epochMs).toISOString());
      assert.deepEqual(parseTimestamp(text), { epochMs, nanoseconds: 0 });
    }),
    { numRuns: 2000 },
  );
});
