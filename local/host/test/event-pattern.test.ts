import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { effortOf } from '../../../tests/effort.ts';
import { compileEventPattern, InvalidEventPattern } from '../src/services/event-pattern.ts';
import type { Json } from '../src/template.ts';

/** The comparison of a field `a`, values of it that match, and values that do not. `undefined` stands for no such field. */
const CASES: readonly (readonly [Json[], yes: (Json | undefined)[], no: (Json | undefined)[]])[] = [
  [
    ['x', 3, null, true],
    ['x', 3, null, true, ['q', 'x']],
    ['y', 4, false, '3', undefined, { x: 1 }, []],
  ],
  [[{ exists: true }], ['x', null, 0, ['x']], [undefined, { b: 1 }, []]],
  [[{ exists: false }], [undefined, { b: 1 }, []], ['x', null, false]],
  [[{ prefix: 'ap' }], ['apple', 'ap', ['pear', 'apple']], ['Apple', 'a', 3, undefined]],
  [[{ prefix: { 'equals-ignore-case': 'AP' } }], ['apple', 'APE'], ['pap']],
  [[{ suffix: '.png' }], ['a.png'], ['a.PNG', '.pngs']],
  [[{ suffix: { 'equals-ignore-case': '.png' } }], ['a.PNG'], ['a.pn']],
  [[{ 'equals-ignore-case': 'Apple' }], ['aPPLE'], ['apples']],
  [[{ wildcard: 'a*b*c' }], ['abc', 'axbxc', 'abbcc'], ['acb', 'abcd', 'xabc', '']],
  [[{ wildcard: 'ab*ba' }], ['abba', 'ab--ba'], ['aba', 'ab']],
  [[{ wildcard: String.raw`a\*\\*` }], [String.raw`a*\ `, String.raw`a*\ `.trim()], ['ab', 'a*']],
  [[{ 'anything-but': ['x', 1] }], ['y', 2, null, ['x', 'y']], ['x', 1, undefined, ['x']]],
  [[{ 'anything-but': { prefix: ['x', 'y'] } }], ['ax', 3], ['xa', 'ya', undefined]],
  [[{ 'anything-but': { wildcard: '*/lib/*' } }], ['/src/a'], ['/lib/a']],
  [[{ numeric: ['>', 0, '<=', 5] }], [1, 5, 0.5], [0, 5.1, '3', undefined]],
  [[{ numeric: ['=', 3e2] }], [300], [30]],
  [[{ cidr: '10.0.0.0/24' }], ['10.0.0.255'], ['10.0.1.0', '::ffff', 'x', 10]],
  [[{ cidr: '2001:db8::/32' }], ['2001:db8::1'], ['2001:db9::1', '10.0.0.1']],
  [
    ['x', { numeric: ['>', 9] }],
    ['x', 10],
    [9, 'y'],
  ],
];

for (const [conditions, yes, no] of CASES) {
  test(`what ${JSON.stringify(conditions)} matches`, () => {
    const matches = compileEventPattern({ a: conditions });
    const event = (value: Json | undefined) => (value === undefined ? {} : { a: value });
    for (const value of yes) assert.equal(matches(event(value)), true, JSON.stringify(value));
    for (const value of no) assert.equal(matches(event(value)), false, JSON.stringify(value));
  });
}

describe('fields', () => {
  test('must all match, at any depth, and of an array of objects one', () => {
    const matches = compileEventPattern({
      source: ['shop'],
      detail: { lines: { sku: ['apple'], count: [{ numeric: ['>', 1] }] } },
    });
    const event = (lines: Json) => ({ source: 'shop', detail: { lines } });
    assert.equal(matches(event({ sku: 'apple', count: 2 })), true);
    assert.equal(
      matches(
        event([
          { sku: 'pear', count: 9 },
          { sku: 'apple', count: 2 },
        ]),
      ),
      true,
    );
    assert.equal(
      matches(
        event([
          { sku: 'apple', count: 1 },
          { sku: 'pear', count: 9 },
        ]),
      ),
      false,
      'not one line has both',
    );
    assert.equal(matches({ ...event({ sku: 'apple', count: 2 }), source: 'shops' }), false);
  });

  test('of which one of several will do stand in $or', () => {
    const matches = compileEventPattern({ source: ['shop'], $or: [{ a: [1] }, { b: { c: [2] } }] });
    assert.deepEqual(
      [{ a: 1 }, { b: { c: 2 } }, { a: 2 }, { b: 2 }].map((more) => matches({ source: 'shop', ...more })),
      [true, true, false, false],
    );
    assert.equal(matches({ source: 'other', a: 1 }), false);
  });

  test('with the names of what every object has are none', () => {
    assert.equal(compileEventPattern({ toString: [{ exists: true }] })({}), false);
    assert.equal(compileEventPattern({ constructor: [{ exists: false }] })({}), true);
  });
});

describe('what is no pattern is refused', () => {
  const refused: Json[] = [
    [],
    'x',
    {},
    { a: 'x' },
    { a: [] },
    { a: {} },
    { a: [['x']] },
    { a: [{ prefix: 3 }] },
    { a: [{ similar: 'x' }] },
    { a: [{ prefix: 'a', suffix: 'b' }] },
    { a: [{ numeric: ['>'] }] },
    { a: [{ numeric: ['~', 3] }] },
    { a: [{ cidr: '10.0.0.0/33' }] },
    { a: [{ wildcard: 'a**b' }] },
    { a: [{ wildcard: String.raw`a\b` }] },
    { a: [{ 'anything-but': [] }] },
    { a: [{ exists: 'yes' }] },
  ];
  for (const pattern of refused) {
    test(JSON.stringify(pattern), () => assert.throws(() => compileEventPattern(pattern), InvalidEventPattern));
  }
});

describe('whatever the values are', () => {
  const scalar = fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer(), fc.boolean(), fc.constant(null));

  test('a pattern of exact values matches what has one of them, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(scalar, { minLength: 1 }), scalar, (wanted, value) => {
        assert.equal(compileEventPattern({ a: wanted })({ a: value }), wanted.includes(value));
      }),
    );
  });

  test('anything-but is the contrary of the value, where there is one', () => {
    const texts = fc.array(fc.string(), { minLength: 1 });
    fc.assert(
      fc.property(texts, fc.string(), (excluded, value) => {
        const but = compileEventPattern({ a: [{ 'anything-but': excluded }] });
        assert.equal(but({ a: value }), !compileEventPattern({ a: excluded })({ a: value }));
      }),
    );
  });

  test('a wildcard matches as the regular expression that it stands for', () => {
    const text = (maxLength: number) => fc.string({ unit: fc.constantFrom('a', 'b', '.', '$'), maxLength });
    const parts = fc.array(text(3), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(parts, text(12), (texts, value) => {
        fc.pre(!texts.slice(1, -1).includes(''));
        const expression = new RegExp(`^${texts.map((part) => RegExp.escape(part)).join('.*')}$`, 'sv');
        assert.equal(compileEventPattern({ a: [{ wildcard: texts.join('*') }] })({ a: value }), expression.test(value));
      }),
      { numRuns: 1000 },
    );
  });

  test('no comparison looks for what stands between its wildcards twice', async () => {
    const matches = compileEventPattern({ a: [{ wildcard: `${'a*'.repeat(500)}b*` }] });
    const effortMs = await effortOf(() => assert.equal(matches({ a: 'a'.repeat(200_000) }), false));
    assert.ok(effortMs < 500, `it took ${effortMs} ms`);
  });
});
