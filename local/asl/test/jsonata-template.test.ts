import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chanceFrom } from '../src/chance.ts';
import { QueryEvaluationError, type EvaluationAnswer, type EvaluationRequest } from '../src/evaluation.ts';
import { fillJsonata, fillJsonataFields, type JsonataScope } from '../src/jsonata-template.ts';
import type { Json, JsonObject } from '../src/json.ts';
import { context } from './world.ts';

const input = { orderId: '7', lines: [{ sku: 'a' }, { sku: 'b' }], none: null, 'odd name': 1 };

/** A scope that answers every question with `answer`, and remembers what it was asked. */
function asking(
  answer: (request: EvaluationRequest) => EvaluationAnswer,
  variables: JsonObject = {},
): { scope: JsonataScope; asked: EvaluationRequest[] } {
  const asked: EvaluationRequest[] = [];
  const evaluate = (request: EvaluationRequest): EvaluationAnswer => {
    asked.push(request);
    return answer(request);
  };
  const states = { input, context, result: { ok: true } };
  return { scope: { states, variables, chance: chanceFrom([1, 2, 3, 4]), at: 1_700_000_000_000, evaluate }, asked };
}

/** Each expression gives its own text. */
function echo({ expressions }: EvaluationRequest): EvaluationAnswer {
  return { values: expressions.map(({ text }) => text) };
}

test('a template without expressions is its own result, and nobody is asked', () => {
  const { scope, asked } = asking(echo);
  const templates: Json[] = [
    null,
    0,
    'plain',
    '$states.input',
    ' {% $states.input %} ',
    '{% $x',
    '{%}',
    '$.orderId',
    { a: [1, { b: 'States.Format(1)' }] },
  ];
  for (const template of templates) assert.equal(fillJsonata(template, 'Output', scope), template);
  assert.deepEqual(asked, []);
});

test('the expressions of a template are asked for together, each with its place', () => {
  const { scope, asked } = asking(echo);
  const template = {
    constant: true,
    sum: '{% 1 + 2 %}',
    nested: { list: ['x', '{%$count([1])%}', [{ deep: '{% $now() %}' }]] },
  };
  assert.deepEqual(fillJsonata(template, 'Output', scope), {
    constant: true,
    sum: '1 + 2',
    nested: { list: ['x', '$count([1])', [{ deep: '$now()' }]] },
  });
  assert.deepEqual(
    asked.map(({ expressions }) => expressions),
    [
      [
        { field: 'Output/sum', text: '1 + 2' },
        { field: 'Output/nested/list[1]', text: '$count([1])' },
        { field: 'Output/nested/list[2][0]/deep', text: '$now()' },
      ],
    ],
  );
  assert.equal(asked[0]?.at, 1_700_000_000_000);
});

test('an expression that only follows names through objects is looked up without asking', () => {
  const variables = { order: { id: 9, list: [] }, nothing: null };
  const { scope, asked } = asking(() => assert.fail('nobody is to be asked'), variables);
  const check = (expression: string, expected: Json): void =>
    assert.deepEqual(fillJsonata(`{% ${expression} %}`, 'Output', scope), expected, expression);
  check('$states.input', input);
  check('$states.input.orderId', '7');
  check('$states.input.lines', input.lines);
  check('$states.input.none', null);
  check('$states.result.ok', true);
  check('$states.context.Execution.Name', 'first');
  check('$order', variables.order);
  check('$order.list', []);
  check('$nothing', null);
  assert.deepEqual(fillJsonata({ a: '{% $nothing %}', b: '{% $order.id %}' }, 'Output', scope), { a: null, b: 9 });
  assert.deepEqual(asked, []);
});

test('JSONata is asked where it does more than look up', () => {
  const check = (expression: string): void => {
    const { scope, asked } = asking(echo, { list: [{ a: 1 }] });
    assert.equal(fillJsonata(`{% ${expression} %}`, 'Output', scope), expression);
    assert.equal(asked.length, 1, expression);
  };
  check('$states'); // It is no value, but shows the state as it is at this moment.
  check('$states.context');
  check('$states.input.lines.sku'); // JSONata maps over an array.
  check('$list.a');
  check('$states.input.missing'); // It says in its own words that there is nothing.
  check('$states.input.toString');
  check('$missing');
  check('$states.input.`odd name`');
  check('$states.input.true');
  check('$sum');
  check('$states.input.orderId & "x"');
});

