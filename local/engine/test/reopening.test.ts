import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertWellFormed } from '../../../tests/well-formed.ts';
import { assertStatesAreLeft } from './left-states.ts';
import { definitionOf, graphPlans, type GraphPlan } from './random-definitions.ts';
import { live, type Interruption, type LivedEvent } from './reopened-world.ts';

/** So many, and not as many as there is time for: a slow machine is to see as much as a fast one. */
const at = { numRuns: 60, endOnFailure: false };
const seeds = fc.integer();

const interruptionsOf = (...ways: Interruption['how'][]): fc.Arbitrary<readonly Interruption[]> =>
  fc.uniqueArray(fc.record({ afterCommit: fc.integer({ min: 1, max: 12 }), how: fc.constantFrom(...ways) }), {
    minLength: 1,
    maxLength: 6,
    selector: ({ afterCommit }) => afterCommit,
  });

/** The failure of an attempt that was running when its process was gone. */
function isLost(event: LivedEvent): boolean {
  return JSON.stringify(event).includes('The process that made this call ended before the call returned');
}

/** The plan with one thing after the other: what comes first is then no matter of chance. */
function inSequence({ steps }: GraphPlan): GraphPlan {
  return {
    steps: steps.map((step) => {
      if (step.kind === 'parallel') return { ...step, branches: step.branches.slice(0, 1).map(inSequence) };
      return step.kind === 'map' ? { ...step, concurrency: 1, body: inSequence(step.body) } : step;
    }),
  };
}

test('an engine that is closed and opened again at any moment changes nothing', async () => {
  let interrupted = 0;
  await fc.assert(
    fc.asyncProperty(graphPlans, seeds, interruptionsOf('close'), async (plan, seed, interruptions) => {
      const definition = definitionOf(inSequence(plan));
      const undisturbed = await live(definition, seed, []);
      const disturbed = await live(definition, seed, interruptions);
      interrupted += disturbed.interrupted;
      assert.deepEqual(disturbed.events, undisturbed.events);
      assert.equal(disturbed.calls, undisturbed.calls);
    }),
    at,
  );
  assert.ok(interrupted > 30, `it was interrupted ${interrupted} times`);
});

test('an engine that is gone at any moment changes nothing before the first attempt that is lost with it', async () => {
  let interrupted = 0;
  let unchanged = 0;
  await fc.assert(
    fc.asyncProperty(graphPlans, seeds, interruptionsOf('crash'), async (plan, seed, interruptions) => {
      const definition = definitionOf(inSequence(plan));
      const undisturbed = await live(definition, seed, []);
      const disturbed = await live(definition, seed, interruptions);
      interrupted += disturbed.interrupted;
      const kept = disturbed.events.findIndex(isLost);
      if (kept < 0) unchanged += disturbed.interrupted;
      const before = kept < 0 ? undefined : kept;
      assert.deepEqual(disturbed.events.slice(0, before), undisturbed.events.slice(0, before));
    }),
    at,
  );
  assert.ok(interrupted > 30, `it was interrupted ${interrupted} times`);
  assert.ok(unchanged > 10, `of these ${unchanged} times nothing was lost`);
});

test('whenever engines are gone, an execution ends, its history is well formed, and no attempt is called twice', async () => {
  await fc.assert(
    fc.asyncProperty(graphPlans, seeds, interruptionsOf('crash', 'close'), async (plan, seed, interruptions) => {
      const definition = definitionOf(plan);
      const { end, events, calls } = await live(definition, seed, interruptions);
      assert.notEqual(end.status, 'RUNNING');
      assertWellFormed(events);
      assertStatesAreLeft(definition, events);
      const attempts = events.filter(({ type }) => /^(Task|LambdaFunction)Scheduled$/.test(type)).length;
      assert.ok(calls <= attempts, `${calls} calls of ${attempts} attempts`);
    }),
    at,
  );
});
