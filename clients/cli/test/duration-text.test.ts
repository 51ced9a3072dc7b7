import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durationText, fromNowText } from '../src/duration-text.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

for (const [ms, text] of [
  [0, '0 s'],
  [999, '0 s'],
  [-5000, '0 s'],
  [59_999, '59 s'],
  [MINUTE_MS, '1 min'],
  [HOUR_MS - 1, '59 min'],
  [HOUR_MS, '1 h'],
  [3 * HOUR_MS + 5 * MINUTE_MS, '3 h 5 min'],
  [DAY_MS, '1 d'],
  [365 * DAY_MS + 4 * HOUR_MS, '365 d 4 h'],
] as const) {
  test(`${ms} ms reads as ${text}`, () => assert.equal(durationText(ms), text));
}

test('an instant is told by its distance from now', () => {
  assert.equal(fromNowText(1000, 61_000), '1 min ago');
  assert.equal(fromNowText(61_000, 1000), 'in 1 min');
});
