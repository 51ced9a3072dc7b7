import assert from 'node:assert/strict';
import { test } from 'node:test';
import { journeyOf, summariesOf } from '../src/page/workflows/visits.ts';
import type { ExecutionStatus, HistoryEvent } from '../src/page/workflows/workflow.ts';

/** Events as the engine writes them: type, the event before, and details. */
function history(...events: readonly (readonly [type: string, previous: number, details?: object])[]): HistoryEvent[] {
  return events.map(([type, previousEventId, details], index) => ({
    id: index + 1,
    previousEventId,
    timestamp: index,
    type,
    ...(details && { [`${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`]: details }),
  }));
}

function told(events: HistoryEvent[], status: ExecutionStatus): string[] {
  return journeyOf(events, status).visits.map(
    ({ state, status: visit, attempts, depth, errors }) =>
      `${'  '.repeat(depth)}${state} ${visit} ${attempts}${errors.map(({ error }) => ` ${error}`).join('')}`,
  );
}

test('a state that is retried tells its attempts and errors, and the way is what was left before', () => {
  const events = history(
    ['ExecutionStarted', 0],
    ['PassStateEntered', 0, { name: 'A', input: '{}' }],
    ['PassStateExited', 2, { name: 'A', output: '1' }],
    ['TaskStateEntered', 3, { name: 'B' }],
    ['TaskScheduled', 4],
    ['TaskStarted', 5],
    ['TaskFailed', 6, { error: 'Busy', cause: 'later' }],
    ['TaskScheduled', 7],
    ['TaskStarted', 8],
    ['TaskSubmitted', 9],
  );
  assert.deepEqual(told(events, 'RUNNING'), ['A succeeded 0', 'B waiting 2 Busy']);
  assert.deepEqual(told(events, 'ABORTED'), ['A succeeded 0', 'B aborted 2 Busy']);
  const { ways, visits } = journeyOf(events, 'RUNNING');
  assert.deepEqual(ways, [
    [undefined, 'A'],
    ['A', 'B'],
  ]);
  assert.deepEqual([visits[0]?.input, visits[0]?.output, visits[0]?.leftAtMs], ['{}', '1', 2_000]);
  assert.deepEqual(summariesOf(visits).get('B'), { status: 'waiting', visits: 1, attempts: 2, error: 'Busy' });
});

test('an activity’s task waits until a worker takes it, and a Wait state until its time', () => {
  const events = history(
    ['ExecutionStarted', 0],
    ['WaitStateEntered', 0, { name: 'A' }],
    ['WaitStateExited', 2, { name: 'A' }],
    ['TaskStateEntered', 3, { name: 'B' }],
    ['ActivityScheduled', 4],
    ['ActivityStarted', 5],
  );
  assert.deepEqual(told(events.slice(0, 2), 'RUNNING'), ['A waiting 0']);
  assert.deepEqual(told(events.slice(0, 5), 'RUNNING'), ['A succeeded 0', 'B waiting 1']);
  assert.deepEqual(told(events, 'RUNNING'), ['A succeeded 0', 'B running 1']);
});

test('what goes on after an error has caught it, and a Fail state fails', () => {
  const events = history(
    ['ExecutionStarted', 0],
    ['TaskStateEntered', 0, { name: 'A' }],
    ['LambdaFunctionScheduled', 2],
    ['LambdaFunctionFailed', 3, { error: 'Boom' }],
    ['TaskStateExited', 4, { name: 'A' }],
    ['FailStateEntered', 5, { name: 'Give up' }],
    ['ExecutionFailed', 6, { error: 'E' }],
  );
  assert.deepEqual(told(events, 'FAILED'), ['A caught 1 Boom', 'Give up failed 0']);
});

test('branches are told apart, and what a failed one breaks off is aborted', () => {
  const events = history(
    ['ExecutionStarted', 0],
    ['ParallelStateEntered', 0, { name: 'Both' }],
    ['ParallelStateStarted', 2],
    ['TaskStateEntered', 3, { name: 'Left' }],
    ['TaskScheduled', 4],
    ['WaitStateEntered', 3, { name: 'Right' }],
    ['TaskFailed', 5, { error: 'Boom' }],
    ['TaskStateAborted', 7],
    ['WaitStateAborted', 6],
    ['ParallelStateFailed', 7],
    ['ExecutionFailed', 10, { error: 'Boom' }],
  );
  assert.deepEqual(told(events, 'FAILED'), ['Both failed 1', '  Left failed 1 Boom', '  Right aborted 0']);
  assert.deepEqual(journeyOf(events, 'FAILED').ways, [[undefined, 'Both']]);
});