test('what was looked up and what was answered stand in their own places, null included', () => {
  const { scope, asked } = asking(() => ({ values: [null, 2] }));
  const template = {
    a: '{% $states.input.none %}',
    b: '{% $f() %}',
    c: '{% $states.input.orderId %}',
    d: '{% 1 + 1 %}',
  };
  assert.deepEqual(fillJsonata(template, 'Output', scope), { a: null, b: null, c: '7', d: 2 });
  assert.deepEqual(
    asked[0]?.expressions.map(({ field }) => field),
    ['Output/b', 'Output/d'],
  );
});

test('a request holds only what its expressions name', () => {
  const variables = { small: 1, large: 'x'.repeat(1000), sum: 3 };
  const check = (expression: string, states: string[], names: string[]): void => {
    const { scope, asked } = asking(echo, variables);
    fillJsonata(`{% ${expression} %}`, 'Output', scope);
    assert.deepEqual(Object.keys(asked[0]?.states ?? {}), states, expression);
    assert.deepEqual(Object.keys(asked[0]?.variables ?? {}), names, expression);
  };
  check('1 + 1', [], []);
  check('$small + $small', [], ['small']);
  check('$states.input.a + $states.result.b', ['input', 'result'], []);
  check('$states.errorOutput.Error & ""', [], []);
  check('$sum([$small])', [], ['small', 'sum']);
  check('($s := $states; $s.context.Task.Token)', ['input', 'context', 'result'], []);
  check('$states . input', ['input', 'context', 'result'], []);
  check('$states.`input`.a', ['input', 'context', 'result'], []);
  check('$states[0].input', ['input', 'context', 'result'], []);
  check('$statesman & $small', [], ['small']);
  check('$states.inputs', ['input', 'context', 'result'], []);
});

test('each request has chance of its own, and the same run draws the same', () => {
  const draw = (): unknown[] => {
    const { scope, asked } = asking(echo);
    fillJsonata('{% $uuid() %}', 'Output', scope);
    fillJsonata('{% $uuid() %}', 'Output', scope);
    return asked.map(({ entropy }) => entropy);
  };
  const [first, second] = draw();
  assert.notDeepEqual(first, second);
  assert.deepEqual(draw(), [first, second]);
});

test('a failure carries its place', () => {
  const answer = { error: 'States.QueryEvaluationError', cause: 'it threw', location: 'Output/b' };
  const { scope } = asking(() => ({ failure: answer }));
  assert.throws(
    () => fillJsonata({ a: '{% 1+1 %}', b: '{% $f() %}' }, 'Output', scope),
    (thrown) => {
      assert(thrown instanceof QueryEvaluationError);
      assert.deepEqual(thrown.statesError, { error: answer.error, cause: answer.cause });
      assert.equal(thrown.location, 'Output/b');
      return true;
    },
  );
});

test('Output and Assign are asked for together', () => {
  const { scope, asked } = asking(echo);
  const fields = { Assign: { total: '{% 1 + 1 %}' }, Output: '{% 2 + 2 %}', 'Catch[0]/Output': { a: 1 } };
  assert.deepEqual(fillJsonataFields(fields, scope), {
    Assign: { total: '1 + 1' },
    Output: '2 + 2',
    'Catch[0]/Output': { a: 1 },
  });
  assert.deepEqual(
    asked.map(({ expressions }) => expressions.map(({ field }) => field)),
    [['Assign/total', 'Output']],
  );
});

test('a member named __proto__ is a member like any other', () => {
  const template = JSON.parse('{"__proto__": "{% $states.input.orderId %}", "a": 1}') as Json;
  const { scope } = asking(echo);
  const filled = fillJsonata(template, 'Output', scope);
  assert.equal(JSON.stringify(filled), '{"__proto__":"7","a":1}');
  const polluted = fillJsonata('{% $states.input.__proto__ %}', 'Output', scope);
  assert.equal(polluted, '$states.input.__proto__');
});
