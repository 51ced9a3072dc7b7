import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChoiceState } from '../src/definition.ts';
import { jsonataRules } from '../src/jsonata-rules.ts';
import type { Json } from '../src/json.ts';
import { chance, context } from './world.ts';

function chosen(choice: Omit<ChoiceState, 'Type'>): { next?: string | undefined; output: Json } {
  const evaluate = (): never => assert.fail('there is no expression here');
  const scope = { context, variables: {}, chance, at: 0, evaluate };
  const { next, output } = jsonataRules.choose({ Type: 'Choice', ...choice }, { order: 7 }, scope);
  return { next, output };
}

test('the rule that holds says what the state hands on: null, too; where it says nothing, the state does', () => {
  const rule = { Condition: true, Next: 'Ship' };
  const cases: [Omit<ChoiceState, 'Type'>, Json][] = [
    [{ Choices: [rule] }, { order: 7 }],
    [{ Choices: [{ ...rule, Output: null }] }, null],
    [{ Choices: [{ ...rule, Output: null }], Output: 'the state' }, null],
    [{ Choices: [{ ...rule, Output: 'the rule' }], Output: 'the state' }, 'the rule'],
    [{ Choices: [rule], Output: 'the state' }, 'the state'],
  ];
  for (const [choice, output] of cases)
    assert.deepEqual(chosen(choice), { next: 'Ship', output }, JSON.stringify(choice));
  const otherwise = { Choices: [{ ...rule, Condition: false }], Default: 'Wait', Output: null };
  assert.deepEqual(chosen(otherwise), { next: 'Wait', output: null });
});