test('a Parallel within another one fails before that does', () => {
  const events = history(
    ['ExecutionStarted', 0],
    ['ParallelStateEntered', 0, { name: 'Outer' }],
    ['ParallelStateStarted', 2],
    ['ParallelStateEntered', 3, { name: 'Inner' }],
    ['ParallelStateStarted', 4],
    ['FailStateEntered', 5, { name: 'Fail' }],
    ['ParallelStateFailed', 6],
    ['ParallelStateFailed', 7],
    ['ParallelStateExited', 8, { name: 'Outer' }],
    ['SucceedStateEntered', 9, { name: 'Done' }],
    ['SucceedStateExited', 10, { name: 'Done' }],
    ['ExecutionSucceeded', 11],
  );
  const [outer, inner, , done] = told(events, 'SUCCEEDED');
  assert.deepEqual([outer, inner, done], ['Outer caught 1', '  Inner failed 1', 'Done succeeded 0']);
});

test('each iteration of a Map is a visit, and the way after it leads on from the Map', () => {
  const events = history(
    ['ExecutionStarted', 0],
    ['MapStateEntered', 0, { name: 'Each' }],
    ['MapStateStarted', 2, { length: 2 }],
    ['MapIterationStarted', 3, { name: 'Each', index: 0 }],
    ['PassStateEntered', 4, { name: 'One' }],
    ['PassStateExited', 5, { name: 'One' }],
    ['MapIterationSucceeded', 6, { name: 'Each', index: 0 }],
    ['MapIterationStarted', 3, { name: 'Each', index: 1 }],
    ['PassStateEntered', 8, { name: 'One' }],
    ['PassStateExited', 9, { name: 'One' }],
    ['MapIterationSucceeded', 10, { name: 'Each', index: 1 }],
    ['MapStateSucceeded', 11],
    ['MapStateExited', 11, { name: 'Each' }],
    ['PassStateEntered', 13, { name: 'Last' }],
  );
  assert.deepEqual(told(events, 'RUNNING'), [
    'Each succeeded 1',
    '  One succeeded 0',
    '  One succeeded 0',
    'Last running 0',
  ]);
  assert.deepEqual(journeyOf(events, 'RUNNING').ways.at(-1), ['Each', 'Last']);
});

test('a state that a redrive continues goes on where it had ended', () => {
  const before = [
    ['ExecutionStarted', 0],
    ['TaskStateEntered', 0, { name: 'A' }],
    ['TaskScheduled', 2],
    ['TaskFailed', 3, { error: 'Boom' }],
    ['ExecutionFailed', 4, { error: 'Boom' }],
  ] as const;
  assert.deepEqual(told(history(...before), 'FAILED'), ['A failed 1 Boom']);
  const events = history(
    ...before,
    ['ExecutionRedriven', 5],
    ['TaskScheduled', 6],
    ['TaskSucceeded', 7],
    ['TaskStateExited', 8, { name: 'A' }],
  );
  assert.deepEqual(told(events, 'RUNNING'), ['A succeeded 2 Boom']);
});

test('where the events between are not read, nothing is made up of them', () => {
  const events = history(
    ['ExecutionStarted', 0],
    ['PassStateEntered', 0, { name: 'A' }],
    ['PassStateExited', 2, { name: 'A' }],
    ['PassStateEntered', 3, { name: 'B' }],
    ['PassStateExited', 4, { name: 'B' }],
    ['SucceedStateEntered', 5, { name: 'C' }],
  );
  const { ways, visits } = journeyOf([...events.slice(0, 2), ...events.slice(5)], 'RUNNING');
  assert.deepEqual(ways, [[undefined, 'A']]);
  assert.deepEqual(
    visits.map(({ state }) => state),
    ['A', 'C'],
  );
});
