import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openExecutionStore, type Engine, type TaskCall, type TaskResult } from '../src/index.ts';
import { distributed, ended, eventsOf, mapBench, openBench, task, typesOf, until } from './map-run-bench.ts';

const folder = mkdtempSync(join(tmpdir(), 'redrive-'));
after(() => rmSync(folder, { recursive: true }));
const DAY_MS = 86_400_000;

/** Fails the states that are named, until they are taken out. */
function failing(...names: string[]) {
  const broken = new Set(names);
  const answer = ({ stateName, parameters }: TaskCall): TaskResult =>
    broken.has(stateName) ? { error: 'Broken', cause: stateName } : { output: parameters };
  return { broken, answer };
}

async function startAndEnd(engine: Engine, stateMachineArn: string, input = '{}'): Promise<string> {
  const { executionArn } = await engine.startExecution({ stateMachineArn, input });
  await ended(engine, executionArn);
  return executionArn;
}

const chain = {
  StartAt: 'A',
  States: {
    A: task('a', { ResultPath: '$.a', Next: 'Keep' }),
    Keep: { Type: 'Pass', Assign: { kept: 7 }, Next: 'B' },
    B: task('b', {
      ResultPath: '$.b',
      Parameters: { 'kept.$': '$kept' },
      Next: 'C',
      Retry: [{ ErrorEquals: ['Broken'], MaxAttempts: 1, IntervalSeconds: 1 }],
    }),
    C: { Type: 'Pass', Parameters: { 'count.$': '$$.Execution.RedriveCount', 'b.$': '$.b' }, End: true },
  },
};

test('a redrive continues from the state that failed, with its input, its variables and all its retries', async () => {
  const { broken, answer } = failing('B');
  const { engine, machine, clock, calls } = await mapBench(chain, answer);
  const { executionArn } = await engine.startExecution({ stateMachineArn: machine, input: '{"n":1}' });
  await until(() => calls.length === 2);
  await until(() => typesOf(engine, executionArn).includes('LambdaFunctionFailed'));
  clock.advance(1000);
  const failed = await ended(engine, executionArn);
  assert.deepEqual([failed.status, failed.error, failed.redriveStatus], ['FAILED', 'Broken', 'REDRIVABLE']);
  const before = eventsOf(engine, executionArn);

  clock.advance(DAY_MS);
  const { redriveDateMs } = await engine.redriveExecution({ executionArn });
  assert.equal(redriveDateMs, clock.now());
  await until(() => calls.length === 4);
  await until(() => typesOf(engine, executionArn).filter((type) => type === 'LambdaFunctionFailed').length === 3);
  broken.clear();
  clock.advance(1000);
  const succeeded = await ended(engine, executionArn);
  assert.deepEqual(
    [succeeded.status, succeeded.output, succeeded.redriveCount, succeeded.redriveDateMs, succeeded.error],
    ['SUCCEEDED', '{"count":1,"b":{"kept":7}}', 1, redriveDateMs, undefined],
  );
  assert.deepEqual(
    calls.map(({ stateName }) => stateName),
    ['A', 'B', 'B', 'B', 'B'],
  );
  const events = eventsOf(engine, executionArn);
  assert.deepEqual(events.slice(0, before.length), before, 'what was recorded stays as it was');
  const [redriven, next] = events.slice(before.length);
  assert.deepEqual(
    [redriven?.type, redriven?.previousEventId, redriven?.['executionRedrivenEventDetails']],
    ['ExecutionRedriven', before.length, { redriveCount: 1 }],
  );
  assert.deepEqual([next?.type, next?.previousEventId], ['LambdaFunctionScheduled', redriven?.id]);
  await engine.close();
});

test('of a Parallel state only the branches that did not succeed are done again', async () => {
  const branch = (name: string) => ({ StartAt: name, States: { [name]: task(name, { End: true }) } });
  const inner = { Type: 'Parallel', Branches: [branch('Good'), branch('Bad')], End: true };
  const definition = {
    StartAt: 'Outer',
    States: {
      Outer: {
        Type: 'Parallel',
        Branches: [branch('Fine'), { StartAt: 'Inner', States: { Inner: inner } }],
        End: true,
      },
    },
  };
  const { broken, answer } = failing('Bad');
  const { engine, machine, calls } = await mapBench(definition, async (call) => {
    // The bad one comes last, when the others are done.
    if (call.stateName === 'Bad') await until(() => calls.length > 2);
    return answer(call);
  });
  const executionArn = await startAndEnd(engine, machine, '5');
  broken.clear();
  const callsBefore = calls.length;
  await engine.redriveExecution({ executionArn });
  const { status, output } = await ended(engine, executionArn);
  assert.deepEqual([status, output], ['SUCCEEDED', '[5,[5,5]]']);
  assert.deepEqual(
    calls.slice(callsBefore).map(({ stateName }) => stateName),
    ['Bad'],
  );
  await engine.close();
});

