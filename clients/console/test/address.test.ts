import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashOf, INBOX, parsePlace } from '../src/page/address.ts';

test('a filter stands in the address, and is found there again', () => {
  for (const place of [
    INBOX,
    { ...INBOX, show: 'mine' },
    { ...INBOX, query: 'apples & pears #1?' },
    { ...INBOX, show: 'mine', due: 'today', query: 'größe' },
    { page: 'order', orderId: 'apples-1' },
  ] as const) {
    assert.deepEqual(parsePlace(hashOf(place)), place);
  }
});

test('what is no address of the page leads nowhere', () => {
  for (const hash of ['#/orders/', '#/orders/a/b', '#/orders/..%2fetc', '#/nothing', `#/orders/${'x'.repeat(81)}`]) {
    assert.deepEqual(parsePlace(hash), { page: 'unknown' }, hash);
  }
  assert.deepEqual(parsePlace(''), INBOX);
  assert.deepEqual(parsePlace('#/?show=nobody&due=never'), INBOX);
});
