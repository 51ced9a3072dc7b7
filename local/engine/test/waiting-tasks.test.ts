import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { memoryExecutionStore, openEngine, SteppedClock, type Engine, type TaskCall } from '../src/index.ts';
import { openSyncedInTurn } from './around-transactions.ts';

const roleArn = 'arn:aws:iam::000000000000:role/r';
const ask = {
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
  Parameters: { FunctionName: 'ask', Payload: { 'token.$': '$$.Task.Token' } },
  End: true,
};
const asking = { StartAt: 'Ask', States: { Ask: ask } };

/** An engine whose function returns at once, and keeps the tokens that it was called with. */
async function world(store = memoryExecutionStore()) {
  const clock = new SteppedClock();
  const tokens: string[] = [];
  const engine = openEngine({
    store,
    taskHandler: ({ parameters }: TaskCall) => {
      const { Payload } = parameters as { Payload: { token: string } };
      tokens.push(Payload.token);
      return Promise.resolve({ output: null });
    },
    clock,
    region: 'us-east-1',
    accountId: '000000000000',
  });
  const create = async (name: string, definition: object): Promise<string> => {
    const { stateMachineArn } = await engine.createStateMachine({
      name,
      roleArn,
      definition: JSON.stringify(definition),
    });
    return stateMachineArn;
  };
  const start = async (stateMachineArn: string, name: string): Promise<string> =>
    (await engine.startExecution({ stateMachineArn, name })).executionArn;
  /** The tasks that wait, as soon as there are so many. */
  const waiting = async (count: number) => {
    while (engine.listWaitingTasks({}).items.length < count) await new Promise((resolve) => setImmediate(resolve));
    return engine.listWaitingTasks({}).items;
  };
  return { engine, clock, tokens, create, start, waiting };
}

function names(page: ReturnType<Engine['listWaitingTasks']>): string[] {
  return page.items.map(({ executionArn, stateName }) => `${executionArn.split(':').slice(6).join(':')} ${stateName}`);
}

test('what waits is listed by state machine, oldest execution first, in pages that together are all', async () => {
  const { engine, create, start, waiting } = await world();
  const first = await create('first', asking);
  const second = await create('second', asking);
  await start(second, 'b');
  await start(first, 'a');
  await start(second, 'c');
  const third = await start(first, 'd');
  await waiting(4);
  const all = ['first:a Ask', 'first:d Ask', 'second:b Ask', 'second:c Ask'];
  const paged: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = engine.listWaitingTasks({ maxResults: 1, ...(nextToken !== undefined && { nextToken }) });
    paged.push(...names(page));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  assert.deepEqual(paged, all);
  assert.deepEqual(names(engine.listWaitingTasks({ stateMachineArn: second })), all.slice(2));
  assert.deepEqual(names(engine.listWaitingTasks({ executionArn: third })), ['first:d Ask']);
  assert.throws(() => engine.listWaitingTasks({ nextToken: 'bm8' }), { name: 'InvalidToken' });
  assert.throws(() => engine.listWaitingTasks({ stateMachineArn: `${first}x` }), { name: 'StateMachineDoesNotExist' });
  await engine.close();
});

test('a task is listed with its times as long as it waits, and its id is no token', async () => {
  const { engine, clock, tokens, create, start, waiting } = await world();
  const beating = { ...ask, TimeoutSeconds: 60, HeartbeatSeconds: 20 };
  const executionArn = await start(await create('m', { StartAt: 'Ask', States: { Ask: beating } }), 'e');
  const began = clock.now();
  const [task] = await waiting(1);
  assert.ok(task);
  const { taskId, ...rest } = task;
  assert.deepEqual(rest, {
    executionArn,
    stateName: 'Ask',
    resource: ask.Resource,
    sinceMs: began,
    timeoutAtMs: began + 60_000,
    heartbeatByMs: began + 20_000,
  });
  await assert.rejects(engine.sendTaskSuccess(taskId, '{}'), { name: 'InvalidToken' });
  assert.throws(() => engine.taskTokenOf(tokens[0] ?? ''), { name: 'InvalidToken' });
  const taskToken = engine.taskTokenOf(taskId);
  assert.equal(taskToken, tokens[0]);
  clock.advance(5_000);
  await engine.sendTaskHeartbeat(taskToken);
  assert.equal(engine.listWaitingTasks({}).items[0]?.heartbeatByMs, began + 25_000);
  await engine.sendTaskSuccess(taskToken, '{}');
  assert.deepEqual(engine.listWaitingTasks({}).items, []);
  await assert.rejects(engine.sendTaskSuccess(engine.taskTokenOf(taskId), '{}'), { name: 'TaskTimedOut' });
  await engine.close();
});

