import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spareCoresOfMachine } from '../src/services/spare-cores.ts';

/** Two cores, as they are used step by step. */
function twoCores() {
  let [nowMs, busyMs, loopBusyMs] = [1000, 70_000, 9000];
  const spareCores = spareCoresOfMachine(
    () => nowMs,
    () => ({ cores: 2, busyMs, loopBusyMs }),
  );
  const pass = (ms: number, busyCores: number, busyLoop = 0): number => {
    nowMs += ms;
    loopBusyMs += ms * busyLoop;
    busyMs += ms * busyCores;
    return spareCores();
  };
  return { spareCores, pass };
}

test('cores are spare as far as they had nothing to do since they were looked at last', () => {
  const { pass } = twoCores();
  pass(0, 0);
  assert.equal(pass(400, 0.5), 1.5);
  assert.equal(pass(400, 2), 0);
  assert.equal(pass(400, 0), 2);
});

test('a moment without work is no core to spare, nor is a use that was counted late', () => {
  const { pass } = twoCores();
  pass(0, 0);
  assert.equal(pass(400, 2), 0);
  assert.equal(pass(20, 0), 0, 'too short to be read');
  assert.equal(pass(400, 2.5), 0, 'more than there is');
});

test('where the host itself has no time left no core is to spare, however idle they are', () => {
  const { pass } = twoCores();
  pass(0, 0);
  assert.equal(pass(400, 1, 0.95), 0);
  assert.equal(pass(400, 1, 0.5), 1);
});

test('what was before a pause says nothing about now', () => {
  const { spareCores, pass } = twoCores();
  assert.equal(spareCores(), 0, 'not known yet');
  assert.equal(pass(60_000, 0), 0, 'not known any more');
  assert.equal(pass(400, 1), 1);
});

test('the cores of this machine can be read', () => {
  let nowMs = 0;
  const spareCores = spareCoresOfMachine(() => nowMs);
  spareCores();
  nowMs = 500;
  assert.ok(spareCores() >= 0);
});
