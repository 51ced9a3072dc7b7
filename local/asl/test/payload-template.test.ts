import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isArray, isObject, type Json } from '../src/json.ts';
import { evaluateExpression, fillTemplate } from '../src/payload-template.ts';
import { noRecordings, recordedExecutions } from './recorded-cases.ts';
import { chance, context, failureOf } from './world.ts';

function fill(template: Json, root: Json, variables = {}): Json {
  return fillTemplate(template, root, context, variables, chance);
}

test('a member that ends in .$ takes the value at its path, and all else stays as it is written', () => {
  const template = {
    'order.$': '$.order',
    'name.$': '$$.Execution.Name',
    'answer.$': '$answer',
    'greeting.$': "States.Format('Hello {}', $.who)",
    notAPath: '$.order',
    nested: { list: ['$.order', { 'who.$': '$.who' }, [{ 'first.$': '$.list[0]' }], 3] },
    $: 'no suffix',
  };
  const filled = fill(template, { order: { id: 7 }, who: 'World', list: [1, 2] }, { answer: 42 });
  assert.deepEqual(filled, {
    order: { id: 7 },
    name: 'first',
    answer: 42,
    greeting: 'Hello World',
    notAPath: '$.order',
    nested: { list: ['$.order', { who: 'World' }, [{ first: 1 }], 3] },
    $: 'no suffix',
  });
  assert.deepEqual(Object.keys(filled), ['order', 'name', 'answer', 'greeting', 'notAPath', 'nested', '$']);
});

test('the same template is filled anew for each document', () => {
  const template = { 'a.$': '$.a' };
  assert.deepEqual(
    [1, 2, 3].map((a) => fill(template, { a })),
    [{ a: 1 }, { a: 2 }, { a: 3 }],
  );
});

test('a path in a template that finds nothing is told with the member and the input, and never with the context object', () => {
  const input = { 'int-literal': 0 };
  assert.deepEqual(
    failureOf(() => fill({ 'value.$': '$.no_such_jsonpath' }, input)),
    {
      error: 'States.Runtime',
      cause: `The JSONPath '$.no_such_jsonpath' specified for the field 'value.$' could not be found in the input '{"int-literal":0}'`,
    },
  );
  assert.deepEqual(
    failureOf(() => fill({ deep: [{ 'value.$': '$$.Task.Nothing' }] }, input)),
    {
      error: 'States.Runtime',
      cause: `The JSONPath '$$.Task.Nothing' specified for the field 'value.$' could not be found in the input '{"int-literal":0}'`,
    },
  );
  const evaluate = (): Json => evaluateExpression('$.NoSuchCausePath', 'CausePath', input, context, {}, chance);
  assert.deepEqual(failureOf(evaluate), {
    error: 'States.Runtime',
    cause: `The JSONPath '$.NoSuchCausePath' specified for the field 'CausePath' could not be found in the input '{"int-literal":0}'`,
  });
});

test('ErrorPath and CausePath may call a function', () => {
  const cause = "States.Format('This is a custom error message for {}, caused by {}.', $.Error, $.Cause)";
  const input = { Error: 'error string', Cause: 'cause string' };
  const expected = 'This is a custom error message for error string, caused by cause string.';
  assert.equal(evaluateExpression(cause, 'CausePath', input, context, {}, chance), expected);
});

test('__proto__ is a member like any other', () => {
  const template: Json = JSON.parse('{"__proto__.$":"$.a","b":{"__proto__":{"c":1}}}');
  const filled = fill(template, { a: { isAdmin: true } });
  assert.equal(JSON.stringify(filled), '{"__proto__":{"isAdmin":true},"b":{"__proto__":{"c":1}}}');
  assert.equal(Object.getPrototypeOf(filled), Object.prototype);
});

test('a template that has nothing to fill is its own result', () => {
  const isPlain = (value: Json): boolean => {
    if (isArray(value)) return value.every(isPlain);
    return !isObject(value) || Object.entries(value).every(([name, member]) => !name.endsWith('.$') && isPlain(member));
  };
  const template = fc.jsonValue().map((value): Json => JSON.parse(JSON.stringify(value)));
  fc.assert(
    fc.property(template.filter(isPlain), (plain) => {
      assert.equal(fill(plain, { any: 'thing' }), plain);
      // The same beside something that is filled.
      assert.deepEqual(fill({ plain, 'filled.$': '$.any' }, { any: 'thing' }), { plain, filled: 'thing' });
    }),
  );
});

test('recorded Pass states fill their Parameters as they did on AWS', { skip: noRecordings }, (t) => {
  let compared = 0;
  for (const area of ['base', 'intrinsics', 'variables', 'context']) {
    for (const { id, definition, input, expect } of recordedExecutions(area)) {
      const [state] = isObject(definition['States']) ? Object.values(definition['States']) : [];
      if (!isObject(state) || state['Type'] !== 'Pass' || state['End'] !== true) continue;
      const { Parameters: parameters, ...others } = state;
      const isAlone = Object.keys(others).every((field) => field === 'Type' || field === 'End');
      if (parameters === undefined || !isAlone || expect['status'] !== 'SUCCEEDED') continue;
      // The recordings mask what differs from run to run.
      if (JSON.stringify(expect['output']).includes('<')) continue;
      const started = { ...context, Execution: { ...context.Execution, Input: input } };
      assert.deepEqual(fillTemplate(parameters, input, started, {}, chance), expect['output'], id);
      compared += 1;
    }
  }
  t.diagnostic(`${compared} recorded states compared`);
  assert(compared >= 50, `only ${compared} recorded states were looked at`);
});
