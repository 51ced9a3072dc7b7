import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createJsonataEvaluator, type Engine, type TaskCall, type TaskResult } from '../src/index.ts';
import { distributed, ended, eventsOf, mapBench, task, typesOf, until } from './map-run-bench.ts';

const DAY_MS = 86_400_000;
const refused = (reason: string): object => ({ name: 'ExecutionNotRedrivable', message: reason });

async function startAndEnd(engine: Engine, stateMachineArn: string, input = '{}'): Promise<string> {
  const { executionArn } = await engine.startExecution({ stateMachineArn, input });
  await ended(engine, executionArn);
  return executionArn;
}

function runOf(engine: Engine, executionArn: string): string {
  return engine.listMapRuns({ executionArn }).items[0]?.mapRunArn ?? '';
}

const alwaysFails = { StartAt: 'A', States: { A: { Type: 'Fail', Error: 'Broken' } } };

test('an execution is redriven a thousand times and no more', async () => {
  const { engine, machine } = await mapBench(alwaysFails, () => ({ output: null }));
  const executionArn = await startAndEnd(engine, machine);
  for (let count = 1; count <= 1000; count++) await engine.redriveExecution({ executionArn });
  const { redriveCount, redriveStatus, redriveStatusReason } = engine.describeExecution(executionArn);
  const reason = 'Execution redrive limit exceeded';
  assert.deepEqual([redriveCount, redriveStatus, redriveStatusReason], [1000, 'NOT_REDRIVABLE', reason]);
  await assert.rejects(engine.redriveExecution({ executionArn }), refused(reason));
  await engine.close();
});

test('a history that holds less than 24,999 events may be redriven; it then ends as a full one does', async () => {
  // Each of its rounds is a Pass and a Choice: four events. Then it fails.
  const circle = (rounds: number) => ({
    StartAt: 'Count',
    States: {
      Count: { Type: 'Pass', Parameters: { 'n.$': 'States.MathAdd($.n, 1)' }, Next: 'More' },
      More: {
        Type: 'Choice',
        Choices: [{ Variable: '$.n', NumericLessThan: rounds, Next: 'Count' }],
        Default: 'End',
      },
      End: { Type: 'Fail', Error: 'Broken' },
    },
  });
  const { engine, machine } = await mapBench(circle(6_248), () => ({ output: null }));
  const executionArn = await startAndEnd(engine, machine, '{"n":0}');
  const lastEvent = () => {
    const { eventsText } = engine.getExecutionHistory({ executionArn, reverseOrder: true, maxResults: 1 });
    const [last] = JSON.parse(eventsText) as [{ id: number; type: string }];
    return [last.id, last.type];
  };
  assert.deepEqual(lastEvent(), [24_995, 'ExecutionFailed']);
  // ExecutionRedriven, FailStateEntered and ExecutionFailed come to it.
  await engine.redriveExecution({ executionArn });
  assert.deepEqual(lastEvent(), [24_998, 'ExecutionFailed']);
  await engine.redriveExecution({ executionArn });
  assert.deepEqual(lastEvent(), [25_000, 'ExecutionFailed']);
  const { error, redriveStatusReason } = engine.describeExecution(executionArn);
  const reason = 'Execution history event limit exceeded';
  assert.deepEqual([error, redriveStatusReason], ['States.Runtime', reason]);
  await assert.rejects(engine.redriveExecution({ executionArn }), refused(reason));
  await engine.close();
});

test('a redrive of JSONata states begins with the variables and the input that they had', async () => {
  const definition = {
    QueryLanguage: 'JSONata',
    StartAt: 'Keep',
    States: {
      Keep: { Type: 'Pass', Assign: { kept: '{% $states.input.n * 2 %}' }, Output: { n: 5 }, Next: 'Work' },
      Work: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        Arguments: { FunctionName: 'work', Payload: '{% {"kept": $kept, "n": $states.input.n} %}' },
        Output: '{% {"got": $states.result.Payload, "redrives": $states.context.Execution.RedriveCount} %}',
        End: true,
      },
    },
  };
  const evaluator = createJsonataEvaluator();
  let isBroken = true;
  const answer = ({ parameters }: TaskCall): TaskResult =>
    isBroken
      ? { error: 'Broken', cause: '' }
      : { output: { Payload: (parameters as { Payload: { kept: number; n: number } }).Payload } };
  const { engine, machine, calls } = await mapBench(definition, answer, {
    evaluator: (request, key) => evaluator.evaluate(request, key),
  });
  const executionArn = await startAndEnd(engine, machine, '{"n":21}');
  isBroken = false;
  await engine.redriveExecution({ executionArn });
  const { status, output } = await ended(engine, executionArn);
  assert.deepEqual([status, JSON.parse(output ?? '')], ['SUCCEEDED', { got: { kept: 42, n: 5 }, redrives: 1 }]);
  assert.equal(calls.length, 2);
  await engine.close();
  await evaluator.close();
});

