// npm run bench:waiting [-- --count 1000000 --seconds 5 --json]
// So many executions wait for a confirmation, each with an order of 1 KB. What each takes of memory and disk; how long the engine takes
// to be back after a kill -9, and to take the first confirmation; and what round trips cost beside them, against an empty store.
import { rmSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { round } from './closed-loop.ts';
import { EngineUnderTest } from './engine-under-test.ts';
import { inFolder, report } from './machine.ts';
import { confirmation } from './order.ts';
import { roundTrips } from './round-trips.ts';

const { values: options } = parseArgs({
  options: {
    count: { type: 'string', default: '1000000' },
    clients: { type: 'string', default: '64' },
    seconds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});
/** Trips count theirs from 1. */
const WAITING = 'o-w';
const FIRST = `${WAITING}0`;
const count = Number(options.count);
const clients = Number(options.clients);
const load = { clients, seconds: Number(options.seconds), warmUpSeconds: 3 };

const figures = await inFolder(async (folder) => {
  const filled = await EngineUnderTest.start(folder, clients);
  const stateMachineArn = await filled.createStateMachine('waiting');
  const beganMs = performance.now();
  const before = await filled.usage('measure');
  await filled.startMany({ stateMachineArn, count, prefix: WAITING });
  const secondsToFill = (performance.now() - beganMs) / 1000;
  const after = await filled.usage('measure');
  await filled.kill();

  const engine = await EngineUnderTest.start(folder, clients);
  try {
    const ready = await engine.usage('measure');
    const firstConfirmationMs = await confirmFirst(engine, stateMachineArn);
    const beside = await roundTrips(engine, stateMachineArn, load);
    return {
      waiting: count,
      startedPerSecond: Math.round(count / secondsToFill),
      bytesOnDiskEach: Math.round((after.diskBytes - before.diskBytes) / count),
      readyAfterKillMs: Math.round(engine.readyMs),
      rssMegabytesWhenReady: Math.round(ready.rssBytes / 2 ** 20),
      firstConfirmationMs,
      tripsPerSecondBeside: beside.roundTripsPerSecond,
      engineCpuMicrosecondsPerTripBeside: beside.engineCpuMicrosecondsPerTrip,
    };
  } finally {
    await engine.kill();
    rmSync(folder, { recursive: true });
  }
});
const alone = await inFolder(async (folder) => {
  const engine = await EngineUnderTest.start(folder, clients);
  try {
    const trips = await roundTrips(engine, await engine.createStateMachine('alone'), load);
    return { ...trips, readyMs: Math.round(engine.readyMs) };
  } finally {
    await engine.stop();
  }
});
const rows = {
  ...figures,
  tripsPerSecondAlone: alone.roundTripsPerSecond,
  engineCpuMicrosecondsPerTripAlone: alone.engineCpuMicrosecondsPerTrip,
  readyMsOfEmpty: alone.readyMs,
};
report(
  'waiting',
  `${count} executions wait.`,
  Object.fromEntries(Object.entries(rows).map(([name, value]) => [name, { value }])),
  options.json,
);

/** The token of one that waits is in its history; asking for that is not part of what is measured. */
async function confirmFirst(engine: EngineUnderTest, stateMachineArn: string): Promise<number> {
  const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${FIRST}`;
  const { events } = await engine.call('GetExecutionHistory', { executionArn });
  const token = /"token\\*":\s*\\*"([\w-]+)/.exec(JSON.stringify(events))?.[1] ?? '';
  const startedMs = performance.now();
  await engine.call('SendTaskSuccess', { taskToken: token, output: JSON.stringify(confirmation(FIRST)) });
  await engine.ended.take(FIRST);
  return round(performance.now() - startedMs);
}
