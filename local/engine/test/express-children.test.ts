import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryExecutionStore, type EngineOptions, type TaskCall, type TaskResult } from '../src/index.ts';
import { distributed, ended, mapBench, task, until, type MapBench } from './map-run-bench.ts';

/** A distributed Map whose children are Express workflows of this state. */
function express(work: object, more: object = {}): object {
  const ItemProcessor = {
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' },
    StartAt: 'Prepare',
    States: { Prepare: { Type: 'Pass', Next: 'Work' }, Work: { End: true, ...work } },
  };
  return distributed({ Label: 'Fan', ItemProcessor, ...more });
}

async function start(bench: MapBench, input: string): Promise<string> {
  return (await bench.engine.startExecution({ stateMachineArn: bench.machine, input })).executionArn;
}

function runOf({ engine }: MapBench, executionArn: string) {
  const [run] = engine.listMapRuns({ executionArn }).items;
  assert.ok(run);
  return engine.describeMapRun(run.mapRunArn);
}

test('Express children bring the results of their Map, and leave no history', async () => {
  const store = memoryExecutionStore();
  const bench = await mapBench(
    express(task('work')),
    ({ parameters }: TaskCall): TaskResult => ({ output: [parameters] }),
    { store } satisfies Partial<EngineOptions>,
  );
  const executionArn = await start(bench, '[3,1,2]');
  assert.equal((await ended(bench.engine, executionArn)).output, '[[3],[1],[2]]');
  const { itemCounts, mapRunArn } = runOf(bench, executionArn);
  assert.equal(itemCounts.succeeded, 3);
  for (const { executionArn: child } of bench.calls) {
    assert.match(child, /^arn:aws:states:us-east-1:000000000000:express:m\/Fan:[0-9a-f-]{36}:[0-9a-f-]{36}$/);
    assert.throws(() => bench.engine.describeExecution(child), { name: 'InvalidArn' });
  }
  assert.deepEqual(bench.engine.listExecutions({ mapRunArn }), { items: [] });
  assert.deepEqual(
    bench.engine.listExecutions({ stateMachineArn: bench.machine }).items.map((each) => each.executionArn),
    [executionArn],
  );
  const [parent = [], ...children] = [1, 2, 3, 4].map((id) => [...store.readEvents(id, 1, false)]);
  assert.notDeepEqual(parent, []);
  assert.deepEqual(children, [[], [], []]);
  await bench.engine.close();
});

test('an Express child has five minutes', async () => {
  const bench = await mapBench(express(task('work')), () => new Promise(() => {}));
  const executionArn = await start(bench, '[1]');
  await until(() => bench.calls.length === 1);
  bench.clock.advance(299_000);
  await until(() => bench.engine.describeExecution(executionArn).status === 'RUNNING');
  assert.equal(runOf(bench, executionArn).itemCounts.running, 1);
  bench.clock.advance(1_000);
  const { status, error } = await ended(bench.engine, executionArn);
  assert.deepEqual([status, error], ['FAILED', 'States.ExceedToleratedFailureThreshold']);
  assert.equal(runOf(bench, executionArn).itemCounts.timedOut, 1);
  await bench.engine.close();
});

test('a redrive does an Express child again from its beginning', async () => {
  let failures = 1;
  const definition = express({ ...task('second') });
  const twoCalls = JSON.parse(
    JSON.stringify(definition).replace('"Type":"Pass"', JSON.stringify(task('first')).slice(1, -1)),
  ) as object;
  const bench = await mapBench(twoCalls, ({ resource, parameters }) =>
    resource.endsWith('second') && failures-- > 0 ? { error: 'Broken', cause: '' } : { output: parameters },
  );
  const executionArn = await start(bench, '[7]');
  assert.equal((await ended(bench.engine, executionArn)).status, 'FAILED');
  await bench.engine.redriveExecution({ executionArn });
  const { status, output } = await ended(bench.engine, executionArn);
  assert.deepEqual([status, output], ['SUCCEEDED', '[7]']);
  assert.deepEqual(
    bench.calls.map(({ resource }) => resource.split(':').at(-1)),
    ['first', 'second', 'first', 'second'],
  );
  await bench.engine.close();
});

test('Express children can wait for no token, no job and no worker', async () => {
  const waiting = [
    'arn:aws:states:::lambda:invoke.waitForTaskToken',
    'arn:aws:states:::batch:submitJob.sync',
    'arn:aws:states:us-east-1:000000000000:activity:desk',
  ];
  const Parameters = { FunctionName: 'f', JobDefinition: 'd', JobName: 'n', JobQueue: 'q' };
  for (const Resource of waiting) {
    await assert.rejects(
      mapBench(express({ Type: 'Task', Resource, Parameters }), () => ({ output: null })),
      { name: 'InvalidDefinition', message: /Express state machine does not support/ },
    );
  }
});
