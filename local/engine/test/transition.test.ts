import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json, State, StateMachineDefinition } from '../../asl/src/index.ts';
import { effectOf, type Execution } from '../src/execution.ts';
import type { HistoryEvent } from '../src/history-event.ts';
import type { SignalBody } from '../src/signal.ts';
import type { Outcome } from '../src/step.ts';
import { transition } from '../src/transition.ts';

const START_MS = Date.UTC(2026, 0, 1);
const SECOND_MS = 1000;

const callback: State = {
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
  Parameters: { FunctionName: 'ask', Payload: { 'Token.$': '$$.Task.Token' } },
  TimeoutSeconds: 60,
  HeartbeatSeconds: 10,
  End: true,
};
const lambda = 'arn:aws:lambda:us-east-1:000000000000:function:work';

const askNobody = (): never => assert.fail('no state here has an expression');

/** Runs a machine of these states through the signals, each so many seconds after the start. */
function play(definition: StateMachineDefinition, input: Json, ...signals: readonly [number, SignalBody][]): Played {
  let execution: Execution = {
    executionArn: 'arn:aws:states:us-east-1:000000000000:execution:m:e',
    name: 'e',
    stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:m',
    stateMachineName: 'm',
    roleArn: 'arn:aws:iam::000000000000:role/r',
    input,
    startedAtMs: START_MS,
    deadlineMs: START_MS + 31_536_000 * SECOND_MS,
    redriveCount: 0,
    status: 'RUNNING',
    lastEventId: 0,
    lastEffectId: 0,
    lastFrameId: 0,
    frames: [],
  };
  const program = {
    definition,
    mintTaskToken: (effectId: number) => `token-${effectId}`,
    evaluate: askNobody,
    parameterFault: () => undefined,
    activityExists: () => true,
  };
  const events: HistoryEvent[] = [];
  let last: Outcome | undefined;
  for (const [seconds, body] of [[0, { type: 'ExecutionStarted' }] as const, ...signals]) {
    last = transition(program, execution, { ...body, at: START_MS + seconds * SECOND_MS, entropy: [1, 2, 3, 4] });
    execution = last?.execution ?? execution;
    events.push(...(last?.events ?? []));
  }
  return { execution, events, last, types: events.map(({ type }) => type) };
}

interface Played {
  readonly execution: Execution;
  readonly events: readonly HistoryEvent[];
  readonly last: Outcome | undefined;
  readonly types: readonly string[];
}

function machine(first: State, others: Readonly<Record<string, State>> = {}): StateMachineDefinition {
  return { StartAt: 'First', States: { First: first, ...others } };
}

const waiting = ['ExecutionStarted', 'TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskSubmitted'];

test('a run of states that need nobody is one transition', () => {
  const { types, execution } = play(
    machine({ Type: 'Pass', Result: { a: 1 }, Next: 'Done' }, { Done: { Type: 'Succeed' } }),
    {},
  );
  assert.deepEqual(types, [
    'ExecutionStarted',
    'PassStateEntered',
    'PassStateExited',
    'SucceedStateEntered',
    'SucceedStateExited',
    'ExecutionSucceeded',
  ]);
  assert.equal(execution.ending?.output, '{"a":1}');
});

test('a task that waits for its token rests after its call returned, and goes on when the token does', () => {
  const { types, execution, events } = play(
    machine(callback),
    {},
    [1, { type: 'CallReturned', effectId: 1, output: { ok: true } }],
    [2, { type: 'TaskSucceeded', effectId: 1, output: 'yes' }],
  );
  assert.deepEqual(types, [...waiting, 'TaskSucceeded', 'TaskStateExited', 'ExecutionSucceeded']);
  assert.equal(execution.ending?.output, '"yes"');
  assert.match(JSON.stringify(events[2]), /token-1/);
});