test('of an inline Map the iterations that succeeded are kept, and those that never began are begun', async () => {
  const definition = {
    StartAt: 'Each',
    States: {
      Each: {
        Type: 'Map',
        MaxConcurrency: 1,
        ItemProcessor: { StartAt: 'Work', States: { Work: task('work', { End: true }) } },
        End: true,
      },
    },
  };
  let broken = true;
  const { engine, machine, calls } = await mapBench(definition, ({ parameters }) =>
    broken && parameters === 2 ? { error: 'Broken', cause: '' } : { output: parameters },
  );
  const executionArn = await startAndEnd(engine, machine, '[1,2,3]');
  broken = false;
  await engine.redriveExecution({ executionArn });
  assert.equal((await ended(engine, executionArn)).output, '[1,2,3]');
  assert.deepEqual(
    calls.map(({ parameters }) => parameters),
    [1, 2, 2, 3],
  );
  await engine.close();
});

test('what somebody caught is not gone back to', async () => {
  const definition = {
    StartAt: 'P',
    States: {
      P: {
        Type: 'Parallel',
        Branches: [{ StartAt: 'Bad', States: { Bad: task('bad', { End: true }) } }],
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'After' }],
        End: true,
      },
      After: task('after', { End: true }),
    },
  };
  const { broken, answer } = failing('Bad', 'After');
  const { engine, machine, calls } = await mapBench(definition, answer);
  const executionArn = await startAndEnd(engine, machine);
  broken.clear();
  await engine.redriveExecution({ executionArn });
  await ended(engine, executionArn);
  assert.deepEqual(
    calls.map(({ stateName }) => stateName),
    ['Bad', 'After', 'After'],
  );
  await engine.close();
});

test('an execution that was stopped or ran out of time goes on, and its own time begins anew', async () => {
  const definition = {
    StartAt: 'Wait',
    TimeoutSeconds: 60,
    States: {
      Wait: { Type: 'Wait', Seconds: 50, Next: 'Work' },
      Work: task('work', { TimeoutSeconds: 999, End: true }),
    },
  };
  const hanging = Promise.withResolvers<TaskResult>();
  const { engine, machine, clock, calls } = await mapBench(definition, () => hanging.promise);
  const { executionArn } = await engine.startExecution({ stateMachineArn: machine });
  clock.advance(50_000);
  await until(() => calls.length === 1);
  clock.advance(10_000);
  assert.equal((await ended(engine, executionArn)).status, 'TIMED_OUT');

  clock.advance(3_600_000);
  await engine.redriveExecution({ executionArn });
  await until(() => calls.length === 2);
  clock.advance(59_000);
  assert.equal(engine.describeExecution(executionArn).status, 'RUNNING');
  await engine.stopExecution({ executionArn });
  assert.equal(engine.describeExecution(executionArn).status, 'ABORTED');
  await engine.redriveExecution({ executionArn });
  await until(() => calls.length === 3);
  clock.advance(60_000);
  assert.equal((await ended(engine, executionArn)).status, 'TIMED_OUT');
  assert.equal(engine.describeExecution(executionArn).redriveCount, 2);
  await engine.close();
});

test('a redrive is refused with the reason that DescribeExecution shows', async () => {
  const { broken, answer } = failing('A');
  const { engine, machine, clock } = await mapBench(chain, answer);
  const refused = async (executionArn: string, reason: string): Promise<void> => {
    const shown = engine.describeExecution(executionArn);
    assert.deepEqual([shown.redriveStatus, shown.redriveStatusReason], ['NOT_REDRIVABLE', reason]);
    await assert.rejects(engine.redriveExecution({ executionArn }), {
      name: 'ExecutionNotRedrivable',
      message: reason,
    });
  };
  const late = await startAndEnd(engine, machine);
  broken.clear();
  await refused(await startAndEnd(engine, machine), 'Execution is SUCCEEDED and cannot be redriven');
  clock.advance(14 * DAY_MS);
  assert.equal(engine.describeExecution(late).redriveStatus, 'REDRIVABLE');
  clock.advance(1);
  await refused(late, 'Execution redrivable period exceeded');
  await assert.rejects(engine.redriveExecution({ executionArn: `${late}x` }), { name: 'ExecutionDoesNotExist' });
  await engine.close();
});

test('the same client token is the same redrive for a quarter of an hour', async () => {
  const { answer } = failing('A');
  const { engine, machine, clock } = await mapBench(chain, answer);
  const executionArn = await startAndEnd(engine, machine);
  const redrive = async (clientToken?: string) => {
    const request = { executionArn, ...(clientToken !== undefined && { clientToken }) };
    const { redriveDateMs } = await engine.redriveExecution(request);
    await ended(engine, executionArn);
    return redriveDateMs;
  };
  const first = await redrive('t');
  clock.advance(60_000);
  assert.equal(await redrive('t'), first);
  assert.equal(engine.describeExecution(executionArn).redriveCount, 1);
  assert.notEqual(await redrive('other'), first);
  clock.advance(900_000);
  await redrive('t');
  assert.equal(engine.describeExecution(executionArn).redriveCount, 3);
  await engine.close();
});

