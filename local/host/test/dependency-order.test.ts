import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dependencyOrder } from '../src/dependency-order.ts';

function orderOf(graph: Record<string, string>) {
  return dependencyOrder(new Map(Object.entries(graph).map(([item, others]) => [item, new Set(others)])));
}

test('items without dependencies keep the order given', () => {
  assert.deepEqual(orderOf({ b: '', a: '', c: '' }), { order: ['b', 'a', 'c'] });
});

test('an item comes after all it depends on', () => {
  assert.deepEqual(orderOf({ a: 'bc', b: 'c', c: '', d: 'a' }), { order: ['c', 'b', 'a', 'd'] });
});

test('a circle is named from its first item to its first item, without what only leads to it', () => {
  assert.deepEqual(orderOf({ x: 'a', a: 'b', b: 'c', c: 'a', z: '' }), { cycle: ['a', 'b', 'c', 'a'] });
  assert.deepEqual(orderOf({ a: 'a' }), { cycle: ['a', 'a'] });
});

test('a chain of a hundred thousand does not exhaust the stack', () => {
  const chain = new Map(
    Array.from({ length: 100_000 }, (_, index) => [index, new Set(index === 99_999 ? [] : [index + 1])]),
  );
  const result = dependencyOrder(chain);
  assert.equal('order' in result && result.order[0], 99_999);
  chain.set(99_999, new Set([0]));
  assert.equal('cycle' in dependencyOrder(chain), true);
});
