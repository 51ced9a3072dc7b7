import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashOf, parsePlace } from '../src/page/address.ts';
import { conditionText, graphOf, statesOf } from '../src/page/workflows/graph-model.ts';
import { layoutGraph } from '../src/page/workflows/graph-layout.ts';
import { durationText } from '../src/page/workflows/instants.ts';
import { jsonFault } from '../src/page/workflows/json-fault.ts';
import { bytesText } from '../src/page/workflows/sizes.ts';

test('a fault in JSON is found by line and column', () => {
  const cases: [string, string][] = [
    ['', '1:1 a value is missing at the end'],
    ['{"a": 1,\n  "b": }', '2:8 a value is expected here'],
    ['{"a": 1,}', '1:9 a comma may not stand before }'],
    ['[1\n,2\n 3]', '3:2 a comma or ] is expected here'],
    ["{'a': 1}", '1:2 a name in double quotes is expected here'],
    ["['a']", '1:2 strings stand in double quotes'],
    ['{"a" 1}', '1:6 a colon is expected here'],
    ['{"a": "b\n"}', '1:9 a string is not closed'],
    ['"\\x"', '1:2 this is no escape that JSON knows'],
    ['"a\tb"', '1:3 this has to be escaped in a string'],
    ['{} {}', '1:4 nothing may follow the value'],
    ['[01]', '1:3 a comma or ] is expected here'],
    ['{"a": NaN}', '1:7 a value is expected here'],
  ];
  for (const [text, expected] of cases) {
    const fault = jsonFault(text);
    assert.equal(fault && `${fault.line}:${fault.column} ${fault.message}`, expected, text);
  }
  for (const text of ['{}', ' [1, -2.5e3, true, null, "\\u00e5\\n\u2028"] ', '"ö"', '0']) {
    assert.equal(jsonFault(text), undefined, text);
  }
  assert.match(jsonFault('['.repeat(50_000))?.message ?? '', /nested too deeply/);
});

test('a definition is drawn with what is within its states, and nothing it lacks', () => {
  const definition = JSON.stringify({
    StartAt: 'Both',
    States: {
      Both: {
        Type: 'Parallel',
        Branches: [{ StartAt: 'X', States: { X: { Type: 'Pass', End: true } } }, 1],
        Catch: [
          { ErrorEquals: ['A', 'B'], Next: 'No' },
          { ErrorEquals: ['C'], Next: 'Nowhere' },
        ],
        Next: 'Ask',
      },
      Ask: { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken', End: true },
      No: { Type: 'Fail' },
      __proto__: { Type: 'Pass' },
    },
  });
  const model = graphOf(definition);
  assert.ok(model);
  assert.deepEqual(
    model.edges.map(({ from, to, label, kind }) => `${from.slice(0, 5)}>${to.slice(0, 3)} ${kind} ${label}`),
    ['start>Bot next ', 'Both>Ask next ', 'Both>No catch A, B', 'Ask>end next ', 'No>end next '],
  );
  assert.deepEqual([...statesOf(definition).keys()], ['Both', 'X', 'Ask', 'No']);
  const { nodes, width, height } = layoutGraph(model);
  const both = nodes.find(({ id }) => id === 'Both');
  const inner = both?.inner[0];
  assert.ok(both && inner && inner.layout.width < both.width && inner.layout.height < both.height);
  for (const node of nodes) {
    assert.ok(node.x >= 0 && node.y >= 0 && node.x + node.width <= width && node.y + node.height <= height, node.id);
  }
  for (const none of ['', 'null', '{"States": 1}', 'no JSON']) assert.equal(graphOf(none), undefined);
});

test('a condition is read as it is meant', () => {
  const cases: [object, string][] = [
    [{ Variable: '$.total', NumericGreaterThanEquals: 100 }, '$.total ≥ 100'],
    [{ Variable: '$.a', StringEqualsPath: '$.b' }, '$.a = "$.b"'],
    [{ Variable: '$.a', IsPresent: true }, '$.a IsPresent true'],
    [{ Not: { Variable: '$.a', StringMatches: 'x*' } }, 'not ($.a StringMatches "x*")'],
    [{ Condition: '{% $total > 1 %}' }, '$total > 1'],
    [
      {
        Or: [
          { Variable: '$.a', NumericLessThan: 1 },
          { Variable: '$.b', BooleanEquals: true },
        ],
      },
      '$.a < 1 or $.b = true',
    ],
  ];
  for (const [rule, text] of cases) assert.equal(conditionText({ ...rule }), text);
});

test('the ARN of whatever name stands in an address, and comes back from it', () => {
  for (const name of ['parcel-1', 'ö ü', 'a%b', 'm/label:uuid', '<img src=x>', 'a&b=c#d']) {
    const arn = `arn:aws:states:us-east-1:000000000000:execution:${name}`;
    assert.deepEqual(parsePlace(hashOf({ page: 'execution', arn })), { page: 'execution', arn });
    const machine = { page: 'machine', arn, status: 'FAILED' } as const;
    assert.deepEqual(parsePlace(hashOf(machine)), machine);
  }
  for (const wrong of ['#/executions/', '#/executions/x', '#/machines/%E0%A4%A', '#/executions/javascript:alert(1)']) {
    assert.deepEqual(parsePlace(wrong), { page: 'unknown' }, wrong);
  }
});

test('sizes and durations have the unit that tells them best', () => {
  assert.deepEqual([0, 1023, 1024, 1536, 1024 ** 2 * 3].map(bytesText), ['0 B', '1023 B', '1 KB', '1.5 KB', '3 MB']);
  assert.deepEqual([0, 999, 1_000, 12_340, 62_000, 3_600_000, 90_061_000].map(durationText), [
    '0 ms',
    '999 ms',
    '1 s',
    '12.3 s',
    '1 min 2 s',
    '1 h',
    '1 d 1 h',
  ]);
});
