// npm run bench:map-items [-- --items 10000 --json]
// A Map over so many items of one Pass state each, within one Express execution: its items a second, with its result checked.
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { EngineUnderTest } from './engine-under-test.ts';
import { inFolder, report } from './machine.ts';
import { round } from './closed-loop.ts';

const { values: options } = parseArgs({
  options: {
    items: { type: 'string', default: '10000' },
    runs: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});
const items = Number(options.items);
const processor = { StartAt: 'Pass', States: { Pass: { Type: 'Pass', End: true } } };
const definition = { StartAt: 'Each', States: { Each: { Type: 'Map', ItemProcessor: processor, End: true } } };
const input = JSON.stringify(Array.from({ length: items }, (_, index) => index));

const rows = await inFolder(async (folder) => {
  const engine = await EngineUnderTest.start(folder, 1);
  try {
    const stateMachineArn = await engine.createStateMachine('map', definition, 'EXPRESS');
    const seconds: number[] = [];
    const before = await engine.usage('begin');
    for (let run = 0; run < Number(options.runs); run++) {
      const startedMs = performance.now();
      const { status, output } = await engine.call('StartSyncExecution', { stateMachineArn, input });
      if (status !== 'SUCCEEDED' || output !== input) throw new Error(`the Map ended ${String(status)}`);
      seconds.push((performance.now() - startedMs) / 1000);
    }
    const { loopDelayP99Ms, cpuMicroseconds } = await engine.usage('measure');
    const cpuEach = round((cpuMicroseconds - before.cpuMicroseconds) / items / seconds.length);
    const median = seconds.toSorted((left, right) => left - right)[seconds.length >> 1] ?? NaN;
    return {
      map: {
        items,
        itemsPerSecond: Math.round(items / median),
        cpuMicrosecondsEach: cpuEach,
        loopDelayP99Ms: round(loopDelayP99Ms),
      },
    };
  } finally {
    await engine.stop();
  }
});
report('map-items', `A Map over ${items} items of a Pass state.`, rows, options.json);
