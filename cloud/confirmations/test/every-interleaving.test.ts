import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { walk } from './explore.ts';
import { ANNA, BEN, HELD, moves, says, SCENARIOS, UNDOES, WITHDRAWS } from './interleavings.ts';
import { ASKED, DAY, HOUR, MINUTE } from './world.ts';

/** Not in this process, where the test runner follows each promise: that takes a third of the time. */
const explorer = fork(new URL('explore-process.ts', import.meta.url), { serialization: 'advanced' });
const died = once(explorer, 'exit').then(([code]) => ({ why: `the explorer ended with ${code}` }));
after(() => explorer.kill());

interface Found {
  readonly states: number;
  readonly ends: number;
  readonly outcomes: readonly string[];
}

async function explored(title: string, isUnread: boolean): Promise<Found> {
  explorer.send({ title, isUnread });
  const found = await Promise.race([once(explorer, 'message').then(([said]) => said as Found | { why: string }), died]);
  if ('why' in found) assert.fail(found.why);
  return found;
}

/** The same where an answer comes by an event, and nothing was read before. */
const BY_EVENT = [
  'two who disagree while the wait opens',
  'an answer while the wait opens, and one death',
  'an answer at the deadline, and one death',
];

const all = [
  ...Object.keys(SCENARIOS).map((title) => ({ title, isUnread: false })),
  ...BY_EVENT.map((title) => ({ title, isUnread: true })),
];
for (const { title, isUnread } of all) {
  test(`in every order: ${title}${isUnread ? ', by an event' : ''}`, async (context) => {
    const { states, ends, outcomes } = await explored(title, isUnread);
    context.diagnostic(`${states} states, ${ends} ends: ${outcomes.toSorted().join(', ')}`);
    assert.ok(states > 300 && ends >= 3);
  });
}

const CLIENTS = [ANNA, BEN, says('chris', 'confirm'), WITHDRAWS, moves(HOUR), moves(5 * DAY), UNDOES];

const scenarios = fc.record({
  asked: fc.constantFrom(ASKED, HELD),
  clients: fc.uniqueArray(fc.constantFrom(...CLIENTS), { minLength: 1, maxLength: 5, selector: ({ name }) => name }),
  instantsMs: fc.constantFrom([5 * MINUTE], [3 * DAY], [5 * MINUTE, HOUR, 3 * DAY], [HOUR, 3 * DAY, 5 * DAY]),
  crashes: fc.nat(3),
  slow: fc.nat(2),
});

test('many at once, many deaths and much slowness: in any order, what must be true is true', async () => {
  await fc.assert(
    fc.asyncProperty(scenarios, fc.infiniteStream(fc.nat(1_000)), async (scenario, picks) => {
      await walk(scenario, (count) => (picks.next().value ?? 0) % count);
    }),
    { numRuns: 120 },
  );
});