test('an answer that comes before the call has returned ends the task, and the late return changes nothing', () => {
  const { types, last } = play(
    machine(callback),
    {},
    [1, { type: 'TaskSucceeded', effectId: 1, output: 'early' }],
    [2, { type: 'CallReturned', effectId: 1, output: {} }],
  );
  assert.deepEqual(types.slice(-3), ['TaskSucceeded', 'TaskStateExited', 'ExecutionSucceeded']);
  assert.equal(last, undefined);
});

test('a second answer changes nothing', () => {
  const { last } = play(
    machine({ ...callback, Next: 'Hold' }, { Hold: { Type: 'Wait', Seconds: 5, End: true } }),
    {},
    [1, { type: 'CallReturned', effectId: 1, output: {} }],
    [2, { type: 'TaskSucceeded', effectId: 1, output: 1 }],
    [3, { type: 'TaskSucceeded', effectId: 1, output: 1 }],
  );
  assert.equal(last, undefined);
});

test('a missed heartbeat is recorded as a timeout and caught as States.HeartbeatTimeout', () => {
  const state = { ...callback, Catch: [{ ErrorEquals: ['States.HeartbeatTimeout'], Next: 'Caught' }] } as State;
  const { types, execution } = play(
    machine(state, { Caught: { Type: 'Pass', End: true } }),
    {},
    [1, { type: 'CallReturned', effectId: 1, output: {} }],
    [10, { type: 'EffectDue', effectId: 1 }],
  );
  assert.ok(types.includes('TaskTimedOut'));
  assert.equal(execution.ending?.output, '{"Error":"States.Timeout","Cause":null}');
});

test('heartbeats keep a task alive until its timeout, which no heartbeat can move', () => {
  const beats = [9, 18, 27, 36, 45, 54].map(
    (at) => [at, { type: 'TaskHeartbeat', effectId: 1 }] as [number, SignalBody],
  );
  const state = { ...callback, Catch: [{ ErrorEquals: ['States.HeartbeatTimeout'], Next: 'First' }] } as State;
  const { execution, types } = play(
    machine(state),
    {},
    [1, { type: 'CallReturned', effectId: 1, output: {} }],
    ...beats,
    [60, { type: 'EffectDue', effectId: 1 }],
  );
  assert.equal(types.filter((type) => type.includes('Heartbeat')).length, 0);
  assert.deepEqual([execution.status, execution.ending?.error], ['FAILED', 'States.Timeout']);
});

test('each attempt has a token of its own, and the token of an attempt that is over opens nothing', () => {
  const retrying = { ...callback, Retry: [{ ErrorEquals: ['Boom'], IntervalSeconds: 2 }] } as State;
  const failed: [number, SignalBody][] = [
    [1, { type: 'TaskFailed', effectId: 1, error: 'Boom' }],
    [3, { type: 'EffectDue', effectId: 2 }],
  ];
  const { events } = play(machine(retrying), {}, ...failed);
  assert.match(JSON.stringify(events.at(-2)), /token-3/);
  assert.equal(
    play(machine(retrying), {}, ...failed, [4, { type: 'TaskSucceeded', effectId: 1, output: 1 }]).last,
    undefined,
  );
});

test('an attempt that was lost with its process fails with a client error that Retry may name', () => {
  const task: State = {
    Type: 'Task',
    Resource: lambda,
    Retry: [{ ErrorEquals: ['Lambda.SdkClientException'], IntervalSeconds: 1, MaxAttempts: 1 }],
    End: true,
  };
  const { types } = play(
    machine(task),
    {},
    [1, { type: 'AttemptLost', effectId: 1 }],
    [2, { type: 'EffectDue', effectId: 2 }],
    [3, { type: 'CallReturned', effectId: 3, output: 'done' }],
  );
  const attempt = ['LambdaFunctionScheduled', 'LambdaFunctionStarted'];
  assert.deepEqual(types.slice(2, -2), [...attempt, 'LambdaFunctionFailed', ...attempt, 'LambdaFunctionSucceeded']);
});

test('a wait for a token that was lost with its process goes on waiting', () => {
  const { last } = play(
    machine(callback),
    {},
    [1, { type: 'CallReturned', effectId: 1, output: {} }],
    [2, { type: 'AttemptLost', effectId: 1 }],
  );
  assert.equal(last, undefined);
});

