import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CountersignProcess } from './countersign-process.ts';
import { Person } from './people.ts';

// Days pass in moments: the host's whole clock is moved on, for Step Functions and the deployed functions alike.

const SCHEDULE = {
  reminders: { first: { days: 1 }, every: { days: 1 }, most: 2 },
  escalation: { to: { groups: ['directors'] }, extension: { days: 2 } },
  atDeadline: 'escalate',
};
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const folder = mkdtempSync(join(tmpdir(), 'deadlines-'));
let countersign: CountersignProcess;

before(async () => {
  countersign = await CountersignProcess.startForPeople(
    folder,
    '--time-travel',
    '-c',
    `confirmationSchedule=${JSON.stringify(SCHEDULE)}`,
    '-c',
    'confirmationPolicy={"stages":[{"groups":["managers"]}]}',
  );
});
after(async () => {
  assert.equal(await countersign.stop(), 0);
  rmSync(folder, { recursive: true });
});

/** Their tokens are good for an hour, in this time as in any. */
const signIn = (name: string): Promise<Person> => Person.signIn(name, countersign);

async function advance(by: string): Promise<void> {
  const response = await fetch(`${countersign.awsUrl}/_countersign/time/advance`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ by }),
  });
  assert.equal(response.status, 200, await response.text());
}

interface Told {
  readonly at: number;
  readonly event: { readonly type: string; readonly decision?: string };
}

/** What was written about an order, by the type of it. */
async function written(orderId: string, by: Person): Promise<Told[]> {
  const { body } = await by.request('GET', `/orders/${orderId}/receipt`);
  const entries = body['entries'] as { at: string; event: Told['event'] }[];
  return entries.map(({ at, event }) => ({ at: Date.parse(at), event }));
}

async function waiting(orderId: string): Promise<number> {
  const anna = await signIn('anna');
  const { status } = await anna.request('POST', '/orders', { orderId, orderDetails: 'two chairs' });
  assert.equal(status, 202);
  const { expiresAt } = await countersign.waitForStatus(orderId, 'AWAITING_CONFIRMATION', { as: anna });
  return Date.parse(String(expiresAt)) - 3 * DAY_MS;
}

test('people are reminded, it is escalated with more time, and then it expires: each when it is due', async () => {
  const openedMs = await waiting('forgotten-1');
  await advance('P6D');
  const anna = await signIn('anna');
  await countersign.waitForStatus('forgotten-1', 'EXPIRED', { as: anna });
  const told = await written('forgotten-1', anna);
  const due = told.filter(({ event }) => !['requested', 'opened', 'viewed', 'delivered'].includes(event.type));
  assert.deepEqual(
    due.map(({ event: { type, decision } }) => decision ?? type),
    ['reminded', 'reminded', 'escalated', 'deadline-moved', 'expired'],
  );
  const days = due.map(({ at }) => (at - openedMs) / DAY_MS);
  for (const [index, day] of [1, 2, 3, 3, 5].entries()) {
    const isOnTime = (days[index] ?? 0) >= day && (days[index] ?? 0) < day + 0.05;
    assert.ok(isOnTime, `${due[index]?.event.type} came after ${days[index]} days, and not after ${day}`);
  }
  const late = await (await signIn('dora')).answer('forgotten-1', 'confirm');
  assert.equal(late.status, 410);
});

test('whom it was escalated to confirms in the time that they were given', async () => {
  await waiting('escalated-1');
  const early = await (await signIn('dora')).answer('escalated-1', 'confirm');
  assert.equal(early.status, 403);
  await advance('P3DT1H');
  const dora = await signIn('dora');
  assert.equal((await dora.answer('escalated-1', 'confirm')).status, 200);
  await countersign.waitForStatus('escalated-1', 'COMPLETED', { as: dora });
});

test('a deadline that is moved holds, whether it comes sooner or later', async () => {
  await waiting('sooner-1');
  const openedMs = await waiting('later-1');
  const ben = await signIn('ben');
  const move = (orderId: string, days: number) =>
    ben.request('PUT', `/orders/${orderId}/deadline`, { deadline: new Date(openedMs + days * DAY_MS).toISOString() });
  assert.equal((await move('sooner-1', 0.5)).status, 200);
  assert.equal((await move('later-1', 20)).status, 200);
  await advance('P19D');

  const chris = await signIn('chris');
  // The escalation gives two days after the deadline that it is now.
  await countersign.waitForStatus('sooner-1', 'EXPIRED', { as: chris });
  const ended = (await written('sooner-1', chris)).find(({ event }) => event.decision === 'expired');
  assert.ok(Math.abs((ended?.at ?? 0) - openedMs - 2.5 * DAY_MS) < HOUR_MS);
  assert.equal((await chris.answer('later-1', 'confirm')).status, 200);
  await countersign.waitForStatus('later-1', 'COMPLETED', { as: chris });
});
