import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { ItemReaderPlan, Json } from '../../asl/src/index.ts';
import { openExecutionStore, type TaskCall, type TaskResult } from '../src/index.ts';
import type { MapIo, MapResult } from '../src/map-io.ts';
import { MapIoError } from '../src/map-io.ts';
import { distributed, ended, eventsOf, mapBench, openBench, typesOf, until, type MapBench } from './map-run-bench.ts';

const folder = mkdtempSync(join(tmpdir(), 'map-runs-'));
after(() => rmSync(folder, { recursive: true }));

const echo = ({ parameters }: TaskCall): TaskResult => ({ output: parameters });
/** Fails for numbers that are negative. */
const refuseNegative = ({ parameters }: TaskCall): TaskResult =>
  Number(parameters) < 0 ? { error: 'Negative', cause: '' } : { output: parameters };

async function runOn(bench: MapBench, input: string) {
  const { engine, machine } = bench;
  const { executionArn } = await engine.startExecution({ stateMachineArn: machine, input });
  const { status, output, error, cause } = await ended(engine, executionArn);
  const [run] = engine.listMapRuns({ executionArn }).items;
  return { executionArn, status, output, error, cause, run: run && engine.describeMapRun(run.mapRunArn) };
}

test('each item becomes an execution of its own, and the results come in the order of the items', async () => {
  const bench = await mapBench(distributed({ Label: 'Fan' }), echo);
  const { executionArn, output, run } = await runOn(bench, '[3,1,2]');
  assert.equal(output, '[3,1,2]');
  assert.match(run?.mapRunArn ?? '', /^arn:aws:states:us-east-1:000000000000:mapRun:m\/Fan:[0-9a-f-]{36}$/);
  assert.deepEqual(typesOf(bench.engine, executionArn), [
    'ExecutionStarted',
    'MapStateEntered',
    'MapStateStarted',
    'MapRunStarted',
    'MapRunSucceeded',
    'MapStateSucceeded',
    'MapStateExited',
    'ExecutionSucceeded',
  ]);
  const children = bench.engine.listExecutions({ mapRunArn: run?.mapRunArn ?? '' }).items;
  assert.equal(children.length, 3);
  const [child] = children;
  assert.ok(child);
  assert.match(child.executionArn, /^arn:aws:states:us-east-1:000000000000:execution:m\/Fan:[0-9a-f-]{36}$/);
  assert.deepEqual([child.mapRunArn, child.itemCount], [run?.mapRunArn, 1]);
  assert.equal(bench.engine.describeExecution(child.executionArn).mapRunArn, run?.mapRunArn);
  await bench.engine.close();
});

test('batches hold as many items as they may, with what they share', async () => {
  const ItemBatcher = { MaxItemsPerBatch: 2, BatchInput: { shared: true } };
  const bench = await mapBench(distributed({ ItemBatcher }), echo);
  const { output, run } = await runOn(bench, '[1,2,3]');
  assert.deepEqual(JSON.parse(output ?? ''), [
    { BatchInput: { shared: true }, Items: [1, 2] },
    { BatchInput: { shared: true }, Items: [3] },
  ]);
  assert.deepEqual([run?.itemCounts.succeeded, run?.executionCounts.succeeded], [3, 2]);
  await bench.engine.close();
});

async function* itemsOf(items: readonly Json[], before: Promise<unknown> = Promise.resolve()): AsyncGenerator<Json> {
  await before;
  yield* items;
}

/** Reads from memory and remembers what it was asked to write. */
function memoryIo(items: readonly Json[]) {
  const read: ItemReaderPlan[] = [];
  const written: MapResult[][] = [];
  const io: MapIo = {
    readItems: (reader) => {
      read.push(reader);
      return itemsOf(items);
    },
    writeResults: async (_writer, { mapRunArn, children }) => {
      const all: MapResult[] = [];
      for await (const child of children) all.push(child);
      written.push(all);
      return { MapRunArn: mapRunArn };
    },
  };
  return { io, read, written };
}

const ItemReader = {
  Resource: 'arn:aws:states:::s3:getObject',
  ReaderConfig: { InputType: 'CSV', CSVHeaderLocation: 'FIRST_ROW', MaxItems: 2 },
  Parameters: { Bucket: 'b', Key: 'k' },
};

test('items are read where the reader says, no more than MaxItems, and results written where the writer says', async () => {
  const { io, read, written } = memoryIo([{ id: '1' }, { id: '2' }, { id: '3' }]);
  const ResultWriter = { Resource: 'arn:aws:states:::s3:putObject', Parameters: { Bucket: 'b', Prefix: 'out' } };
  const bench = await mapBench(distributed({ ItemReader, ResultWriter }), echo, { mapIo: io });
  const { output, run } = await runOn(bench, '{}');
  assert.deepEqual(JSON.parse(output ?? ''), { MapRunArn: run?.mapRunArn });
  assert.deepEqual(read[0]?.parameters, { Bucket: 'b', Key: 'k' });
  assert.deepEqual(
    written.map((children) => children.map(({ output: result }) => result)),
    [['{"id":"1"}', '{"id":"2"}']],
  );
  assert.deepEqual([run?.itemCounts.total, run?.itemCounts.resultsWritten], [2, 2]);
  await bench.engine.close();
});