test('what waits is listed and answered under the same id by the next process', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'waiting-tasks-'));
  const file = join(folder, 'executions.sqlite');
  const first = await world(openSyncedInTurn(file));
  const executionArn = await first.start(await first.create('m', asking), 'e');
  const before = await first.waiting(1);
  await first.engine.close();
  const { engine } = await world(openSyncedInTurn(file));
  assert.deepEqual(engine.listWaitingTasks({}).items, before);
  await engine.sendTaskSuccess(engine.taskTokenOf(before[0]?.taskId ?? ''), '1');
  assert.equal(engine.describeExecution(executionArn).output, '1');
  await engine.close();
  rmSync(folder, { recursive: true });
});

test("an activity's task waits before a worker has it and after, and each branch by itself", async () => {
  const { engine, create, start, waiting } = await world();
  const { activityArn } = await engine.createActivity({ name: 'pack' });
  const pack = { StartAt: 'Pack', States: { Pack: { Type: 'Task', Resource: activityArn, End: true } } };
  const both = { Type: 'Parallel', Branches: [pack, asking], End: true };
  await start(await create('m', { StartAt: 'Both', TimeoutSeconds: 90, States: { Both: both } }), 'e');
  const states = (await waiting(2)).map(({ stateName, timeoutAtMs, sinceMs }) => [
    stateName,
    (timeoutAtMs ?? 0) - sinceMs,
  ]);
  assert.deepEqual(Object.fromEntries(states), { Ask: 90_000, Pack: 90_000 });
  const taken = await engine.getActivityTask({ activityArn });
  assert.equal(engine.listWaitingTasks({}).items.length, 2);
  await engine.sendTaskSuccess(taken?.taskToken ?? '', '{}');
  assert.deepEqual(names(engine.listWaitingTasks({})), ['m:e Ask']);
  await engine.close();
});

test('an execution that is stopped has nothing that waits', async () => {
  const { engine, create, start, waiting } = await world();
  const executionArn = await start(await create('m', asking), 'e');
  await waiting(1);
  await engine.stopExecution({ executionArn });
  assert.deepEqual(engine.listWaitingTasks({}), { items: [] });
  await engine.close();
});

test('tokens are hidden wherever they stand, and nothing that only looks like one', async () => {
  const { engine, tokens, create, start, waiting } = await world();
  const executionArn = await start(await create('m', asking), 'e');
  const [task] = await waiting(1);
  const [token = ''] = tokens;
  const { eventsText } = engine.getExecutionHistory({ executionArn });
  assert.ok(eventsText.includes(token));
  assert.ok(!engine.hideTaskTokens(eventsText, '…').includes(token));
  const likeOne = `AQA${'x'.repeat(token.length - 3)}`;
  const text = `AQA${token}${likeOne} ${task?.taskId}\n${token}`;
  assert.equal(engine.hideTaskTokens(text, '…'), `AQA…${likeOne} ${task?.taskId}\n…`);
  await engine.close();
});

test('executions are counted by status up to a bound, and the latest are told', async () => {
  const { engine, clock, create, start, waiting } = await world();
  const stateMachineArn = await create('m', asking);
  for (const name of ['a', 'b', 'c']) {
    await start(stateMachineArn, name);
    clock.advance(1_000);
  }
  const [first] = await waiting(3);
  await engine.sendTaskSuccess(engine.taskTokenOf(first?.taskId ?? ''), '{}');
  const now = clock.now();
  assert.deepEqual(engine.summarizeExecutions({ stateMachineArn, countedMax: 10, recent: 2 }), {
    counts: { RUNNING: 2, SUCCEEDED: 1 },
    recent: [
      { status: 'RUNNING', startDateMs: now - 1_000 },
      { status: 'RUNNING', startDateMs: now - 2_000 },
    ],
  });
  assert.deepEqual(engine.summarizeExecutions({ stateMachineArn, countedMax: 1, recent: 0 }).counts, {
    RUNNING: 1,
    SUCCEEDED: 1,
  });
  await engine.close();
});
