import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PassState } from '../src/definition.ts';
import { jsonPathRules } from '../src/json-path-rules.ts';
import type { Json } from '../src/json.ts';
import { chance, context } from './world.ts';

function outputOf(fields: Omit<PassState, 'Type'>): Json {
  const evaluate = (): never => assert.fail('there is no JSONata here');
  const scope = { context, variables: {}, chance, at: 0, evaluate };
  return jsonPathRules.pass({ Type: 'Pass', ...fields }, { order: 7 }, scope).output;
}

test('the Result of a Pass state is its result, whatever it is: null, too', () => {
  const cases: [Omit<PassState, 'Type'>, Json][] = [
    [{}, { order: 7 }],
    [{ Result: { 'a.$': '$.order' } }, { 'a.$': '$.order' }],
    [{ Result: null }, null],
    [{ Result: false, Parameters: { a: 1 } }, false],
    [{ Result: null, ResultPath: '$.order' }, { order: null }],
    [{ Result: null, ResultPath: null }, { order: 7 }],
    [{ Parameters: { 'a.$': '$.order' } }, { a: 7 }],
  ];
  for (const [fields, output] of cases) assert.deepEqual(outputOf(fields), output, JSON.stringify(fields));
});
