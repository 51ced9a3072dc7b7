import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../src/json.ts';
import { applyResultPath, evaluatePath } from '../src/json-path.ts';
import { context, failureOf } from './world.ts';

test('a result goes where the ResultPath says, and objects are made on the way', () => {
  const input = { master: { detail: [1, 2, 3] }, kept: true };
  const rows: [resultPath: string | null | undefined, output: Json][] = [
    ['$', 6],
    [undefined, 6],
    [null, input],
    ['$.sum', { ...input, sum: 6 }],
    ['$.master', { master: 6, kept: true }],
    ['$.master.detail', { master: { detail: 6 }, kept: true }],
    ['$.master.detail[1]', { master: { detail: [1, 6, 3] }, kept: true }],
    ['$.master.result.sum', { master: { detail: [1, 2, 3], result: { sum: 6 } }, kept: true }],
    ["$['new one']['and another']", { ...input, 'new one': { 'and another': 6 } }],
  ];
  for (const [resultPath, output] of rows) assert.deepEqual(applyResultPath(input, resultPath, 6), output);
  assert.deepEqual(input, { master: { detail: [1, 2, 3] }, kept: true }, 'the input was changed');
});

test('what is beside the ResultPath is handed on and not copied', () => {
  const input = { big: { of: 'much' } };
  const output = applyResultPath(input, '$.small', 1);
  assert.equal(evaluatePath('$.big', output, context), input.big);
});

test('a ResultPath that leads through something else is a failure that can be caught', () => {
  const rows: [input: Json, resultPath: string][] = [
    ['text', '$.a'],
    [[1], '$.a'],
    [null, '$.a'],
    [{ a: 1 }, '$.a.b'],
    [{ a: null }, '$.a.b'],
    [{ a: [1] }, '$.a[1]'],
    [{ a: {} }, '$.a[0]'],
    [{}, '$.a[0]'],
  ];
  for (const [input, resultPath] of rows) {
    const failure = failureOf(() => applyResultPath(input, resultPath, 1));
    assert.deepEqual(failure, {
      error: 'States.ResultPathMatchFailure',
      cause: `Unable to apply ReferencePath ${resultPath} to input ${JSON.stringify(input)}`,
    });
  }
});

test('__proto__ is a place like any other', () => {
  const output = applyResultPath({}, '$.__proto__.isAdmin', true);
  assert.equal(JSON.stringify(output), '{"__proto__":{"isAdmin":true}}');
  assert.equal(Object.getPrototypeOf(output), Object.prototype);
  assert.equal(evaluatePath('$.__proto__.isAdmin', output, context), true);
});

test('what was put at a path is found at it', () => {
  const json = fc.jsonValue().map((value): Json => JSON.parse(JSON.stringify(value)));
  const names = fc.array(
    fc.string({ minLength: 1 }).filter((name) => !/['\\]/.test(name)),
    { minLength: 1, maxLength: 5 },
  );
  fc.assert(
    fc.property(json, names, json, (other, keys, result) => {
      const path = `$${keys.map((key) => `['${key}']`).join('')}`;
      const output = applyResultPath({ 'beside it all': other }, path, result);
      assert.deepEqual(evaluatePath(path, output, context), result);
      if (keys[0] !== 'beside it all') assert.deepEqual(evaluatePath("$['beside it all']", output, context), other);
    }),
  );
});
