import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerFromEvent, parseAnsweringEvent } from '../src/answer-from-event.ts';
import { ASKED, CONFIRM, ID, person, worldThatWaits } from './world.ts';

const policy = { people: ['warehouse', 'anna'] };
const asked = { ...ASKED, policy: { ...ASKED.policy, stages: [policy] } };
const REPORTED = { id: ID, from: 'warehouse', decision: 'confirm', eventId: 'event-1' };

test('the first of several answers it, be it an event or a person', async () => {
  const world = await worldThatWaits(asked);
  await answerFromEvent(parseAnsweringEvent(REPORTED), world.confirmations());
  assert.partialDeepStrictEqual(world.outcome(), { decision: 'confirm', decidedBy: ['warehouse'] });

  const other = await worldThatWaits(asked);
  await other.answer(CONFIRM, person('anna'));
  await answerFromEvent(parseAnsweringEvent({ ...REPORTED, decision: 'reject' }), other.confirmations());
  assert.partialDeepStrictEqual(other.outcome(), { decision: 'confirm', decidedBy: ['anna'] });
  assert.ok(other.events.some(({ event }) => event === 'event.refused'));
});

test('an event that comes twice is one answer, and who is not asked has no say', async () => {
  const twoNeeded = { ...asked, policy: { stages: [{ people: ['warehouse', 'carrier'], needed: 2 }] } };
  const world = await worldThatWaits(twoNeeded);
  const report = (from: string, eventId: string) =>
    answerFromEvent(parseAnsweringEvent({ ...REPORTED, from, eventId }), world.confirmations());
  await report('warehouse', 'event-1');
  await report('warehouse', 'event-1');
  await report('warehouse', 'event-2');
  await report('stranger', 'event-3');
  assert.equal(world.outcome(), null);
  await report('carrier', 'event-4');
  assert.partialDeepStrictEqual(world.outcome(), { decidedBy: ['warehouse', 'carrier'] });
});

test('an event that is no answer fails, so that it is seen', () => {
  for (const wrong of [{}, { ...REPORTED, decision: 'perhaps' }, { ...REPORTED, id: '../x' }, null]) {
    assert.throws(() => parseAnsweringEvent(wrong));
  }
});