test('nothing outlives the time of the execution', () => {
  const definition = { ...machine(callback), TimeoutSeconds: 5 };
  const running: Execution = { ...play(definition, {}).execution, deadlineMs: START_MS + 5 * SECOND_MS };
  const program = {
    definition,
    mintTaskToken: () => 't',
    evaluate: askNobody,
    parameterFault: () => undefined,
    activityExists: () => true,
  };
  const outcome = transition(program, running, {
    type: 'EffectDue',
    effectId: 1,
    at: START_MS + 5 * SECOND_MS,
    entropy: [0, 0, 0, 0],
  });
  assert.equal(outcome?.execution.status, 'TIMED_OUT');
  assert.deepEqual(outcome?.closed, [1]);
});

test('a definition that goes in circles takes breaths, and fails when its history is full', () => {
  const circle = machine({ Type: 'Pass', Next: 'Second' }, { Second: { Type: 'Pass', Next: 'First' } });
  let played = play(circle, {});
  const lengths = [played.events.length];
  const events = [...played.events];
  let { execution } = played;
  for (let turn = 0; execution.status === 'RUNNING'; turn++) {
    assert.ok(turn < 100, 'it ends');
    const [frame] = execution.frames;
    const effectId = frame === undefined ? -1 : (effectOf(frame) ?? -1);
    const outcome = transition(
      {
        definition: circle,
        mintTaskToken: () => 't',
        evaluate: askNobody,
        parameterFault: () => undefined,
        activityExists: () => true,
      },
      execution,
      {
        type: 'EffectDue',
        effectId,
        at: START_MS,
        entropy: [0, 0, 0, 0],
      },
    );
    assert.ok(outcome !== undefined);
    execution = outcome.execution;
    events.push(...outcome.events);
    lengths.push(outcome.events.length);
  }
  assert.equal(events.length, 25_000);
  assert.equal(events.at(-1)?.type, 'ExecutionFailed');
  assert.deepEqual(
    events.map(({ id }) => id),
    Array.from({ length: 25_000 }, (_, index) => index + 1),
  );
  assert.ok(Math.max(...lengths) < 500, 'no step is long');
  played = play(circle, {});
  assert.deepEqual(played.events, events.slice(0, played.events.length), 'the same signals give the same history');
});

test('a result of more than 262,144 bytes fails the task', () => {
  const { execution } = play(machine({ Type: 'Task', Resource: lambda, End: true }), {}, [
    1,
    { type: 'CallReturned', effectId: 1, output: 'é'.repeat(131_072) },
  ]);
  assert.deepEqual([execution.status, execution.ending?.error], ['FAILED', 'States.DataLimitExceeded']);
  const fits = play(machine({ Type: 'Task', Resource: lambda, End: true }), {}, [
    1,
    { type: 'CallReturned', effectId: 1, output: 'é'.repeat(131_071) },
  ]);
  assert.equal(fits.execution.status, 'SUCCEEDED');
});

test('a stopped execution is aborted with its reason, and whatever was open is closed', () => {
  const { execution, last } = play(machine(callback), {}, [
    1,
    { type: 'StopExecution', error: 'Stop', cause: 'because' },
  ]);
  assert.deepEqual(
    [execution.status, execution.ending?.error, execution.ending?.cause],
    ['ABORTED', 'Stop', 'because'],
  );
  assert.deepEqual(last?.closed, [1]);
});

const branches = (second: State): StateMachineDefinition =>
  machine(
    {
      Type: 'Parallel',
      Branches: [
        { StartAt: 'A', States: { A: { Type: 'Task', Resource: lambda, End: true } } },
        { StartAt: 'B', States: { B: second } },
      ],
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'Caught' }],
      End: true,
    },
    { Caught: { Type: 'Pass', End: true } },
  );

