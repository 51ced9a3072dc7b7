import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GUESSES } from './guesses/guess.ts';

/** `npm run guess` makes a million of each. */
const FEW = 10_000;

for (const [what, guess] of Object.entries(GUESSES)) {
  test(`${what} is not guessed`, () => assert.equal(guess(FEW), 0));
}
