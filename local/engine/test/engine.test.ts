import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  memoryExecutionStore,
  openEngine,
  seededEntropy,
  SteppedClock,
  type Engine,
  type EngineOptions,
  type TaskCall,
  type TaskHandler,
} from '../src/index.ts';
import { openSyncedInTurn } from './around-transactions.ts';

const folder = mkdtempSync(join(tmpdir(), 'engine-'));
after(() => rmSync(folder, { recursive: true }));
let files = 0;

const where = { region: 'us-east-1', accountId: '000000000000' };
const DAY_MS = 86_400_000;

/** Process, wait for a token, complete: the shape of an order, in three states. */
const order = {
  StartAt: 'Process',
  States: {
    Process: { Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:000000000000:function:process', Next: 'Ask' },
    Ask: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Parameters: { FunctionName: 'ask', Payload: { 'token.$': '$$.Task.Token' } },
      TimeoutSeconds: 259_200,
      ResultPath: '$.answer',
      Catch: [{ ErrorEquals: ['States.Timeout'], ResultPath: null, Next: 'Expired' }],
      Next: 'Complete',
    },
    Complete: { Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:000000000000:function:complete', End: true },
    Expired: { Type: 'Pass', Result: 'expired', End: true },
  },
};

/** Answers calls with their own parameters, and keeps the tokens that it is asked to keep. */
class Worker {
  readonly tokens: string[] = [];
  readonly calls: string[] = [];
  readonly handle: TaskHandler = (call: TaskCall) => {
    this.calls.push(call.stateName);
    const { Payload } = call.parameters as { Payload?: { token?: string } };
    if (Payload?.token !== undefined) this.tokens.push(Payload.token);
    return Promise.resolve({ output: call.parameters });
  };
}

interface Bench {
  readonly engine: Engine;
  readonly worker: Worker;
  readonly clock: SteppedClock;
  readonly machine: string;
}

async function bench(options: Partial<EngineOptions> = {}, definition: object = order): Promise<Bench> {
  const worker = new Worker();
  const clock = new SteppedClock();
  const engine = openEngine({
    store: memoryExecutionStore(),
    taskHandler: worker.handle,
    clock,
    entropy: seededEntropy(1),
    ...where,
    ...options,
  });
  const { stateMachineArn } = await engine.createStateMachine({
    name: 'orders',
    definition: JSON.stringify(definition),
    roleArn: 'arn:aws:iam::000000000000:role/r',
  });
  return { engine, worker, clock, machine: stateMachineArn };
}

/** Lets everything that is due now happen. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await nextTurn();
}

function typesOf(engine: Engine, executionArn: string): string[] {
  return (
    JSON.parse(engine.getExecutionHistory({ executionArn, maxResults: 1000 }).eventsText) as { type: string }[]
  ).map(({ type }) => type);
}

test('an order pauses until its token comes back, and completes', async () => {
  const { engine, worker, machine } = await bench();
  const { executionArn } = await engine.startExecution({ stateMachineArn: machine, name: 'one', input: '{"id":1}' });
  await settle();
  assert.equal(engine.describeExecution(executionArn).status, 'RUNNING');
  assert.deepEqual(worker.calls, ['Process', 'Ask']);
  await engine.sendTaskSuccess(worker.tokens[0] ?? '', '{"decision":"confirm"}');
  await settle();
  const ended = engine.describeExecution(executionArn);
  assert.deepEqual([ended.status, ended.output], ['SUCCEEDED', '{"id":1,"answer":{"decision":"confirm"}}']);
  await engine.close();
});

test('the second answer, whatever it says, finds the task closed; a token that was never made is invalid', async () => {
  const { engine, worker, machine } = await bench();
  await engine.startExecution({ stateMachineArn: machine });
  await settle();
  const token = worker.tokens[0] ?? '';
  const answers = await Promise.allSettled([
    engine.sendTaskSuccess(token, '1'),
    engine.sendTaskSuccess(token, '1'),
    engine.sendTaskFailure(token, { error: 'No' }),
    engine.sendTaskHeartbeat(token),
  ]);
  assert.deepEqual(
    answers.map((answer) => (answer.status === 'fulfilled' ? 'accepted' : (answer.reason as Error).name)),
    ['accepted', 'TaskTimedOut', 'TaskTimedOut', 'TaskTimedOut'],
  );
  const flipped = `${token.slice(0, 20)}${token[20] === 'A' ? 'B' : 'A'}${token.slice(21)}`;
  for (const never of ['x', flipped, `${token}A`, token.slice(1)]) {
    await assert.rejects(engine.sendTaskSuccess(never, '1'), { name: 'InvalidToken' });
  }
  await engine.close();
});

test('an order nobody confirms expires after three days, to the millisecond and never early', async () => {
  const { engine, clock, machine } = await bench();
  const { executionArn } = await engine.startExecution({ stateMachineArn: machine });
  await settle();
  clock.advance(3 * DAY_MS - 1);
  await settle();
  assert.equal(engine.describeExecution(executionArn).status, 'RUNNING');
  clock.advance(1);
  await settle();
  assert.equal(engine.describeExecution(executionArn).output, '"expired"');
  await engine.close();
});

test('an answer and the deadline at the same instant have one outcome', async () => {
  const { engine, worker, clock, machine } = await bench();
  const { executionArn } = await engine.startExecution({ stateMachineArn: machine });
  await settle();
  const answer = engine.sendTaskSuccess(worker.tokens[0] ?? '', '1');
  clock.advance(3 * DAY_MS);
  await answer;
  await settle();
  assert.deepEqual(
    typesOf(engine, executionArn).filter((type) => /TaskSucceeded|TimedOut/.test(type)),
    ['TaskSucceeded'],
  );
  await engine.close();
});

test('the same start again is the same execution; another input, or a name that is used up, is refused', async () => {
  const { engine, worker, machine } = await bench();
  const request = { stateMachineArn: machine, name: 'one', input: '{"id":1}' };
  const answers = await Promise.all(Array.from({ length: 100 }, () => engine.startExecution(request)));
  assert.equal(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1);
  await assert.rejects(engine.startExecution({ ...request, input: '{"id": 1}' }), { name: 'ExecutionAlreadyExists' });
  await settle();
  await engine.sendTaskSuccess(worker.tokens[0] ?? '', '1');
  await settle();
  await assert.rejects(engine.startExecution(request), { name: 'ExecutionAlreadyExists' });
  assert.equal(engine.listExecutions({ stateMachineArn: machine }).items.length, 1);
  await engine.close();
});

test('many calls share one commit', async () => {
  const store = memoryExecutionStore();
  const { engine, machine } = await bench({ store });
  const before = store.commits;
  await Promise.all(Array.from({ length: 200 }, () => engine.startExecution({ stateMachineArn: machine })));
  // A slow machine may need a few: a transaction takes no more works when they have taken long.
  assert.ok(store.commits - before <= 20, `${store.commits - before} commits for 200 starts`);
  await engine.close();
});

test('a process that died is taken up where it stood: waits wait, timers fire, lost attempts fail with a client error', async () => {
  const file = join(folder, `${files++}.sqlite`);
  const retrying = structuredClone(order) as typeof order & { States: { Process: object } };
  Object.assign(retrying.States.Process, {
    Retry: [{ ErrorEquals: ['Lambda.SdkClientException'], IntervalSeconds: 1 }],
  });
  const worker = new Worker();
  const clock = new SteppedClock();
  let hang = false;
  const taskHandler: TaskHandler = (call, signal) => (hang ? new Promise(() => {}) : worker.handle(call, signal));
  const first = await bench({ store: openSyncedInTurn(file), taskHandler, clock }, retrying);
  const waiting = await first.engine.startExecution({ stateMachineArn: first.machine, name: 'waiting' });
  await settle();
  hang = true;
  const lost = await first.engine.startExecution({ stateMachineArn: first.machine, name: 'lost' });
  await settle();
  // The first engine is left as a dead process leaves it: nothing is closed, nothing is said.

  hang = false;
  const later = new SteppedClock(clock.now() + 60_000);
  const second = openEngine({ store: openSyncedInTurn(file), taskHandler, clock: later, ...where });
  await settle();
  assert.deepEqual(typesOf(second, lost.executionArn).slice(-1), ['LambdaFunctionFailed']);
  later.advance(1000);
  await settle();
  await second.sendTaskSuccess(worker.tokens[0] ?? '', '1');
  await settle();
  assert.equal(second.describeExecution(waiting.executionArn).status, 'SUCCEEDED');
  await second.sendTaskSuccess(worker.tokens[1] ?? '', '2');
  await settle();
  assert.equal(second.describeExecution(lost.executionArn).status, 'SUCCEEDED');
  await second.close();
});

test('a timer that came due while nobody ran fires at once', async () => {
  const file = join(folder, `${files++}.sqlite`);
  const clock = new SteppedClock();
  const first = await bench({ store: openSyncedInTurn(file), clock });
  const { executionArn } = await first.engine.startExecution({ stateMachineArn: first.machine });
  await settle();
  const second = openEngine({
    store: openSyncedInTurn(file),
    taskHandler: new Worker().handle,
    clock: new SteppedClock(clock.now() + 4 * DAY_MS),
    ...where,
  });
  await settle();
  assert.equal(second.describeExecution(executionArn).output, '"expired"');
  await second.close();
});

test('a stop loses no attempt: what was asked for and not begun is made by the next process', async () => {
  const file = join(folder, `${files++}.sqlite`);
  const { promise: finished, resolve: finish } = Promise.withResolvers<void>();
  const slow: TaskHandler = async (call) => {
    await finished;
    return { output: call.parameters };
  };
  const first = await bench({ store: openSyncedInTurn(file), taskHandler: slow });
  const { executionArn } = await first.engine.startExecution({ stateMachineArn: first.machine });
  await settle();
  const closed = first.engine.close();
  finish();
  await closed;

  const worker = new Worker();
  const second = openEngine({
    store: openSyncedInTurn(file),
    taskHandler: worker.handle,
    clock: first.clock,
    ...where,
  });
  await settle();
  assert.deepEqual(worker.calls, ['Ask']);
  assert.ok(!typesOf(second, executionArn).some((type) => type.endsWith('Failed')));
  await second.close();
});

test('an update reaches the executions that start after it, and none before', async () => {
  const { engine, worker, machine } = await bench();
  const before = await engine.startExecution({ stateMachineArn: machine });
  await settle();
  const changed = { StartAt: 'Only', States: { Only: { Type: 'Pass', Result: 'new', End: true } } };
  await engine.updateStateMachine({ stateMachineArn: machine, definition: JSON.stringify(changed) });
  const after_ = await engine.startExecution({ stateMachineArn: machine });
  await engine.sendTaskSuccess(worker.tokens[0] ?? '', '1');
  await settle();
  assert.equal(engine.describeExecution(after_.executionArn).output, '"new"');
  assert.equal(engine.describeExecution(before.executionArn).output, '{"answer":1}');
  assert.equal(engine.describeStateMachineForExecution(before.executionArn).definition, JSON.stringify(order));
  await engine.close();
});

test('a deleted state machine ends with its last execution', async () => {
  const { engine, worker, machine } = await bench();
  const { executionArn } = await engine.startExecution({ stateMachineArn: machine });
  await settle();
  await engine.deleteStateMachine(machine);
  assert.equal(engine.describeStateMachine(machine).status, 'DELETING');
  await assert.rejects(engine.startExecution({ stateMachineArn: machine }), { name: 'StateMachineDeleting' });
  await engine.sendTaskSuccess(worker.tokens[0] ?? '', '1');
  await settle();
  assert.throws(() => engine.describeStateMachine(machine), { name: 'StateMachineDoesNotExist' });
  assert.equal(engine.describeExecution(executionArn).status, 'SUCCEEDED');
  await engine.close();
});

test('a stopped execution tells its call, and its token is closed', async () => {
  let aborted = false;
  const never: TaskHandler = (_call, signal) =>
    new Promise(() => signal.addEventListener('abort', () => (aborted = true)));
  const { engine, machine } = await bench({ taskHandler: never });
  const { executionArn } = await engine.startExecution({ stateMachineArn: machine });
  await settle();
  await engine.stopExecution({ executionArn, error: 'Enough' });
  assert.equal(aborted, true);
  assert.equal(engine.describeExecution(executionArn).status, 'ABORTED');
  assert.deepEqual(typesOf(engine, executionArn).slice(-1), ['ExecutionAborted']);
  await engine.close();
});

test('a history is read page by page in both directions, and without data where that is asked', async () => {
  const { engine, machine } = await bench();
  const { executionArn } = await engine.startExecution({
    stateMachineArn: machine,
    input: '{"secret":"in the input"}',
  });
  await settle();
  const whole = JSON.parse(engine.getExecutionHistory({ executionArn }).eventsText) as { id: number }[];
  for (const reverseOrder of [false, true]) {
    const ids: number[] = [];
    let nextToken: string | undefined;
    do {
      const page = engine.getExecutionHistory({
        executionArn,
        reverseOrder,
        maxResults: 2,
        ...(nextToken !== undefined && { nextToken }),
      });
      ids.push(...(JSON.parse(page.eventsText) as { id: number }[]).map(({ id }) => id));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    const expected = whole.map(({ id }) => id);
    assert.deepEqual(ids, reverseOrder ? expected.toReversed() : expected);
  }
  assert.doesNotMatch(engine.getExecutionHistory({ executionArn, includeExecutionData: false }).eventsText, /secret/);
  assert.throws(() => engine.getExecutionHistory({ executionArn, nextToken: 'made up' }), { name: 'InvalidToken' });
  await engine.close();
});

test('what the log is told holds no payload and no token', async () => {
  const lines: string[] = [];
  const { engine, worker, machine } = await bench({
    log: (event, fields) => lines.push(`${event} ${JSON.stringify(fields)}`),
  });
  await engine.startExecution({ stateMachineArn: machine, input: '{"secret":"in the input"}' });
  await settle();
  const token = worker.tokens[0] ?? '';
  await engine.sendTaskFailure(token, { error: 'Refused', cause: 'a secret cause' });
  await settle();
  const said = lines.join('\n');
  for (const event of ['execution.started', 'task.waiting', 'task.failed', 'execution.failed'])
    assert.match(said, new RegExp(event));
  assert.doesNotMatch(said, /secret/);
  assert.ok(!said.includes(token));
  await engine.close();
});

const activityArn = 'arn:aws:states:us-east-1:000000000000:activity:pack';
const packing = {
  StartAt: 'Pack',
  States: { Pack: { Type: 'Task', Resource: activityArn, TimeoutSeconds: 60, HeartbeatSeconds: 10, End: true } },
};

test('a task of an activity goes to one worker, first come first served, and waits for a worker if there is none', async () => {
  const { engine, machine } = await bench({}, packing);
  await engine.createActivity({ name: 'pack' });
  const early = engine.getActivityTask({ activityArn, workerName: 'early' });
  await settle();
  const { executionArn } = await engine.startExecution({ stateMachineArn: machine, input: '{"n":1}' });
  await settle();
  const task = await early;
  assert.equal(task?.input, '{"n":1}');
  const hungUp = new AbortController();
  const none = engine.getActivityTask({ activityArn, signal: hungUp.signal });
  await settle();
  hungUp.abort();
  assert.equal(await none, undefined);
  await engine.sendTaskSuccess(task.taskToken, '"packed"');
  await settle();
  assert.equal(engine.describeExecution(executionArn).output, '"packed"');
  await engine.close();
});

test('a task that nobody took in time is over, and no worker gets it afterwards', async () => {
  const { engine, machine, clock } = await bench({}, packing);
  await engine.createActivity({ name: 'pack' });
  const { executionArn } = await engine.startExecution({ stateMachineArn: machine });
  await settle();
  clock.advance(60_000);
  await settle();
  assert.equal(engine.describeExecution(executionArn).error, 'States.Timeout');
  const hungUp = new AbortController();
  const none = engine.getActivityTask({ activityArn, signal: hungUp.signal });
  await settle();
  hungUp.abort();
  assert.equal(await none, undefined);
  await engine.close();
});

test('a task that starts an execution waits for its end, also over the death of the process', async () => {
  const file = join(folder, `${files++}.sqlite`);
  const parentOf = (child: string): object => ({
    StartAt: 'Run',
    States: {
      Run: {
        Type: 'Task',
        Resource: 'arn:aws:states:::states:startExecution.sync:2',
        Parameters: { StateMachineArn: child, Input: { 'n.$': '$.n' } },
        End: true,
      },
    },
  });
  const first = await bench({ store: openSyncedInTurn(file) });
  const parent = await first.engine.createStateMachine({
    name: 'parent',
    definition: JSON.stringify(parentOf(first.machine)),
    roleArn: 'arn:aws:iam::000000000000:role/r',
  });
  const { executionArn } = await first.engine.startExecution({
    stateMachineArn: parent.stateMachineArn,
    input: '{"n":7}',
  });
  await settle();
  assert.deepEqual(typesOf(first.engine, executionArn).slice(-1), ['TaskSubmitted']);

  const second = openEngine({
    store: openSyncedInTurn(file),
    taskHandler: first.worker.handle,
    clock: first.clock,
    ...where,
  });
  await second.sendTaskSuccess(first.worker.tokens[0] ?? '', '"yes"');
  await settle();
  const { output } = JSON.parse(JSON.stringify(second.describeExecution(executionArn))) as { output: string };
  const { Output } = JSON.parse(output) as { Output: object };
  assert.deepEqual(Output, { n: 7, answer: 'yes' });
  await second.close();
});