test('a Parallel state ends when its last branch does, with the results in the order of the branches', () => {
  const { execution } = play(
    branches({ Type: 'Wait', Seconds: 5, End: true }),
    { n: 1 },
    [5, { type: 'EffectDue', effectId: 2 }],
    [6, { type: 'CallReturned', effectId: 1, output: 'first' }],
  );
  assert.equal(execution.ending?.output, '["first",{"n":1}]');
});

test('a branch that fails breaks off the others, and closes what they had open', () => {
  const { execution, types, last } = play(branches({ Type: 'Wait', Seconds: 5, End: true }), {}, [
    1,
    { type: 'TaskFailed', effectId: 1, error: 'Boom', cause: 'it was loud' },
  ]);
  assert.equal(execution.ending?.output, '{"error":{"Error":"Boom","Cause":"it was loud"}}');
  assert.deepEqual(last?.closed.toSorted(), [1, 2]);
  assert.ok(types.includes('WaitStateAborted') && types.includes('ParallelStateFailed'));
});

test('a state that cannot be worked out fails the execution, whatever the states around it would catch', () => {
  const { execution } = play(branches({ Type: 'Pass', InputPath: '$.missing', End: true }), {});
  assert.deepEqual([execution.status, execution.ending?.error], ['FAILED', 'States.Runtime']);
});

function mapOver(concurrency: number, each: State): StateMachineDefinition {
  return machine({
    Type: 'Map',
    MaxConcurrency: concurrency,
    ItemProcessor: { StartAt: 'Each', States: { Each: each } },
    End: true,
  });
}

test('a Map runs no more iterations at a time than it may, and gives the results in the order of the items', () => {
  const each: State = { Type: 'Task', Resource: lambda, End: true };
  const begun = play(mapOver(2, each), ['a', 'b', 'c']);
  assert.equal(begun.types.filter((type) => type === 'MapIterationStarted').length, 2);
  const { execution } = play(
    mapOver(2, each),
    ['a', 'b', 'c'],
    [1, { type: 'CallReturned', effectId: 2, output: 'B' }],
    [2, { type: 'CallReturned', effectId: 3, output: 'C' }],
    [3, { type: 'CallReturned', effectId: 1, output: 'A' }],
  );
  assert.equal(execution.ending?.output, '["A","B","C"]');
});

test('an iteration knows its item and its place, also in the states within it', () => {
  const inner: State = {
    Type: 'Pass',
    Parameters: { 'at.$': '$$.Map.Item.Index', 'item.$': '$$.Map.Item.Value' },
    End: true,
  };
  const nested: State = { Type: 'Parallel', Branches: [{ StartAt: 'In', States: { In: inner } }], End: true };
  const { execution } = play(mapOver(0, nested), ['a', 'b']);
  assert.equal(execution.ending?.output, '[[{"at":0,"item":"a"}],[{"at":1,"item":"b"}]]');
});

test('a Map over nothing gives an empty list', () => {
  const { execution, types } = play(mapOver(0, { Type: 'Pass', End: true }), []);
  assert.equal(execution.ending?.output, '[]');
  assert.deepEqual(types.slice(2, -1), ['MapStateStarted', 'MapStateSucceeded', 'MapStateExited']);
});

test('a template that multiplies its input fails its state before it fills the memory', () => {
  const parameters = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`copy${index}.$`, '$']));
  const { execution } = play(machine({ Type: 'Pass', Parameters: parameters, End: true }), {
    text: 'x'.repeat(200_000),
  });
  assert.deepEqual([execution.status, execution.ending?.error], ['FAILED', 'States.DataLimitExceeded']);
});

test('a catcher that cannot be worked out fails its state, and is not asked to catch that', () => {
  const failing = (Catch: object): Played =>
    play(
      machine({ Type: 'Task', Resource: lambda, Catch: [Catch], End: true } as State, { Done: { Type: 'Succeed' } }),
      [],
      [1, { type: 'TaskFailed', effectId: 1, error: 'Boom' }],
    );
  // Nothing can be written into a list by name.
  const { execution, types } = failing({ ErrorEquals: ['States.ALL'], ResultPath: '$.failed', Next: 'Done' });
  assert.deepEqual([execution.status, execution.ending?.error], ['FAILED', 'States.ResultPathMatchFailure']);
  assert.equal(types.at(-1), 'ExecutionFailed');
});

