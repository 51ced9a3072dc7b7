import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linesTogether } from '../src/lines-together.ts';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

test('the lines of one turn are written together, in their order', async () => {
  const written: string[] = [];
  const write = linesTogether((text) => written.push(text));
  for (const line of ['a\n', 'b\n', 'c\n']) write(line);
  assert.deepEqual(written, []);
  await nextTurn();
  assert.deepEqual(written, ['a\nb\nc\n']);
  write('d\n');
  await nextTurn();
  assert.deepEqual(written, ['a\nb\nc\n', 'd\n']);
});

test('what a turn writes does not pile up', async () => {
  const written: string[] = [];
  const write = linesTogether((text) => written.push(text));
  const line = `${'x'.repeat(999)}\n`;
  for (let count = 0; count < 200; count += 1) write(line);
  assert.ok(written.length >= 2, 'not only at the end of the turn');
  await nextTurn();
  assert.equal(written.join(''), line.repeat(200));
});