test('a run whose items cannot be read fails, and can be redriven when they can', async () => {
  const { io } = memoryIo([1, 2]);
  let isThere = false;
  const mapIo: MapIo = {
    ...io,
    readItems: (...asked) =>
      isThere
        ? io.readItems(...asked)
        : itemsOf([], Promise.reject(new MapIoError('States.ItemReaderFailed', 'no such key'))),
  };
  const bench = await mapBench(distributed({ ItemReader }), echo, { mapIo });
  const { executionArn, status, error, cause, run } = await runOn(bench, '{}');
  assert.deepEqual([status, error, cause, run?.status], ['FAILED', 'States.ItemReaderFailed', 'no such key', 'FAILED']);
  isThere = true;
  await bench.engine.redriveExecution({ executionArn });
  assert.equal((await ended(bench.engine, executionArn)).output, '[1,2]');
  await bench.engine.close();
});

const tolerances: [string, object, string, 'SUCCEEDED' | 'FAILED'][] = [
  ['none, one failed', {}, '{"items":[1,-1]}', 'FAILED'],
  ['as many as are tolerated', { ToleratedFailureCount: 1 }, '{"items":[1,-1]}', 'SUCCEEDED'],
  ['one more than is tolerated', { ToleratedFailureCount: 1 }, '{"items":[1,-1,-2]}', 'FAILED'],
  ['half of them', { ToleratedFailurePercentage: 50 }, '{"items":[1,-1]}', 'SUCCEEDED'],
  ['more than half', { ToleratedFailurePercentage: 49.5 }, '{"items":[1,-1]}', 'FAILED'],
  ['by a path', { ToleratedFailureCountPath: '$.n' }, '{"items":[1,-1],"n":1}', 'SUCCEEDED'],
  ['by a path, too many', { ToleratedFailurePercentagePath: '$.n' }, '{"items":[1,-1],"n":10}', 'FAILED'],
];
for (const [title, tolerance, input, expected] of tolerances) {
  test(`what a run tolerates: ${title}`, async () => {
    const bench = await mapBench(distributed({ ItemsPath: '$.items', ...tolerance }), refuseNegative);
    const { executionArn, status, error, run } = await runOn(bench, input);
    assert.deepEqual([status, run?.status], [expected, expected]);
    if (expected === 'FAILED') {
      assert.equal(error, 'States.ExceedToleratedFailureThreshold');
      assert.ok(typesOf(bench.engine, executionArn).includes('MapRunFailed'));
    }
    await bench.engine.close();
  });
}

/** Calls that hang until they are let go, one by one. */
function gate() {
  const waiting: (() => void)[] = [];
  let running = 0;
  let most = 0;
  const answer = async ({ parameters }: TaskCall): Promise<TaskResult> => {
    most = Math.max(most, ++running);
    await new Promise<void>((resolve) => waiting.push(resolve));
    running--;
    return { output: parameters };
  };
  return { waiting, answer, most: () => most };
}

test('no more children run than MaxConcurrency, and UpdateMapRun changes how many', async () => {
  const { waiting, answer, most } = gate();
  const { engine, machine } = await mapBench(distributed({ MaxConcurrency: 1 }), answer);
  const { executionArn } = await engine.startExecution({ stateMachineArn: machine, input: '[1,2,3,4,5,6]' });
  for (let done = 0; done < 2; done++) {
    await until(() => waiting.length === 1);
    waiting.shift()?.();
  }
  await until(() => waiting.length === 1);
  assert.equal(most(), 1);
  const mapRunArn = engine.listMapRuns({ executionArn }).items[0]?.mapRunArn ?? '';
  await engine.updateMapRun({ mapRunArn, maxConcurrency: 3, toleratedFailurePercentage: 12.5 });
  await until(() => waiting.length === 3);
  const shown = engine.describeMapRun(mapRunArn);
  assert.deepEqual(
    [shown.maxConcurrency, shown.toleratedFailurePercentage, shown.toleratedFailureCount, shown.itemCounts.running],
    [3, 12.5, 0, 3],
  );
  while (engine.describeExecution(executionArn).status === 'RUNNING') {
    waiting.shift()?.();
    await new Promise(setImmediate);
  }
  assert.equal(most(), 3);
  assert.equal(engine.describeExecution(executionArn).output, '[1,2,3,4,5,6]');
  await assert.rejects(engine.updateMapRun({ mapRunArn, maxConcurrency: 1 }), { name: 'ValidationException' });
  await assert.rejects(engine.updateMapRun({ mapRunArn: `${mapRunArn}x` }), { name: 'ResourceNotFound' });
  assert.throws(() => engine.describeMapRun(executionArn), { name: 'InvalidArn' });
  await engine.close();
});

