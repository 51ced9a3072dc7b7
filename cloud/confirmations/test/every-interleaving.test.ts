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

interface Expected {
  /** As docs/confirmations.md says who wins, and nothing else. */
  readonly outcomes: readonly string[];
  /** So much is gone through at least: less would mean that the explorer sees less, or that a race is no race any more. */
  readonly states: number;
  readonly ends: number;
}

const EXPECTED: Record<string, Expected> = {
  // An answer before the wait is kept; one after the deadline is not taken.
  'an answer while the wait opens, until the deadline': { outcomes: ['confirm', 'expired'], states: 7_000, ends: 12 },
  // The first one decides, whoever that is.
  'two who disagree while the wait opens': { outcomes: ['confirm', 'reject'], states: 1_400, ends: 8 },
  // Whichever attempt's token is alive: the answer arrives.
  'an answer, a slow first attempt and the second one': { outcomes: ['confirm'], states: 600, ends: 5 },
  // Anna dies for good before her answer is written, after it, or not at all.
  'an answer while the wait opens, and one death': {
    outcomes: ['confirm', 'confirm, by the reconciler', 'waits for an answer'],
    states: 500,
    ends: 18,
  },
  // Whoever of the two lives finds what the other has written, and brings it.
  'an answer and a withdrawal of what waits': { outcomes: ['confirm', 'withdrawn'], states: 1_800, ends: 18 },
  'an answer at the deadline': { outcomes: ['confirm', 'expired'], states: 350, ends: 3 },
  // What Anna had written when she died is found at the deadline.
  'an answer at the deadline, and one death': { outcomes: ['confirm', 'expired'], states: 2_300, ends: 12 },
  'an answer at the deadline, and a slow function': { outcomes: ['confirm', 'expired'], states: 21_000, ends: 5 },
  'two who disagree at the deadline': { outcomes: ['confirm', 'expired', 'reject'], states: 14_500, ends: 5 },
  'an answer and a deadline that is moved to earlier': { outcomes: ['confirm', 'expired'], states: 19_500, ends: 18 },
  // Moved in time or not: nobody answers.
  'a deadline that is moved to later when it passes': { outcomes: ['expired'], states: 2_300, ends: 6 },
  // An answer of the last instant is held beyond the end of the scenario; one that died unwritten is none.
  'an answer that is held, and a death': {
    outcomes: ['confirm', 'waits for an answer', 'waits for the end of the hold'],
    states: 12_500,
    ends: 28,
  },
  'an answer that is held, and a slow function': {
    outcomes: ['confirm', 'waits for the end of the hold'],
    states: 22_000,
    ends: 10,
  },
  // Undone in time, and nobody answers again before the deadline; or too late.
  'an undoing when the hold ends': { outcomes: ['confirm', 'expired'], states: 2_200, ends: 6 },
};

/** The same where an answer comes by an event, and nothing was read before. It comes to the same in fewer steps. */
const BY_EVENT: Record<string, Expected> = {
  'two who disagree while the wait opens': { outcomes: ['confirm', 'reject'], states: 1_300, ends: 8 },
  'an answer while the wait opens, and one death': {
    outcomes: ['confirm', 'confirm, by the reconciler', 'waits for an answer'],
    states: 430,
    ends: 18,
  },
  'an answer at the deadline, and one death': { outcomes: ['confirm', 'expired'], states: 1_850, ends: 12 },
};

test('of each scenario it is said what may come of it', () => {
  assert.deepEqual(Object.keys(EXPECTED), Object.keys(SCENARIOS));
});

const all = [
  ...Object.entries(EXPECTED).map(([title, expected]) => ({ title, expected, isUnread: false })),
  ...Object.entries(BY_EVENT).map(([title, expected]) => ({ title, expected, isUnread: true })),
];
for (const { title, expected, isUnread } of all) {
  test(`in every order: ${title}${isUnread ? ', by an event' : ''}`, async (context) => {
    const { states, ends, outcomes } = await explored(title, isUnread);
    context.diagnostic(`${states} states, ${ends} ends: ${outcomes.toSorted().join('; ')}`);
    assert.deepEqual(outcomes.toSorted(), expected.outcomes);
    assert.ok(states >= expected.states, `${states} states are fewer than ${expected.states}`);
    assert.ok(ends >= expected.ends, `${ends} ends are fewer than ${expected.ends}`);
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
