import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { keptSecret, signingKeys } from '../src/services/cognito-keys.ts';
import { freshPath } from './assembly-files.ts';
import { refusalOf } from './refusal.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

test('keys are made once, for this user alone, and renewed by age; the one before still verifies for a while', async () => {
  const file = freshPath();
  const kids = async (day: number) => (await signingKeys(file, day * DAY_MS)).map(({ kid }) => kid);
  const [first] = await kids(0);
  assert.ok(first !== undefined);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(await kids(89), [first]);
  const [second, before] = await kids(90);
  assert.deepEqual([before, second === first], [first, false]);
  assert.deepEqual(await kids(91), [second, first]);
  assert.deepEqual(await kids(92), [second]);
  const [key] = await signingKeys(file, 92 * DAY_MS);
  assert.deepEqual([key?.kty, key?.alg, key?.use, typeof key?.d], ['RSA', 'RS256', 'sig', 'string']);
});

test('a damaged file of keys is refused, for new ones would end every sign-in unasked', async () => {
  const file = freshPath();
  writeFileSync(file, '{}');
  assert.match((await refusalOf(() => signingKeys(file, 0))).message, /is damaged/v);
});

test('a secret stays the same', () => {
  const file = freshPath();
  const secret = keptSecret(file);
  assert.match(secret, /^[0-9a-f]{64}$/v);
  assert.equal(keptSecret(file), secret);
  assert.equal(statSync(file).mode & 0o777, 0o600);
});