test('a redrive survives the end of the process, and so does what it would continue from', async () => {
  const file = join(folder, 'redrive.db');
  const { broken, answer } = failing('B');
  const definition = { ...chain, States: { ...chain.States, B: { ...chain.States.B, Retry: [] } } };
  const first = await mapBench(definition, answer, { store: openExecutionStore(file) });
  const executionArn = await startAndEnd(first.engine, first.machine);
  await first.engine.close();

  const hanging = Promise.withResolvers<TaskResult>();
  const second = openBench(() => hanging.promise, { store: openExecutionStore(file) });
  await second.engine.redriveExecution({ executionArn, clientToken: 't' });
  assert.equal(second.engine.describeExecution(executionArn).status, 'RUNNING');

  // The second process is as good as dead: nothing of it is closed, and its attempt was running.
  broken.clear();
  const third = openBench(answer, { store: openExecutionStore(file) });
  const lost = await ended(third.engine, executionArn);
  assert.deepEqual([lost.status, lost.error, lost.redriveCount], ['FAILED', 'Lambda.SdkClientException', 1]);
  await third.engine.redriveExecution({ executionArn, clientToken: 't' });
  assert.equal(third.engine.describeExecution(executionArn).redriveCount, 1);
  await third.engine.redriveExecution({ executionArn, clientToken: 'u' });
  assert.equal((await ended(third.engine, executionArn)).status, 'SUCCEEDED');
  await third.engine.close();
});

test('a redriven Map Run redrives the children that did not succeed, and begins those that never began', async () => {
  let broken = true;
  const { engine, machine, calls } = await mapBench(distributed({ MaxConcurrency: 1 }), ({ parameters }) =>
    broken && parameters === 2 ? { error: 'Broken', cause: '' } : { output: parameters },
  );
  const executionArn = await startAndEnd(engine, machine, '[1,2,3,4]');
  const [run] = engine.listMapRuns({ executionArn }).items;
  assert.ok(run);
  const { mapRunArn } = run;
  const failed = engine.describeMapRun(mapRunArn);
  assert.deepEqual(
    [failed.status, failed.itemCounts.succeeded, failed.itemCounts.failed, failed.itemCounts.pending],
    ['FAILED', 1, 1, 2],
  );
  const [bad] = engine.listExecutions({ mapRunArn, statusFilter: 'FAILED' }).items;
  assert.ok(bad);
  assert.equal(engine.describeExecution(bad.executionArn).redriveStatus, 'REDRIVABLE_BY_MAP_RUN');
  await assert.rejects(engine.redriveExecution({ executionArn: bad.executionArn }), { name: 'ExecutionNotRedrivable' });

  broken = false;
  await engine.redriveExecution({ executionArn });
  const { status, output } = await ended(engine, executionArn);
  assert.deepEqual([status, output], ['SUCCEEDED', '[1,2,3,4]']);
  assert.deepEqual(
    calls.map(({ parameters }) => parameters),
    [1, 2, 2, 3, 4],
  );
  const redriven = eventsOf(engine, executionArn).find(({ type }) => type === 'MapRunRedriven');
  assert.deepEqual(redriven?.['mapRunRedrivenEventDetails'], { mapRunArn, redriveCount: 1 });
  const done = engine.describeMapRun(mapRunArn);
  assert.deepEqual(
    [done.status, done.redriveCount, done.executionCounts.succeeded, done.itemCounts.total],
    ['SUCCEEDED', 1, 4, 4],
  );
  assert.deepEqual(
    engine.listExecutions({ mapRunArn, redriveFilter: 'REDRIVEN' }).items.map((child) => child.executionArn),
    [bad.executionArn],
  );
  await engine.close();
});

test('a Map Run that is redriven goes on after the end of the process', async () => {
  const file = join(folder, 'map-redrive.db');
  const options = () => ({ store: openExecutionStore(file) });
  const first = await mapBench(distributed({ MaxConcurrency: 2 }), () => ({ error: 'Broken', cause: '' }), options());
  const executionArn = await startAndEnd(first.engine, first.machine, '[1,2,3,4]');
  await first.engine.close();

  const hanging = Promise.withResolvers<TaskResult>();
  const second = openBench(() => hanging.promise, options());
  await second.engine.redriveExecution({ executionArn });
  await until(() => second.calls.length === 2);
  const third = openBench(({ parameters }) => ({ output: parameters }), options());
  // The attempts that were lost fail their children, and with them the run; it can be redriven again.
  await ended(third.engine, executionArn);
  await third.engine.redriveExecution({ executionArn });
  const { status, output } = await ended(third.engine, executionArn);
  assert.deepEqual([status, output], ['SUCCEEDED', '[1,2,3,4]']);
  await third.engine.close();
});
