import assert from 'node:assert/strict';
import { test } from 'node:test';
import { growthOf } from '../growth.ts';

const SIXTEEN = Array.from({ length: 16 }, (_, index) => index);
const EXACT = { share: 0, amount: 0 };

test('what grows is seen between the second quarter and the last', () => {
  assert.deepEqual(growthOf(SIXTEEN, EXACT), { before: 5.5, after: 13.5, most: 5.5, grew: true });
  assert.equal(
    growthOf(
      SIXTEEN.map(() => 7),
      EXACT,
    ).grew,
    false,
  );
  assert.equal(growthOf(SIXTEEN.toReversed(), EXACT).grew, false);
});

test('what is filled in the first quarter, or is an exception, is no growth', () => {
  assert.equal(
    growthOf(
      SIXTEEN.map((index) => Math.min(index, 4)),
      EXACT,
    ).grew,
    false,
  );
  assert.equal(
    growthOf(
      SIXTEEN.map((index) => (index === 14 ? 1_000 : 1)),
      EXACT,
    ).grew,
    false,
  );
});

test('it may grow by a share and an amount, and no more', () => {
  const grown = (after: number) =>
    growthOf(
      SIXTEEN.map((index) => (index < 12 ? 100 : after)),
      { share: 0.2, amount: 10 },
    );
  assert.deepEqual(grown(130), { before: 100, after: 130, most: 130, grew: false });
  assert.equal(grown(131).grew, true);
});

test('too few samples say nothing', () => {
  assert.throws(() => growthOf([1, 2, 3, 4, 5, 6, 7], EXACT), RangeError);
});