test('when the execution is stopped its run is aborted and so are its children, until it is redriven', async () => {
  const { waiting, answer } = gate();
  const { engine, machine } = await mapBench(distributed({ MaxConcurrency: 2 }), answer);
  const { executionArn } = await engine.startExecution({ stateMachineArn: machine, input: '[1,2,3]' });
  await until(() => waiting.length === 2);
  await engine.stopExecution({ executionArn });
  const mapRunArn = engine.listMapRuns({ executionArn }).items[0]?.mapRunArn ?? '';
  const aborted = engine.describeMapRun(mapRunArn);
  assert.deepEqual(
    [aborted.status, aborted.executionCounts.aborted, aborted.executionCounts.running, aborted.itemCounts.pending],
    ['ABORTED', 2, 0, 1],
  );
  waiting.length = 0;
  await engine.redriveExecution({ executionArn });
  await until(() => waiting.length === 2);
  assert.deepEqual(
    [engine.describeMapRun(mapRunArn).status, engine.describeExecution(executionArn).status],
    ['RUNNING', 'RUNNING'],
  );
  for (let turn = 0; engine.describeExecution(executionArn).status === 'RUNNING' && turn < 1000; turn++) {
    waiting.shift()?.();
    await new Promise(setImmediate);
  }
  assert.equal(engine.describeExecution(executionArn).output, '[1,2,3]');
  await engine.close();
});

test('a run that was cut in the middle by the end of the process goes on with the next', async () => {
  const file = join(folder, 'cut.db');
  const { io } = memoryIo(Array.from({ length: 50 }, (_, index) => index));
  const reader = { ...ItemReader, ReaderConfig: { InputType: 'JSON' } };
  const definition = distributed(
    { ItemReader: reader, MaxConcurrency: 4 },
    { End: true, Retry: [{ ErrorEquals: ['Lambda.SdkClientException'], IntervalSeconds: 1 }] },
  );
  const hanging = Promise.withResolvers<TaskResult>();
  const first = await mapBench(definition, (call) => (Number(call.parameters) < 20 ? echo(call) : hanging.promise), {
    mapIo: io,
    store: openExecutionStore(file),
  });
  const { executionArn } = await first.engine.startExecution({ stateMachineArn: first.machine });
  await until(() => first.calls.length === 24);

  // The first process is as good as dead: nothing of it is closed.
  const second = openBench(echo, { mapIo: io, store: openExecutionStore(file) });
  // The attempts that were lost are made again after their pause.
  const mapRunArn = second.engine.listMapRuns({ executionArn }).items[0]?.mapRunArn ?? '';
  const running = second.engine.listExecutions({ mapRunArn, statusFilter: 'RUNNING' }).items;
  assert.equal(running.length, 4);
  await until(() =>
    running.every((child) => typesOf(second.engine, child.executionArn).at(-1) === 'LambdaFunctionFailed'),
  );
  second.clock.advance(1000);
  const { output } = await ended(second.engine, executionArn);
  assert.deepEqual(
    JSON.parse(output ?? ''),
    Array.from({ length: 50 }, (_, index) => index),
  );
  assert.equal(second.calls.length, 30, 'what had succeeded was not done again');
  await second.engine.close();
});

test('children that fail are counted by how they failed, and events say that the run did', async () => {
  const bench = await mapBench(distributed({}), refuseNegative);
  const { executionArn, run } = await runOn(bench, '[-1]');
  assert.deepEqual([run?.executionCounts.failed, run?.executionCounts.total], [1, 1]);
  const failed = eventsOf(bench.engine, executionArn).find(({ type }) => type === 'MapRunFailed');
  assert.deepEqual(failed?.['mapRunFailedEventDetails'], {
    error: 'States.ExceedToleratedFailureThreshold',
    cause: 'The specified tolerated failure threshold was exceeded',
  });
  await bench.engine.close();
});

test('a run that is stopped while its items are read stays aborted, and reads them when it is redriven', async () => {
  const reading = Promise.withResolvers<void>();
  const mapIo: MapIo = {
    ...memoryIo([]).io,
    readItems: () => itemsOf([1, 2], reading.promise),
  };
  const { engine, machine, calls } = await mapBench(distributed({ ItemReader }), echo, { mapIo });
  const { executionArn } = await engine.startExecution({ stateMachineArn: machine });
  await until(() => engine.listMapRuns({ executionArn }).items.length === 1);
  const mapRunArn = engine.listMapRuns({ executionArn }).items[0]?.mapRunArn ?? '';
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  await engine.stopExecution({ executionArn });
  reading.resolve();
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  assert.deepEqual([engine.describeMapRun(mapRunArn).status, calls.length], ['ABORTED', 0]);
  await engine.redriveExecution({ executionArn });
  assert.equal((await ended(engine, executionArn)).output, '[1,2]');
  await engine.close();
});
