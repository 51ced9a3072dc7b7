// The process that bench/distributed-map.ts measures: an engine with two state machines, one with the Map, one that goes on meanwhile.
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import {
  LIMITS_DEFAULT,
  LOCAL_CREDENTIALS,
  openEngine,
  openExecutionStore,
  s3MapIo,
  s3Objects,
} from '../local/engine/src/index.ts';

export interface Measured {
  readonly status: string;
  readonly seconds: number;
  readonly itemsPerSecond: number;
  readonly peakRssMB: number;
  readonly loopDelayP99Ms: number;
  readonly loopDelayMaxMs: number;
  /** Executions of the other state machine, from their start to their end. */
  readonly others: number;
  readonly otherP50Ms: number;
  readonly otherP99Ms: number;
}

const [folder = '.', endpoint = '', format = 'JSONL'] = process.argv.slice(2);
const region = 'us-east-1';
const work = { Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:000000000000:function:work', End: true };
const graph = { StartAt: 'Work', States: { Work: work } };
const mapping = {
  StartAt: 'Each',
  States: {
    Each: {
      Type: 'Map',
      ItemReader: {
        Resource: 'arn:aws:states:::s3:getObject',
        ReaderConfig: { InputType: format, ...(format === 'CSV' && { CSVHeaderLocation: 'FIRST_ROW' }) },
        Parameters: { Bucket: 'orders', Key: format },
      },
      ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, ...graph },
      ResultWriter: { Resource: 'arn:aws:states:::s3:putObject', Parameters: { Bucket: 'results' } },
      End: true,
    },
  },
};

const ends = new Map<string, () => void>();
const s3 = s3Objects({ endpoints: () => endpoint, region, credentials: LOCAL_CREDENTIALS, limits: LIMITS_DEFAULT });
const engine = openEngine({
  store: openExecutionStore(join(folder, 'executions.sqlite')),
  region,
  accountId: '000000000000',
  taskHandler: ({ parameters }) => Promise.resolve({ output: parameters }),
  mapIo: s3MapIo(s3),
  log: (event, { executionArn }) => {
    if (/^execution\.(?!started)/v.test(event)) ends.get(String(executionArn))?.();
  },
});

const create = async (name: string, definition: object): Promise<string> => {
  const roleArn = 'arn:aws:iam::000000000000:role/bench';
  const request = { name, definition: JSON.stringify(definition), roleArn };
  return (await engine.createStateMachine(request)).stateMachineArn;
};
const run = async (stateMachineArn: string): Promise<string> => {
  const { executionArn } = await engine.startExecution({ stateMachineArn });
  await new Promise<void>((resolve) => {
    ends.set(executionArn, resolve);
    if (engine.describeExecution(executionArn).status !== 'RUNNING') resolve();
  });
  ends.delete(executionArn);
  return executionArn;
};

const machine = await create('map', mapping);
const other = await create('other', graph);
const loopDelay = monitorEventLoopDelay({ resolution: 1 });
loopDelay.enable();
const startedAtMs = performance.now();
const done = new AbortController();
const otherMs: number[] = [];
const beside = (async () => {
  while (!done.signal.aborted) {
    const at = performance.now();
    await run(other);
    otherMs.push(performance.now() - at);
    await pause(20);
  }
})();
const executionArn = await run(machine);
const seconds = (performance.now() - startedAtMs) / 1000;
loopDelay.disable();
done.abort();
await beside;
const { status } = engine.describeExecution(executionArn);
const [mapRun] = engine.listMapRuns({ executionArn }).items;
const { succeeded } = engine.describeMapRun(mapRun?.mapRunArn ?? '').itemCounts;
const sorted = otherMs.sort((left, right) => left - right);
const quantile = (share: number): number => round(sorted[Math.floor(sorted.length * share)] ?? NaN);
const measured: Measured = {
  status: `${status}, ${succeeded} items`,
  seconds: round(seconds),
  itemsPerSecond: Math.round(succeeded / seconds),
  peakRssMB: Math.round(process.resourceUsage().maxRSS / 1000),
  loopDelayP99Ms: round(loopDelay.percentile(99) / 1e6),
  loopDelayMaxMs: round(loopDelay.max / 1e6),
  others: sorted.length,
  otherP50Ms: quantile(0.5),
  otherP99Ms: quantile(0.99),
};
await engine.close();
process.send?.(measured, () => process.disconnect());

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
