import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportTo } from '../src/observe.ts';
import { ASKED, CONFIRM, DAY, HOUR, ID, person, T0, worldThatRuns, worldThatWaits, type World } from './world.ts';

/** What CloudWatch would be sent for all that has happened. */
function measured({ events }: World): [name: string, unit: string, value: number][] {
  const sent: [string, string, number][] = [];
  const log = { info: () => {}, error: () => {} };
  const report = reportTo(log, { addMetric: (...metric) => sent.push(metric) }, { putAnnotation: () => {} }, 'id');
  for (const { event, fields } of events) report(event, fields);
  return sent;
}

const timesToDecide = (world: World) =>
  measured(world).flatMap(([name, unit, value]) => (name === 'SecondsToDecide' ? [[unit, value]] : []));

test('the time to decide is from when the workflow began to wait to the answer that decided', async () => {
  const policy = { owner: 'olga', stages: [{ groups: ['managers'], needed: 2 }] };
  const world = await worldThatWaits({ ...ASKED, policy });
  world.nowMs += HOUR;
  await world.answer(CONFIRM, person('anna', 'managers'));
  assert.deepEqual(timesToDecide(world), [], 'one of two has answered');
  world.nowMs += HOUR;
  await world.answer(CONFIRM, person('ben', 'managers'));
  assert.deepEqual(timesToDecide(world), [['Seconds', (2 * HOUR) / 1000]]);
});

test('a deadline takes as long as it gave', async () => {
  const world = await worldThatWaits();
  await world.until(T0 + 4 * DAY);
  assert.deepEqual(timesToDecide(world), [['Seconds', (3 * DAY) / 1000]]);
  assert.ok(measured(world).some(([name]) => name === 'ConfirmationsExpired'));
});

test('an answer that comes before the workflow waits is waited for by nobody', async () => {
  const world = worldThatRuns();
  await world.answer(CONFIRM, person('anna'));
  await world.wait();
  assert.equal(world.request.decided?.decision, 'confirm', ID);
  assert.deepEqual(timesToDecide(world), [['Seconds', 0]]);
});
