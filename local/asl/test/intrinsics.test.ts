import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { isIntrinsicCall } from '../src/intrinsic-call.ts';
import type { Json } from '../src/json.ts';
import { evaluateExpression } from '../src/payload-template.ts';
import { chance, context, failureOf } from './world.ts';

function evaluate(call: string, root: Json = {}): Json {
  return evaluateExpression(call, 'result.$', root, context, {}, chance);
}

function check(rows: readonly (readonly [call: string, result: Json])[], root?: Json): void {
  for (const [call, result] of rows) assert.deepEqual(evaluate(call, root), result, call);
}

test('Format puts values where {} stands, written as Java writes them', () => {
  const root = {
    text: 'a "b"',
    none: null,
    one: 1,
    half: 1.5,
    large: 12_345_678.9,
    small: 0.00012,
    object: { Id: 'arn', Names: ['a', null, { b: true }] },
    template: 'It is {}, or \\{{}\\}',
  };
  check(
    [
      ["States.Format('no place')", 'no place'],
      ["States.Format('{} and {}', $.text, 'c')", 'a "b" and c'],
      ["States.Format('{}{}{}', $.none, $.one, $.half)", 'null11.5'],
      ["States.Format('{} {} {}', 101, -2.50, true)", '101 -2.5 true'],
      ["States.Format('{} {}', $.large, $.small)", '1.23456789E7 1.2E-4'],
      // Recorded: an object is written as Java's Map.
      ["States.Format('snd={}.', $.object)", 'snd={Id=arn, Names=[a, null, {b=true}]}.'],
      ["States.Format($.template, 'x', 'y')", 'It is x, or {y}'],
      ["States.Format('\\{\\} {} \\'{}\\' \\\\ {', 'x', 'y')", "{} x 'y' \\ {"],
    ],
    root,
  );
});

test('arrays', () => {
  const root = {
    numbers: [1, 2, 3, 4, 5],
    mixed: [null, null, true, 1, 1.0, '1', [], [], { a: 1, b: 2 }, { b: 2, a: 1 }],
  };
  check(
    [
      ['States.Array()', []],
      ["States.Array('a', 1, null, $.numbers[0])", ['a', 1, null, 1]],
      ['States.ArrayPartition($.numbers, 2)', [[1, 2], [3, 4], [5]]],
      [
        'States.ArrayPartition($.numbers, 2.5)',
        [
          [1, 2, 3],
          [4, 5],
        ],
      ],
      ['States.ArrayContains($.mixed, $.mixed[9])', true],
      ["States.ArrayContains($.numbers, '1')", false],
      ['States.ArrayRange(1, 9, 2)', [1, 3, 5, 7, 9]],
      ['States.ArrayRange(5, 1, -2)', [5, 3, 1]],
      ['States.ArrayRange(1, 0, 1)', []],
      ['States.ArrayGetItem($.numbers, 4)', 5],
      ['States.ArrayLength($.numbers)', 5],
      ['States.ArrayUnique($.mixed)', [null, true, 1, '1', [], { a: 1, b: 2 }]],
    ],
    root,
  );
});

test('texts, numbers and JSON', () => {
  const root = {
    text: '{"a":[1,"ü"],"__proto__":{"b":2}}',
    value: { a: [1, 'ü'] },
    one: { a: { x: 1 }, b: 2 },
    two: { a: { y: 2 } },
  };
  check(
    [
      ["States.StringSplit('1,2,,3', ',')", ['1', '2', '3']],
      ["States.StringSplit('This.is+a,test=string', '.+,=')", ['This', 'is', 'a', 'test', 'string']],
      ["States.StringSplit('', ',')", []],
      ["States.StringSplit('a,b', '')", ['a,b']],
      ['States.MathAdd(111, -1)', 110],
      // Recorded: both are rounded first, halves upwards.
      ['States.MathAdd(1.49, 1.5)', 3],
      ['States.MathAdd(-0.5, 0)', 0],
      ['States.MathAdd(-1.5, -1.51)', -3],
      ['States.JsonToString($.value)', '{"a":[1,"ü"]}'],
      ["States.StringToJson('[1, {}]')", [1, {}]],
      ['States.JsonMerge($.one, $.two, false)', { a: { y: 2 }, b: 2 }],
      ["States.Base64Encode('Data to encode')", 'RGF0YSB0byBlbmNvZGU='],
      ["States.Base64Decode('w7wg8J+YgA==')", 'ü 😀'],
      ['States.ArrayLength(States.StringSplit($$.Execution.Name, $$.State.Name))', 1],
    ],
    root,
  );
  const parsed = evaluate('States.JsonMerge(States.StringToJson($.text), $.two, false)', root);
  assert.equal(JSON.stringify(parsed), '{"a":{"y":2},"__proto__":{"b":2}}');
});

test('Base64 and Hash agree with Node for every text', () => {
  const algorithms = { MD5: 'md5', 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' };
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const encoded = Buffer.from(text).toString('base64');
      check(
        [
          ['States.Base64Encode($.text)', encoded],
          ['States.Base64Decode($.encoded)', text],
          ...Object.entries(algorithms).map(
            ([algorithm, name]) =>
              [`States.Hash($.text, '${algorithm}')`, createHash(name).update(text).digest('hex')] as const,
          ),
        ],
        { text, encoded },
      );
    }),
    { numRuns: 50 },
  );
});

