import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Column, table } from '../src/table.ts';
import { textWidth } from '../src/text-width.ts';

interface Row {
  id: string;
  words: string;
}

const columns: Column<Row>[] = [
  { heading: 'ID', value: ({ id }) => id },
  { heading: 'WORDS', value: ({ words }) => words, shrinks: true },
];

function draw(rows: Row[], width: number): string[] {
  return table(columns, rows, width, (heading) => heading).split('\n');
}

test('a table for a program is as wide as its longest text, and cuts nothing', () => {
  const long = 'x'.repeat(500);
  assert.deepEqual(draw([{ id: 'a', words: long }], Number.POSITIVE_INFINITY), ['ID  WORDS', `a   ${long}`]);
});

test('on a terminal a long text gives way, and the id stays whole', () => {
  const lines = draw([{ id: 'order-0001', words: 'two crates of apples and one of pears' }], 30);
  assert.deepEqual(lines, ['ID          WORDS', 'order-0001  two crates of app…']);
});

test('where not even that fits, each row becomes a block', () => {
  const id = 'an-id-of-more-than-twenty-characters';
  const lines = draw(
    [
      { id, words: 'two crates of apples' },
      { id: 'b', words: 'pears' },
    ],
    20,
  );
  assert.deepEqual(lines, [`ID     ${id}`, 'WORDS  two crates o…', '', 'ID     b', 'WORDS  pears']);
});

test('a cell is one line, whatever it held', () => {
  assert.equal(draw([{ id: 'a', words: 'one\r\ntwo\tthree\u001B[2J' }], 80)[1], 'a   one two three\\u001b[2J');
});

test('no line is wider than the terminal, wide characters and emoji included', () => {
  const rows = [
    { id: 'りんご', words: '林檎を二箱、急いでお願いします' },
    { id: 'b', words: '🍏'.repeat(40) },
    { id: 'c', words: 'e\u0301'.repeat(60) },
  ];
  for (let width = 18; width < 100; width += 1) {
    for (const line of draw(rows, width)) assert.ok(textWidth(line) <= width, `${width}: ${line}`);
  }
});
