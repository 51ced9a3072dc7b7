import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StateMachineDefinition } from '../src/definition.ts';
import type { Json, JsonObject } from '../src/json.ts';
import { variableReferences } from '../src/variable-references.ts';
import { noRecordings, recordedDescriptions } from './recorded-cases.ts';

function referencesIn(States: JsonObject, rest: JsonObject = {}): unknown {
  const [StartAt = ''] = Object.keys(States);
  return variableReferences({ StartAt, States, ...rest } as unknown as StateMachineDefinition);
}

function ofExpression(expression: string, Assign: Json = {}): unknown {
  const state = { Type: 'Pass', QueryLanguage: 'JSONata', Output: { a: [`{% ${expression} %}`] }, Assign, End: true };
  return (referencesIn({ S: state }) as Record<string, unknown>)['S'] ?? [];
}

test('the variables that a JSONPath state reads are those of its paths', () => {
  const state = {
    Type: 'Task',
    Comment: '$comment',
    InputPath: '$input.a[0]',
    TimeoutSecondsPath: '$timeout',
    Parameters: {
      'a.$': "States.Format('{} {}', $one, States.MathAdd($two, $.n))",
      b: '$constant',
      SomePath: '$also',
      'c.$': '$$.Execution.Id',
    },
    Catch: [{ ErrorEquals: ['States.ALL'], Assign: { 'seen.$': '$old' }, Next: 'S' }],
    End: true,
  };
  const choice = { Type: 'Choice', Choices: [{ Not: { Variable: '$left', StringEqualsPath: '$right.b' }, Next: 'S' }] };
  assert.deepEqual(referencesIn({ S: state, C: choice, P: { Type: 'Pass', End: true } }), {
    S: ['input', 'timeout', 'one', 'two', 'old'],
    C: ['left', 'right'],
  });
});

test('the variables of an expression are those that it does not bind itself, and no functions', () => {
  assert.deepEqual(ofExpression('$a + $b.c[$d = 1]'), ['a', 'b', 'd']);
  assert.deepEqual(ofExpression('$states.input.x & $string($states.result)'), []);
  assert.deepEqual(ofExpression('($x := $y; $x + 1)'), ['y']);
  assert.deepEqual(ofExpression('$map($list, function($v, $i) { $v + $i + $by })'), ['list', 'by']);
  assert.deepEqual(ofExpression('$list.items@$i#$n.{"a": $i, "n": $n}'), ['list']);
  assert.deepEqual(ofExpression('"$quoted" & /* $comment */ \'$single\' & $real'), ['real']);
  assert.deepEqual(ofExpression('$partition($all, 2) ~> $count'), ['all']);
});

test('a variable may have the name of a function', () => {
  assert.deepEqual(ofExpression('$count + 1'), []);
  assert.deepEqual(ofExpression('$count + 1', { count: 0 }), ['count']);
});

test('states within a Map or a Parallel stand beside the others', () => {
  const graph = (expression: string): Json => ({
    StartAt: expression,
    States: { [expression]: { Type: 'Pass', Output: `{% $${expression} %}`, End: true } },
  });
  const States = {
    Map: { Type: 'Map', Items: '{% $items %}', ItemProcessor: graph('inner'), End: true },
    Parallel: { Type: 'Parallel', Branches: [graph('left'), graph('right')], End: true },
  };
  assert.deepEqual(referencesIn(States, { QueryLanguage: 'JSONata' }), {
    Map: ['items'],
    inner: ['inner'],
    left: ['left'],
    right: ['right'],
  });
});

test('what Step Functions names as variable references is what we name', { skip: noRecordings }, () => {
  const described = recordedDescriptions('variables');
  assert.ok(described.length >= 10, `only ${described.length} descriptions were found`);
  for (const { id, definition, variableReferences: expected } of described) {
    const actual = variableReferences(definition as unknown as StateMachineDefinition);
    assert.deepEqual(sorted(actual), sorted(expected), id);
  }
});

function sorted(references: Readonly<Record<string, readonly string[]>>): unknown {
  return Object.fromEntries(Object.entries(references).map(([state, names]) => [state, [...names].sort()]));
}
