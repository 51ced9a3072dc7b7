import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerSchema, InvalidRequest, parse } from '../../confirmations/src/index.ts';
import { isOrderId, orderIdFromKey, parseOrder, parseOrderRequest, serializeOrder } from '../src/order.ts';
import { ORDER } from './world.ts';

function faultsOf(parsed: () => unknown): string[] {
  try {
    parsed();
  } catch (error) {
    assert.ok(error instanceof InvalidRequest);
    return error.faults.map(({ pointer }) => pointer).sort();
  }
  return [];
}

const withoutFault = { orderId: 'a', orderDetails: 'b' };

test('an order may have items and an amount, and need not', () => {
  assert.deepEqual(parseOrder(ORDER), ORDER);
  assert.deepEqual(parseOrder(withoutFault), withoutFault);
  assert.deepEqual(parseOrderRequest({ orderDetails: 'b' }), { orderDetails: 'b' });
});

test('everything that is wrong with an order is told at once, and where', () => {
  const order = {
    orderId: 'no spaces',
    items: [
      { sku: 'a', quantity: 0 },
      { sku: 'b', quantity: 1.5, unitPrice: { value: 12, currency: 'euro' }, colour: 'red' },
    ],
    amount: { value: '1,50', currency: 'EUR' },
    'a/b~c': true,
  };
  assert.deepEqual(
    faultsOf(() => parseOrder(order)),
    [
      '/amount/value',
      '/a~1b~0c',
      '/items/0/quantity',
      '/items/1/colour',
      '/items/1/quantity',
      '/items/1/unitPrice/currency',
      '/items/1/unitPrice/value',
      '/orderDetails',
      '/orderId',
    ],
  );
});

const REFUSED: [why: string, body: unknown, ...pointers: string[]][] = [
  ['not an object', 'an order', ''],
  ['null', null, ''],
  ['a list', [], ''],
  ['an unknown member', { ...withoutFault, isConfirmed: true }, '/isConfirmed'],
  ['the prototype', JSON.parse('{"orderId":"a","orderDetails":"b","__proto__":{"x":1}}'), '/__proto__'],
  ['its constructor', { ...withoutFault, constructor: 1 }, '/constructor'],
  ['no details', { orderId: 'a' }, '/orderDetails'],
  ['empty details', { orderId: 'a', orderDetails: '' }, '/orderDetails'],
  ['long details', { orderId: 'a', orderDetails: 'x'.repeat(20_001) }, '/orderDetails'],
  ['half a surrogate pair', { orderId: 'a', orderDetails: '\ud83d' }, '/orderDetails'],
  ['a long id', { orderId: 'x'.repeat(81), orderDetails: 'b' }, '/orderId'],
  ['a path for an id', { orderId: '../a', orderDetails: 'b' }, '/orderId'],
  ['a line break after the id', { orderId: 'a\n', orderDetails: 'b' }, '/orderId'],
  [
    'too many items',
    { ...withoutFault, items: Array.from({ length: 501 }, () => ({ sku: 'a', quantity: 1 })) },
    '/items',
  ],
  ['a huge quantity', { ...withoutFault, items: [{ sku: 'a', quantity: Infinity }] }, '/items/0/quantity'],
];

for (const [why, body, ...pointers] of REFUSED) {
  test(`an order is refused for ${why}`, () =>
    assert.deepEqual(
      faultsOf(() => parseOrder(body)),
      pointers,
    ));
}

test('a fault does not repeat what was sent', () => {
  assert.throws(
    () => parseOrder({ ...withoutFault, orderDetails: 7, secret: 'hunter2' }),
    (error) => {
      assert.ok(error instanceof InvalidRequest);
      assert.doesNotMatch(JSON.stringify(error) + error.message + error.stack, /hunter2/);
      return true;
    },
  );
});

test('the same order is the same text, however its members were ordered', () => {
  const item = { sku: 'a', quantity: 1, unitPrice: { value: '1.00', currency: 'EUR' } };
  const members = Object.entries({ orderId: 'a', orderDetails: 'b', items: [item], amount: item.unitPrice });
  fc.assert(
    fc.property(fc.shuffledSubarray(members, { minLength: members.length }), (shuffled) => {
      assert.equal(
        serializeOrder(parseOrder(Object.fromEntries(shuffled))),
        serializeOrder(parseOrder(Object.fromEntries(members))),
      );
    }),
  );
});

test('what is an id of an order', () => {
  for (const id of ['a', 'A-b_9', 'x'.repeat(80)]) assert.ok(isOrderId(id), id);
  for (const id of ['', 'a b', 'a/b', 'ä', 'a\n', 'x'.repeat(81)]) assert.ok(!isOrderId(id), id);
});

test('an idempotency key of any shape gives an id of an order, and always the same', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 255 }), (key) => {
      assert.ok(isOrderId(orderIdFromKey(key)));
      assert.equal(orderIdFromKey(key), orderIdFromKey(key));
    }),
  );
  assert.notEqual(orderIdFromKey('a'), orderIdFromKey('b'));
});

test('a confirmation says confirm or reject, and may give a reason', () => {
  assert.deepEqual(parse(answerSchema, { decision: 'confirm' }), { decision: 'confirm' });
  assert.deepEqual(parse(answerSchema, { decision: 'reject', comment: 'no' }), { decision: 'reject', comment: 'no' });
});

test('a confirmation can carry nothing else', () => {
  for (const member of ['orderId', 'orderDetails', 'amount', 'items', 'status', 'approver', 'decidedAt', 'taskToken']) {
    assert.deepEqual(
      faultsOf(() => parse(answerSchema, { decision: 'confirm', [member]: 'x' })),
      [`/${member}`],
    );
  }
  assert.deepEqual(
    faultsOf(() => parse(answerSchema, { decision: 'expired', comment: 'x'.repeat(2001) })),
    ['/comment', '/decision'],
  );
});