test('MathRandom stays between its bounds, and gives the same number for the same seed', () => {
  const numbers = Array.from({ length: 1000 }, () => evaluate('States.MathRandom(-2, 3)'));
  assert.deepEqual(new Set(numbers), new Set([-2, -1, 0, 1, 2]));
  const seeded = Array.from({ length: 1000 }, (_, seed) => evaluate('States.MathRandom(0, 5, $.seed)', { seed }));
  assert.deepEqual(new Set(seeded), new Set([0, 1, 2, 3, 4]));
  assert.deepEqual(evaluate('States.MathRandom(0, 1000000, 7)'), evaluate('States.MathRandom(0, 1000000, 7)'));
});

test('UUID gives another one each time', () => {
  const uuids = evaluate('States.Array(States.UUID(), States.UUID())');
  assert.match(
    JSON.stringify(uuids),
    /^\["[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}","[0-9a-f-]{36}"\]$/,
  );
  assert.equal(new Set(JSON.parse(JSON.stringify(uuids))).size, 2);
});

test('a call that fails names itself and can be caught', () => {
  const root = { array: [1], text: 'x', long: 'x'.repeat(10_001), deep: '['.repeat(1001) + ']'.repeat(1001) };
  const rows: [call: string, reason: string][] = [
    ["States.Format('{}')", 'Invalid arguments: the template has 1 {} and there are 0 values.'],
    [
      "States.Format('{}', $.nothing)",
      `The JsonPath argument for the field '$.nothing' could not be found in the input '${JSON.stringify(root)}'`,
    ],
    ['States.Format(3)', 'Invalid arguments: a string is needed, but was a number.'],
    ['States.ArrayGetItem($.array, 1)', 'Invalid arguments: there is no item 1 in an array of 1.'],
    ['States.ArrayGetItem($.array, -1)', 'Invalid arguments: there is no item -1 in an array of 1.'],
    ['States.ArrayLength($.text)', 'Invalid arguments: an array is needed, but was a string.'],
    ['States.ArrayPartition($.array, 0)', 'Invalid arguments: a chunk has at least one item, but was 0.'],
    ['States.ArrayRange(0, 1000, 1)', 'Invalid arguments: the range has more than 1000 items.'],
    ['States.ArrayRange(0, 1, 0)', 'Invalid arguments: the step must not be 0.'],
    ['States.StringToJson($.text)', 'Invalid arguments: the text is not JSON.'],
    ['States.StringToJson($.deep)', 'Invalid arguments: the JSON is nested more than 500 deep.'],
    ['States.Base64Decode($.text)', 'Invalid arguments: the text is not Base64.'],
    ['States.Base64Encode($.long)', 'Invalid arguments: the text is longer than 10000 characters.'],
    ["States.Hash($.text, 'CRC')", 'Invalid arguments: CRC is not one of MD5, SHA-1, SHA-256, SHA-384, SHA-512.'],
    ['States.JsonMerge($, $, true)', 'Invalid arguments: the third argument must be false, for a shallow merge.'],
    ['States.JsonMerge($.text, $, false)', 'Invalid arguments: an object is needed, but was a string.'],
    ['States.MathAdd(null, 1)', 'Invalid arguments: a number is needed, but was null.'],
    ['States.MathRandom(3, 3)', 'Invalid arguments: 3 is not less than 3.'],
  ];
  for (const [call, reason] of rows) {
    assert.deepEqual(
      failureOf(() => evaluate(call, root)),
      {
        error: 'States.IntrinsicFailure',
        cause: `The function '${call}' had the following error: ${reason}`,
      },
    );
  }
  const { cause = '' } = failureOf(() => evaluate('States.ArrayLength( States.MathAdd( 1, $.text ) )', root));
  assert.match(cause, /^The function 'States.MathAdd\( 1, \$.text \)' had/);
});

test('calls within calls cannot multiply a text without end', () => {
  const quotes = { text: '"'.repeat(200_000), list: Array.from({ length: 20_000 }, () => 'x') };
  const nested = (name: string, inner: string): string => `${name}(${inner})`;
  const calls = [
    Array.from({ length: 9 }).reduce<string>((inner) => nested('States.JsonToString', inner), '$.text'),
    `States.Format('${'{}'.repeat(100)}', ${Array.from({ length: 100 }, () => '$.text').join(', ')})`,
    `States.Array(${Array.from({ length: 100 }, () => '$.list').join(', ')})`,
  ];
  for (const call of calls)
    assert.match(failureOf(() => evaluate(call, quotes)).cause ?? '', /: the result is too large\.$/);
});

test('only calls of functions that exist are calls', () => {
  const calls = [
    "States.Format( 'a' , 1 )",
    'States.UUID( )',
    "States.StringSplit('Hello\nWorld', '\n')",
    "States.Array($['a,b'], $.c)",
  ];
  for (const call of calls) assert(isIntrinsicCall(call), call);
  const others = [
    '',
    '$.a',
    'States.Format',
    'States.Format(',
    "States.Format('a'",
    "States.Format('a') ",
    "States.Format('a'))",
    'States.Format("a")',
    "States.Format('a',)",
    'States.Format(a)',
    'States.Nothing()',
    'States.UUID(1)',
    'States.Hash($.a)',
    'States.constructor()',
    'States.Format($.a[)',
    // Recorded: refused when the machine is made.
    String.raw`States.Format('He said, \"Hello, {}!\"', 'Test \"Name\" Here')`,
    `${'States.Array('.repeat(11)}${')'.repeat(11)}`,
    'States.Array('.repeat(100_000),
  ];
  for (const text of others) assert(!isIntrinsicCall(text), text.slice(0, 100));
});
