import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertWellFormed } from '../../../tests/well-formed.ts';
import { parseDefinition } from '../../asl/src/index.ts';
import { assertStatesAreLeft } from './left-states.ts';
import { definitionOf, graphPlans, PLANNED_INPUT } from './random-definitions.ts';
import { replay, simulate } from './simulated-execution.ts';

const worlds = fc.integer();
const at = { numRuns: 400, interruptAfterTimeLimit: 4_000, endOnFailure: false };

test('every plan is a definition that Step Functions would accept', () => {
  fc.assert(
    fc.property(graphPlans, (plan) => {
      const parsed = parseDefinition(JSON.stringify(definitionOf(plan)), { type: 'STANDARD' });
      assert.deepEqual('problems' in parsed ? parsed.problems : [], []);
    }),
    { ...at, numRuns: 200 },
  );
});

test('whatever its tasks do and whenever time passes, an execution ends, and its history is well formed', async () => {
  await fc.assert(
    fc.asyncProperty(graphPlans, worlds, async (plan, seed) => {
      const definition = definitionOf(plan);
      const { execution, events } = await simulate(definition, PLANNED_INPUT, seed);
      assert.match(execution.status, /^(SUCCEEDED|FAILED|TIMED_OUT|ABORTED)$/);
      assertWellFormed(events);
      assertStatesAreLeft(definition, events);
    }),
    at,
  );
});

test('the same signals give the same history, though the execution is only what was saved between them', async () => {
  await fc.assert(
    fc.asyncProperty(graphPlans, worlds, async (plan, seed) => {
      const definition = definitionOf(plan);
      const { signals, events, execution } = await simulate(definition, PLANNED_INPUT, seed);
      const again = await replay(definition, PLANNED_INPUT, signals);
      assert.deepEqual(again.events, events);
      assert.deepEqual(again.execution, execution);
    }),
    at,
  );
});
