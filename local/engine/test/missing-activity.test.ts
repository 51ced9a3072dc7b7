import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { memoryExecutionStore, openEngine, SteppedClock, type Engine } from '../src/index.ts';
import { eventsOf, WHERE } from './map-run-bench.ts';

const roleArn = 'arn:aws:iam::000000000000:role/r';
const arnOf = (name: string): string => `arn:aws:states:us-east-1:000000000000:activity:${name}`;

let machines = 0;

async function start(engine: Engine, task: object): Promise<string> {
  const definition = JSON.stringify({
    StartAt: 'Ask',
    States: { Ask: { Type: 'Task', Resource: arnOf('desk'), End: true, ...task }, ...('Catch' in task && GONE) },
  });
  const { stateMachineArn } = await engine.createStateMachine({ name: `m${++machines}`, definition, roleArn });
  return (await engine.startExecution({ stateMachineArn })).executionArn;
}

function open(clock = new SteppedClock()): Engine {
  return openEngine({ ...WHERE, store: memoryExecutionStore(), taskHandler: () => new Promise(() => {}), clock });
}

const GONE = { Gone: { Type: 'Succeed' } };

const typesOf = (engine: Engine, executionArn: string): string[] =>
  eventsOf(engine, executionArn).map(({ type }) => type);

test('a task for an activity that does not exist fails, and does not wait for workers that cannot be', async () => {
  const engine = open();
  const executionArn = await start(engine, {});
  assert.deepEqual(typesOf(engine, executionArn), [
    'ExecutionStarted',
    'TaskStateEntered',
    'ActivityScheduled',
    'ActivityScheduleFailed',
    'ExecutionFailed',
  ]);
  const { status, error, cause } = engine.describeExecution(executionArn);
  assert.deepEqual(
    { status, error, cause },
    { status: 'FAILED', error: 'ActivityDoesNotExist', cause: `Activity Does Not Exist: '${arnOf('desk')}'` },
  );
  await engine.close();
});

test('so does one for an activity of another account, or whose ARN is none', async () => {
  const engine = open();
  await engine.createActivity({ name: 'desk' });
  for (const Resource of [arnOf('desk').replace('000000000000', '111111111111'), arnOf('a:desk'), arnOf('desk2')])
    assert.equal(engine.describeExecution(await start(engine, { Resource })).error, 'ActivityDoesNotExist');
  await engine.close();
});

test('a missing activity is caught as the failure of a task', async () => {
  for (const name of ['States.TaskFailed', 'States.ALL', 'ActivityDoesNotExist']) {
    const engine = open();
    const executionArn = await start(engine, { Catch: [{ ErrorEquals: [name], Next: 'Gone' }] });
    assert.equal(engine.describeExecution(executionArn).status, 'SUCCEEDED', name);
    await engine.close();
  }
});

test('a retry finds the activity that was created meanwhile; one that was deleted meanwhile is missed', async () => {
  const clock = new SteppedClock();
  const engine = open(clock);
  const { activityArn } = await engine.createActivity({ name: 'desk' });
  const Retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 5, MaxAttempts: 2 }];
  const executionArn = await start(engine, { Retry });
  const first = await engine.getActivityTask({ activityArn });
  await engine.deleteActivity(activityArn);
  await engine.sendTaskFailure(first?.taskToken ?? '', { error: 'Busy' });
  clock.advance(5_000);
  await nextTurn();
  await engine.createActivity({ name: 'desk' });
  clock.advance(10_000);
  await nextTurn();
  const third = await engine.getActivityTask({ activityArn });
  await engine.sendTaskSuccess(third?.taskToken ?? '', '{}');
  assert.deepEqual(
    typesOf(engine, executionArn).filter((type) => type.startsWith('Activity')),
    [
      'ActivityScheduled',
      'ActivityStarted',
      'ActivityFailed',
      'ActivityScheduled',
      'ActivityScheduleFailed',
      'ActivityScheduled',
      'ActivityStarted',
      'ActivitySucceeded',
    ],
  );
  await engine.close();
});
