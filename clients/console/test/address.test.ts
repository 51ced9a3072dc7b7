import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashOf, INBOX, parsePlace } from '../src/page/address.ts';

test('a page and its filter stand in the address, and are found there again', () => {
  for (const place of [
    INBOX,
    { ...INBOX, show: 'mine' },
    { ...INBOX, query: 'apples & pears #1?' },
    { ...INBOX, show: 'mine', due: 'today', query: 'größe' },
    { page: 'order', orderId: 'apples-1' },
    { page: 'time' },
    { page: 'outbox', query: '' },
    { page: 'outbox', query: 'anna@example.com' },
    { page: 'mail', id: '20261123T145145593Z-0123456789abcdef' },
    { page: 'log', query: '', level: 'info', from: '' },
    { page: 'log', query: 'apples-1', level: 'error', from: 'Orders-ApiFunctionCE271BD4' },
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