test('a Map Run within a Map Run is redriven with it, and what succeeded in either is kept', async () => {
  const ProcessorConfig = { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' };
  const ItemProcessor = { ProcessorConfig, ...distributed({ Label: 'Inner' }) };
  const definition = { StartAt: 'Rows', States: { Rows: { Type: 'Map', ItemProcessor, End: true } } };
  let broken = true;
  const { engine, machine, calls } = await mapBench(definition, ({ parameters }) =>
    broken && parameters === 3 ? { error: 'Broken', cause: '' } : { output: parameters },
  );
  const executionArn = await startAndEnd(engine, machine, '[[1,2],[3,4]]');
  assert.equal(engine.describeExecution(executionArn).status, 'FAILED');
  const outer = runOf(engine, executionArn);
  const [bad] = engine.listExecutions({ mapRunArn: outer, statusFilter: 'FAILED' }).items;
  assert.ok(bad);
  const before = calls.length;
  broken = false;
  await engine.redriveExecution({ executionArn });
  const { status, output } = await ended(engine, executionArn);
  assert.deepEqual([status, output], ['SUCCEEDED', '[[1,2],[3,4]]']);
  const again = calls.slice(before).map(({ parameters }) => parameters);
  assert.ok(again.includes(3) && !again.includes(1) && !again.includes(2), `called again: ${JSON.stringify(again)}`);
  assert.equal(engine.describeMapRun(runOf(engine, bad.executionArn)).redriveCount, 1);
  await engine.close();
});

test('a Map Run counts the failures that a redrive would not take up again', async () => {
  const { engine, machine, clock } = await mapBench(distributed({}), () => ({ error: 'Broken', cause: '' }));
  const executionArn = await startAndEnd(engine, machine, '[1]');
  const mapRunArn = runOf(engine, executionArn);
  const counted = () => {
    const { itemCounts, executionCounts } = engine.describeMapRun(mapRunArn);
    return [itemCounts.failuresNotRedrivable, executionCounts.failuresNotRedrivable];
  };
  assert.deepEqual(counted(), [0, 0]);
  clock.advance(14 * DAY_MS + 1);
  assert.deepEqual(counted(), [1, 1]);
  await engine.close();
});

test('a child that waits for its redrive when the run is aborted is again what it was', async () => {
  const hanging = Promise.withResolvers<TaskResult>();
  let isFirst = true;
  const { engine, machine, calls } = await mapBench(
    distributed({ MaxConcurrency: 1, ToleratedFailureCount: 2 }),
    ({ parameters }) =>
      !isFirst && Number(parameters) === 1 ? hanging.promise : { error: 'Broken', cause: JSON.stringify(parameters) },
  );
  const executionArn = await startAndEnd(engine, machine, '[1,2,3]');
  const mapRunArn = runOf(engine, executionArn);
  assert.equal(engine.describeMapRun(mapRunArn).status, 'FAILED');
  isFirst = false;
  const before = calls.length;
  await engine.redriveExecution({ executionArn });
  await until(() => calls.length > before);
  assert.equal(engine.describeMapRun(mapRunArn).itemCounts.pendingRedrive, 2);
  await engine.stopExecution({ executionArn });
  const { status, executionCounts } = engine.describeMapRun(mapRunArn);
  assert.deepEqual(
    [status, executionCounts.aborted, executionCounts.failed, executionCounts.pendingRedrive],
    ['ABORTED', 1, 2, 0],
  );
  for (const { executionArn: child } of engine.listExecutions({ mapRunArn, statusFilter: 'FAILED' }).items)
    assert.equal(engine.describeExecution(child).redriveStatus, 'REDRIVABLE_BY_MAP_RUN');
  await engine.redriveExecution({ executionArn });
  assert.equal(engine.describeMapRun(mapRunArn).redriveCount, 2);
  await engine.close();
});

test('the history of an execution that is stopped tells that its Map Run was aborted', async () => {
  const hanging = Promise.withResolvers<TaskResult>();
  const { engine, machine, calls } = await mapBench(distributed({}), () => hanging.promise);
  const { executionArn } = await engine.startExecution({ stateMachineArn: machine, input: '[1]' });
  await until(() => calls.length === 1);
  await engine.stopExecution({ executionArn });
  assert.deepEqual(typesOf(engine, executionArn).slice(-3), ['MapRunStarted', 'MapRunAborted', 'ExecutionAborted']);
  const events = eventsOf(engine, executionArn);
  const aborted = events.find(({ type }) => type === 'MapRunAborted');
  assert.equal(aborted?.previousEventId, events.find(({ type }) => type === 'MapRunStarted')?.id);
  await engine.close();
});

test('the history of an execution that runs out of time tells that its Map Run was aborted', async () => {
  const hanging = Promise.withResolvers<TaskResult>();
  const definition = { ...distributed({}), TimeoutSeconds: 10 };
  const { engine, machine, calls, clock } = await mapBench(definition, () => hanging.promise);
  const { executionArn } = await engine.startExecution({ stateMachineArn: machine, input: '[1]' });
  await until(() => calls.length === 1);
  clock.advance(10_000);
  await ended(engine, executionArn);
  assert.deepEqual(typesOf(engine, executionArn).slice(-2), ['MapRunAborted', 'ExecutionTimedOut']);
  assert.equal(engine.describeMapRun(runOf(engine, executionArn)).status, 'ABORTED');
  await engine.close();
});

test('a branch that is broken off takes its Map Run with it, and its history says so', async () => {
  const hanging = Promise.withResolvers<TaskResult>();
  const map = distributed({ ItemsPath: '$.items' });
  const definition = {
    StartAt: 'Both',
    States: {
      Both: {
        Type: 'Parallel',
        Branches: [map, { StartAt: 'Bad', States: { Bad: task('bad', { End: true }) } }],
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }],
        End: true,
      },
      Caught: { Type: 'Pass', End: true },
    },
  };
  const { engine, machine, calls } = await mapBench(definition, async ({ stateName }) => {
    if (stateName !== 'Bad') return await hanging.promise;
    await until(() => calls.length === 2);
    return { error: 'Broken', cause: '' };
  });
  const executionArn = await startAndEnd(engine, machine, '{"items":[1]}');
  const types = typesOf(engine, executionArn);
  const at = types.indexOf('MapRunAborted');
  assert.deepEqual(types.slice(at, at + 3), ['MapRunAborted', 'MapStateAborted', 'ParallelStateFailed']);
  const { status, executionCounts } = engine.describeMapRun(runOf(engine, executionArn));
  assert.deepEqual([status, executionCounts.aborted], ['ABORTED', 1]);
  await engine.close();
});

test('a distributed Map in JSONata asks each expression once: of its items, its children and its result', async () => {
  const evaluator = createJsonataEvaluator();
  const ItemProcessor = {
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
    StartAt: 'Work',
    States: { Work: { Type: 'Pass', Output: '{% $states.input.n + 1 %}', End: true } },
  };
  const Each = {
    Type: 'Map',
    ItemProcessor,
    ItemSelector: { n: '{% $states.context.Map.Item.Value * 10 %}' },
    Output: '{% $sum($states.result) %}',
    End: true,
  };
  const definition = { QueryLanguage: 'JSONata', StartAt: 'Each', States: { Each } };
  const { engine, machine } = await mapBench(definition, () => ({ output: null }), {
    evaluator: (request, key) => evaluator.evaluate(request, key),
  });
  const { executionArn } = await engine.startExecution({ stateMachineArn: machine, input: '[1,2,3]' });
  while (engine.describeExecution(executionArn).status === 'RUNNING')
    await new Promise((resolve) => setTimeout(resolve, 5));
  const { status, output } = engine.describeExecution(executionArn);
  assert.deepEqual([status, output], ['SUCCEEDED', '63']);
  await engine.close();
  await evaluator.close();
});
