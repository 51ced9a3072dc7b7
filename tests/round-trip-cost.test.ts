import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { inParallel } from '../bench/closed-loop.ts';
import { EngineUnderTest } from '../bench/engine-under-test.ts';
import { order } from '../bench/order.ts';

const CLIENTS = 64;
const TRIPS_TO_WARM_UP = 800;
const TRIPS = 1_200;

/** Measured: 120 to 250, the more the busier the machine. Twice that is something that has gone wrong, and no machine that is slow or has other things to do. */
const COPIES_PER_TRIP_MAX = 500;
/** Measured: 0.09. */
const COMMITS_PER_TRIP_MAX = 0.5;
/** Measured: 4,700. It was 16,300 when each event had payloads of its own. */
const BYTES_PER_TRIP_MAX = 7_000;

test('a round trip costs the CPU, the disk and the file no more than it should', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'round-trip-cost-'));
  const engine = await EngineUnderTest.start(folder, CLIENTS);
  try {
    const stateMachineArn = await engine.createStateMachine('cost');
    const trips = (count: number): Promise<void> => inParallel(count, CLIENTS, () => engine.trip(stateMachineArn));
    await trips(TRIPS_TO_WARM_UP);
    const copyBefore = microsecondsToCopyAnOrder();
    const before = await engine.usage('measure');
    await trips(TRIPS);
    const after = await engine.usage('measure');
    // What else the machine does slows both down.
    const copy = Math.max(copyBefore, microsecondsToCopyAnOrder());

    const perTrip = (member: 'cpuMicroseconds' | 'commits' | 'diskBytes'): number =>
      (after[member] - before[member]) / TRIPS;
    const copies = perTrip('cpuMicroseconds') / copy;
    assert.ok(perTrip('commits') <= COMMITS_PER_TRIP_MAX, `${perTrip('commits')} commits a trip`);
    assert.ok(perTrip('diskBytes') <= BYTES_PER_TRIP_MAX, `${perTrip('diskBytes')} bytes a trip`);
    const cost = `${perTrip('cpuMicroseconds')} µs, ${copies} times what it takes to copy an order (${copy} µs)`;
    assert.ok(copies <= COPIES_PER_TRIP_MAX, `a trip costs the engine's CPU ${cost}`);
  } finally {
    await engine.stop();
    rmSync(folder, { recursive: true });
  }
});

/** What a trip is measured by: the same work on any machine, in the time of this process's own CPU. */
function microsecondsToCopyAnOrder(): number {
  const text = JSON.stringify(order('o-1'));
  const copies = 20_000;
  let length = 0;
  const before = process.cpuUsage();
  for (let n = 0; n < copies; n++) length += JSON.stringify(JSON.parse(text)).length;
  const { user, system } = process.cpuUsage(before);
  assert.equal(length, copies * text.length);
  return (user + system) / copies;
}