/** The item that is no number cannot be worked with. */
function mapThatStumbles(concurrency: number, fields: object): StateMachineDefinition {
  return {
    StartAt: 'Each',
    States: {
      Each: {
        Type: 'Map',
        MaxConcurrency: concurrency,
        ItemSelector: { 'number.$': 'States.MathAdd($$.Map.Item.Value, 1)' },
        ItemProcessor: { StartAt: 'Work', States: { Work: { Type: 'Task', Resource: lambda, End: true } } },
        ...fields,
        Next: 'Done',
      },
      Rest: { Type: 'Wait', Seconds: 60, Next: 'Done' },
      Done: { Type: 'Succeed' },
    },
  };
}

const restAfterFailure = { Catch: [{ ErrorEquals: ['States.IntrinsicFailure'], Next: 'Rest' }] };

test('a Map that cannot begin its next iteration breaks off the others, and is caught', () => {
  const definition = mapThatStumbles(2, restAfterFailure);
  const { execution, types, last } = play(
    definition,
    [1, 2, 'no number'],
    [1, { type: 'CallReturned', effectId: 1, output: 'first' }],
  );
  assert.deepEqual(
    execution.frames.map(({ state }) => state),
    ['Rest'],
    'nothing is left of its iterations',
  );
  assert.deepEqual(last?.closed.toSorted(), [1, 2], 'and nothing of what they had open');
  assert.deepEqual(types.slice(-6), [
    'MapIterationSucceeded',
    'TaskStateAborted',
    'MapIterationAborted',
    'MapStateFailed',
    'MapStateExited',
    'WaitStateEntered',
  ]);
});

test('a Map that cannot even begin its first iterations runs none of them', () => {
  const { execution, types } = play(mapThatStumbles(0, restAfterFailure), [1, 'no number', 3]);
  assert.deepEqual(
    execution.frames.map(({ state }) => state),
    ['Rest'],
  );
  assert.equal(types.includes('TaskStateEntered'), false);
});

test('a Map that is tried again begins with none of the iterations that were broken off', () => {
  const retry = { Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 1, IntervalSeconds: 5 }] };
  const returned = { type: 'CallReturned', effectId: 1, output: 'first' } as const;
  const { execution } = play(mapThatStumbles(2, retry), [1, 2, 'no number'], [1, returned]);
  assert.deepEqual(
    execution.frames.map(({ activity }) => activity.kind),
    ['pausing before a retry'],
  );
});

test('variables of more than 10 MiB in all fail the state that would set them, before it is left', () => {
  const many = 50;
  const states = Object.fromEntries(
    Array.from({ length: many }, (_, index): [string, State] => [
      `Set ${index}`,
      {
        Type: 'Pass',
        Assign: { [`text${index}.$`]: '$.text' },
        ...(index + 1 < many ? { Next: `Set ${index + 1}` } : { End: true }),
      },
    ]),
  );
  let played = play({ StartAt: 'Set 0', States: states }, { text: 'x'.repeat(250_000) });
  for (let breath = 1; played.execution.status === 'RUNNING'; breath++) {
    assert.ok(breath < 100);
    const due = Array.from({ length: breath }, (_, index): [number, SignalBody] => [
      0,
      { type: 'EffectDue', effectId: index + 1 },
    ]);
    played = play({ StartAt: 'Set 0', States: states }, { text: 'x'.repeat(250_000) }, ...due);
  }
  const { execution, types } = played;
  assert.deepEqual([execution.status, execution.ending?.error], ['FAILED', 'States.DataLimitExceeded']);
  assert.equal(types.filter((type) => type === 'PassStateExited').length, 41);
  assert.deepEqual(types.slice(-2), ['PassStateEntered', 'ExecutionFailed']);
});
