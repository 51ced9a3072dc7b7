import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moveDeadline } from '../src/commands/move-deadline.ts';
import type { Schedule } from '../src/schedule.ts';
import { ASKED, CONFIRM, DAY, HOUR, ID, MINUTE, person, T0, worldThatRuns, worldThatWaits } from './world.ts';

const STAGES = [{ people: ['anna'] }];
const SCHEDULE: Schedule = {
  deadline: { days: 30 },
  reminders: { first: { days: 3 }, every: { days: 5 }, most: 5 },
  escalation: { after: { days: 20 }, to: { people: ['ben'] }, extension: { days: 2 } },
  atDeadline: 'escalate',
};
const THIRTY_DAYS = {
  ...ASKED,
  schedule: SCHEDULE,
  policy: { owner: 'olga', stages: STAGES },
  timeoutSeconds: (3 * DAY) / 1000,
};

test('thirty days of reminders, an escalation, more time and an end, each when it is due', async () => {
  const world = await worldThatWaits(THIRTY_DAYS);
  await world.until(T0 + 40 * DAY);

  const told = world.notices.map(({ about, atMs }) => [about, (atMs - T0) / DAY]);
  assert.deepEqual(told, [
    ['requested', 0],
    ['reminder', 3],
    ['reminder', 8],
    ['reminder', 13],
    ['reminder', 18],
    ['escalated', 20],
    ['reminder', 23],
    ['deadline-moved', 30],
    ['decided', 32],
  ]);
  assert.equal(world.outcome()?.decision, 'expired');
  assert.equal(world.outcome()?.receipt, world.request.decided?.hash);
  assert.deepEqual(world.keys(), [`records/${ID}.json`]);
  // Every wait was entered once; nothing ran between what was due, nor by any other clock than the world's.
  assert.equal(world.sfn.data.tokens.length, 1 + 7);
});

test('what was due while nobody could look comes once, and late', async () => {
  const world = await worldThatWaits(THIRTY_DAYS);
  world.nowMs = T0 + 14 * DAY;
  await world.settle();
  assert.deepEqual(world.told('reminder'), ['reminder']);
  assert.equal(world.request.remindersSent, 3);
  await world.until(T0 + 18 * DAY);
  assert.equal(world.request.remindersSent, 4);
});

test('whom it was escalated to may answer, and nothing comes any more after the answer', async () => {
  const world = await worldThatWaits(THIRTY_DAYS);
  await world.until(T0 + 19 * DAY);
  await assert.rejects(world.answer(CONFIRM, person('ben')), { kind: 'not-allowed' });
  await world.until(T0 + 21 * DAY);
  await world.answer(CONFIRM, person('ben'));
  assert.deepEqual(world.outcome()?.decidedBy, ['ben']);
  const told = world.notices.length;
  await world.until(T0 + 60 * DAY);
  assert.equal(world.notices.length, told);
});

test('a wait without reminders runs nothing before its deadline', async () => {
  const world = await worldThatWaits();
  const { history } = world.sfn.execution(ID);
  const before = history.length;
  await world.until(T0 + 3 * DAY - 1);
  assert.equal(world.sfn.execution(ID).history.length, before);
  await world.until(T0 + 3 * DAY);
  assert.equal(world.outcome()?.decision, 'expired');
});

test('a deadline that is moved to earlier holds, and so does one that is moved to later', async () => {
  const olga = person('olga');
  const move = (toMs: number) => (draft: Parameters<typeof moveDeadline>[0]) =>
    moveDeadline(draft, { id: ID, by: olga, to: new Date(toMs).toISOString() });

  const earlier = await worldThatWaits();
  await earlier.until(T0 + HOUR);
  await earlier.do(move(T0 + 2 * HOUR));
  await earlier.until(T0 + 2 * HOUR - 1);
  assert.equal(earlier.outcome(), null);
  await earlier.until(T0 + 2 * HOUR);
  assert.equal(earlier.outcome()?.decision, 'expired');

  const later = await worldThatWaits();
  await later.do(move(T0 + 10 * DAY));
  await later.until(T0 + 10 * DAY - 1);
  assert.equal(later.outcome(), null);
  await later.answer(CONFIRM, person('anna'));
  assert.equal(later.outcome()?.decision, 'confirm');

  const nobody = await worldThatWaits();
  await nobody.do(move(T0 + 10 * DAY));
  await nobody.until(T0 + 10 * DAY);
  assert.equal(nobody.outcome()?.decision, 'expired');
});

test('a decision that is held takes effect when the hold is over, and not before', async () => {
  const world = await worldThatWaits({ ...ASKED, policy: { holdSeconds: 300 } });
  await world.answer(CONFIRM, person('anna'));
  await world.until(T0 + 5 * MINUTE - 1);
  assert.equal(world.outcome(), null);
  assert.deepEqual(world.told(), ['requested']);
  await world.until(T0 + 5 * MINUTE);
  assert.equal(world.outcome()?.decision, 'confirm');
  assert.deepEqual(world.types(), ['requested', 'opened', 'answered', 'decided', 'took-effect', 'delivered']);
});

test('reminders go on until the deadline as it is now, and none comes after it', async () => {
  const schedule = { deadline: { days: 3 }, reminders: { first: { days: 1 }, every: { days: 1 }, most: 9 } };
  const remindersUntil = async (toMs: number) => {
    const world = await worldThatWaits({ ...ASKED, schedule, timeoutSeconds: DAY / 1000 });
    const to = new Date(toMs).toISOString();
    await world.do((draft) => moveDeadline(draft, { id: ID, by: person('olga'), to }));
    await world.until(T0 + 20 * DAY);
    assert.equal(world.outcome()?.decision, 'expired');
    return world.told('reminder').length;
  };
  assert.equal(await remindersUntil(T0 + 2 * DAY), 1);
  assert.equal(await remindersUntil(T0 + 6 * DAY), 5);
});

test('a state that was tried again does not sleep beyond the deadline', async () => {
  const world = worldThatRuns();
  world.sfn.beginAttempt(ID);
  await world.until(T0 + HOUR);
  await world.wait();
  await world.until(T0 + 3 * DAY);
  assert.equal(world.outcome()?.decision, 'expired');
});
