import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillJsonata, type JsonataScope } from '../src/jsonata-template.ts';
import type { Json, JsonObject } from '../src/json.ts';
import { assignedByJsonPath, assignVariables, requireAssignable } from '../src/variables.ts';
import { chance, context, failureOf } from './world.ts';

const variables = { x: 3, a: 6 };

function jsonataScope(result: Json): JsonataScope {
  const evaluate = (): never => assert.fail('nobody is to be asked');
  return { states: { input: {}, context, result }, variables, chance, at: 0, evaluate };
}

test('all values of an Assign are worked out from the variables as they were', () => {
  const inJsonPath = assignedByJsonPath(
    { 'x.$': '$a', 'nextX.$': '$x', 'id.$': '$.id', keep: '$x' },
    { id: 7 },
    {
      context,
      variables,
      chance,
    },
  );
  assert.deepEqual(inJsonPath, { x: 6, nextX: 3, id: 7, keep: '$x' });
  const assign = { x: '{% $a %}', nextX: '{% $x %}', id: '{% $states.result.id %}', keep: '$x' };
  const inJsonata = requireAssignable(fillJsonata(assign, 'Assign', jsonataScope({ id: 7 })));
  assert.deepEqual(inJsonata, inJsonPath);
  assert.deepEqual(assignVariables(variables, inJsonata), { x: 6, a: 6, nextX: 3, id: 7, keep: '$x' });
  assert.deepEqual(variables, { x: 3, a: 6 });
});

test('an Assign sets 256 KiB at most, in one variable or in all', () => {
  const fits = { a: 'x'.repeat(262_144 - '{"a":""}'.length) };
  assert.equal(requireAssignable(fits), fits);
  assert.deepEqual(
    failureOf(() => requireAssignable({ large: 'x'.repeat(262_144) })),
    { error: 'States.DataLimitExceeded', cause: "The variable 'large' exceeds the maximum size of 262144 bytes." },
  );
  const half = 'é'.repeat(70_000);
  assert.deepEqual(
    failureOf(() => requireAssignable({ one: half, other: half })),
    {
      error: 'States.DataLimitExceeded',
      cause: "The variables of the field 'Assign' exceed the maximum size of 262144 bytes.",
    },
  );
});

test('all variables together have 10 MiB', () => {
  const each = (count: number, text: string): JsonObject =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`v${index}`, text]));
  // 49 of 200,002 bytes and one of 685,662 are the limit to the byte.
  const nearly = each(49, 'x'.repeat(200_000));
  assert.equal(Object.keys(assignVariables(nearly, { last: 'é'.repeat(342_830) })).length, 50);
  assert.deepEqual(
    failureOf(() => assignVariables(nearly, { last: 'é'.repeat(342_831) })),
    {
      error: 'States.DataLimitExceeded',
      cause: 'The variables of the execution exceed the maximum size of 10485760 bytes in all.',
    },
  );
});
