import assert from 'node:assert/strict';
import { test } from 'node:test';
import { physicalName } from '../src/physical-name.ts';

test('a name is stack and logical id where that fits', () => {
  assert.equal(physicalName('Shop', 'Fn9270CBC0', { maxLength: 64 }), 'Shop-Fn9270CBC0');
  assert.equal(physicalName('Shop', 'Store1D', { maxLength: 63, isLowerCase: true }), 'shop-store1d');
});

test('a name that is too long is cut, stays the same, and stays apart from its neighbours', () => {
  const long = 'A'.repeat(60);
  const name = physicalName('Shop', `${long}1`, { maxLength: 64 });
  assert.equal(name.length, 64);
  assert.match(name, /^Shop-A+-[0-9a-f]{12}$/v);
  assert.equal(name, physicalName('Shop', `${long}1`, { maxLength: 64 }));
  assert.notEqual(name, physicalName('Shop', `${long}2`, { maxLength: 64 }));
});

test('a cut never leaves two hyphens in a row', () => {
  assert.match(
    physicalName('A'.repeat(50), 'B'.repeat(50), { maxLength: 63, isLowerCase: true }),
    /^a{50}-[0-9a-f]{12}$/v,
  );
});
