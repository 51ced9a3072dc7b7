// npm run bench:timers [-- --count 100000 --json]
// So many executions wait for one instant. From that on: how long until all of them have ended, and how long the API takes meanwhile to
// start an execution of another state machine and to see it at its end.
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { percentiles, round } from './closed-loop.ts';
import { EngineUnderTest } from './engine-under-test.ts';
import { inFolder, report } from './machine.ts';

const { values: options } = parseArgs({
  options: { count: { type: 'string', default: '100000' }, json: { type: 'boolean', default: false } },
});
const count = Number(options.count);
const waiting = { StartAt: 'Until', States: { Until: { Type: 'Wait', TimestampPath: '$.at', End: true } } };
const other = { StartAt: 'Pass', States: { Pass: { Type: 'Pass', End: true } } };

const row = await inFolder(async (folder) => {
  const engine = await EngineUnderTest.start(folder, 4);
  try {
    const [waits, passes] = [
      await engine.createStateMachine('waits', waiting),
      await engine.createStateMachine('passes', other),
    ];
    const fill = (some: number, prefix: string, atMs: number): Promise<void> => {
      const input = JSON.stringify({ at: new Date(atMs).toISOString() });
      return engine.startMany({ stateMachineArn: waits, count: some, prefix, input });
    };
    const startedMs = performance.now();
    // It is set when it is known how long the starting takes.
    const rehearsal = Math.min(2_000, count);
    await fill(rehearsal, 'r-', Date.now());
    const msEach = (performance.now() - startedMs) / rehearsal;
    const dueAtMs = Date.now() + 15_000 + msEach * count;
    await fill(count, 't-', dueAtMs);
    if (Date.now() > dueAtMs) throw new Error('the first were due before the last had begun; this machine is too busy');
    let secondsToFire = NaN;
    const all = engine.allEnded(count).then(() => (secondsToFire = (Date.now() - dueAtMs) / 1000));
    await new Promise((resolve) => setTimeout(resolve, dueAtMs - Date.now()));
    const before = await engine.usage('begin');
    const latencies: number[] = [];
    while (Number.isNaN(secondsToFire)) {
      const askedMs = performance.now();
      const { executionArn } = await engine.call('StartExecution', { stateMachineArn: passes });
      await engine.call('DescribeExecution', { executionArn });
      latencies.push((performance.now() - askedMs) / 2);
      await Promise.race([all, new Promise((resolve) => setTimeout(resolve, 5))]);
    }
    const { loopDelayP99Ms, cpuMicroseconds } = await engine.usage('measure');
    const { p50Ms, p99Ms } = percentiles(latencies);
    return {
      dueAtOnce: count,
      secondsUntilAllFired: round(secondsToFire),
      cpuMicrosecondsEach: Math.round((cpuMicroseconds - before.cpuMicroseconds) / count),
      apiRequestsMeanwhile: latencies.length * 2,
      apiP50Ms: p50Ms,
      apiP99Ms: p99Ms,
      loopDelayP99Ms: round(loopDelayP99Ms),
    };
  } finally {
    await engine.stop();
  }
});
report('timers', `${count} timers are due at once.`, { timers: row }, options.json);
