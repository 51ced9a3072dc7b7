import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { isLinkId, newLinkId } from '../src/links/link-id.ts';
import { isSecretOf, secretOf } from '../src/links/link-secret.ts';
import { nonceOf, readNonce } from '../src/links/nonce.ts';

const KEY = Buffer.from('a key that is long enough for HMAC-SHA-256');
const CLAIMS = { id: 'order-1', linkId: 'abcdefghjk', person: 'anna', expiresAt: '2026-11-26T08:00:00.000Z' };

test('links that are out there stay good: what is signed, and how, does not change', () => {
  const signed = '["countersign-link-1","order-1","abcdefghjk","anna","2026-11-26T08:00:00.000Z"]';
  assert.equal(secretOf(KEY, CLAIMS), createHmac('sha256', KEY).update(signed).digest('base64url'));
  assert.ok(isSecretOf(KEY, CLAIMS, createHmac('sha256', KEY).update(signed).digest('base64url')));
});

for (const name of ['id', 'linkId', 'person', 'expiresAt'] as const) {
  test(`a secret speaks for one ${name}`, () => {
    assert.ok(!isSecretOf(KEY, { ...CLAIMS, [name]: `${CLAIMS[name]}x` }, secretOf(KEY, CLAIMS)));
  });
}

test('no part of what is signed flows into its neighbour', () => {
  const other = { ...CLAIMS, id: 'order-1","abcdefghjk', linkId: 'anna' };
  assert.notEqual(secretOf(KEY, other), secretOf(KEY, CLAIMS));
  assert.notEqual(secretOf(KEY, { ...CLAIMS, id: 'order-', linkId: '1abcdefghjk' }), secretOf(KEY, CLAIMS));
});

test('a nonce is for one link and by one key, and is no secret of a link', () => {
  const seen = { shown: 'f'.repeat(64), atMs: 60_000 * 29_000_000 };
  const nonce = nonceOf(KEY, CLAIMS.linkId, seen);
  assert.deepEqual(readNonce(KEY, CLAIMS.linkId, nonce), seen);
  assert.equal(readNonce(KEY, 'abcdefghjm', nonce), undefined);
  assert.equal(readNonce(Buffer.from(`${KEY.toString()}x`), CLAIMS.linkId, nonce), undefined);
  assert.ok(!nonce.includes(secretOf(KEY, CLAIMS)));
});

test('ids of links can be read aloud, and do not come twice', () => {
  const ids = Array.from({ length: 1_000 }, () => newLinkId());
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids) {
    assert.ok(isLinkId(id));
    assert.match(id, /^[2-9A-HJ-NP-Za-km-z]{10}$/v);
  }
  for (const wrong of ['', 'abcdefghj', 'abcdefghjkm', 'abcdefghjO', 'abcdefghj\n', '../abcdefg'])
    assert.ok(!isLinkId(wrong));
});
