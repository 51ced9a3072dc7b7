import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { graphMarks } from '../src/graph/graph-marks.ts';
import { NO_VISITS, withEvents } from '../src/state-visits.ts';

type Step = readonly [type: string, previousEventId: number, about?: string];

/** Events from 1 on, a second apart, about a state or an error. */
function eventsOf(steps: readonly Step[]): HistoryEvent[] {
  return steps.map(([type, previousEventId, about], index): HistoryEvent => {
    const base = { id: index + 1, previousEventId, type, timestamp: new Date(index * 1000) } as HistoryEvent;
    if (type.endsWith('StateEntered')) return { ...base, stateEnteredEventDetails: { name: about } };
    if (type.endsWith('StateExited')) return { ...base, stateExitedEventDetails: { name: about } };
    if (type === 'TaskSubmitted')
      return { ...base, taskSubmittedEventDetails: { resourceType: 'lambda', resource: about } };
    if (type === 'TaskFailed')
      return { ...base, taskFailedEventDetails: { resourceType: 'x', resource: 'y', error: about } };
    return base;
  });
}

function check(steps: readonly Step[], expected: readonly string[]): void {
  const { visits } = withEvents(NO_VISITS, eventsOf(steps));
  const shown = visits.map(({ name, status, parent, attempts, error }) =>
    [
      name,
      status,
      parent === undefined ? '' : `in ${visits[parent]?.name}`,
      attempts > 1 ? `${attempts} times` : '',
      error,
    ]
      .filter(Boolean)
      .join(', '),
  );
  assert.deepEqual(shown, expected);
}

const BRANCHES: Step[] = [
  ['ExecutionStarted', 0],
  ['ParallelStateEntered', 1, 'Both'],
  ['ParallelStateStarted', 2],
  ['WaitStateEntered', 3, 'Rest'],
  ['PassStateEntered', 3, 'Look'],
  ['PassStateExited', 5, 'Look'],
  ['FailStateEntered', 6, 'Give up'],
];

test('a task that failed and is called again is one visit, and waits when its call has returned', () => {
  const steps: Step[] = [
    ['ExecutionStarted', 0],
    ['TaskStateEntered', 1, 'Ask'],
    ['TaskScheduled', 2],
    ['TaskFailed', 3, 'Busy'],
    ['TaskScheduled', 4],
    ['TaskSubmitted', 5, 'invoke.waitForTaskToken'],
  ];
  check(steps, ['Ask, waits, 2 times, Busy']);
});

test('branches are inside of their Parallel, and states after each other are not inside of each other', () => {
  check(BRANCHES, ['Both, runs', 'Rest, runs, in Both', 'Look, left, in Both', 'Give up, runs, in Both']);
});

test('where a Catch takes over, what failed inside has failed, and the rest was aborted', () => {
  const caught: Step[] = [
    ['ParallelStateFailed', 7],
    ['ParallelStateExited', 8, 'Both'],
    ['PassStateEntered', 9, 'Repair'],
  ];
  check(
    [...BRANCHES, ...caught],
    ['Both, left', 'Rest, aborted, in Both', 'Look, left, in Both', 'Give up, failed, in Both', 'Repair, runs'],
  );
});

test('an execution that ends leaves nothing open, and a redrive opens that again which it goes on with', () => {
  const failed: Step[] = [...BRANCHES, ['ParallelStateFailed', 7], ['ExecutionFailed', 8]];
  check(failed, ['Both, failed', 'Rest, aborted, in Both', 'Look, left, in Both', 'Give up, failed, in Both']);
  check(
    [...failed, ['ExecutionRedriven', 9]],
    ['Both, runs', 'Rest, runs, in Both', 'Look, left, in Both', 'Give up, runs, in Both'],
  );
  const aborted: Step[] = [...BRANCHES, ['ExecutionAborted', 0]];
  check(aborted, ['Both, aborted', 'Rest, aborted, in Both', 'Look, left, in Both', 'Give up, aborted, in Both']);
});

test('iterations of a Map are inside of it, each on its own', () => {
  const steps: Step[] = [
    ['ExecutionStarted', 0],
    ['MapStateEntered', 1, 'Each'],
    ['MapStateStarted', 2],
    ['MapIterationStarted', 3],
    ['MapIterationStarted', 3],
    ['WaitStateEntered', 4, 'Rest'],
    ['WaitStateEntered', 5, 'Rest'],
    ['WaitStateExited', 6, 'Rest'],
    ['MapIterationSucceeded', 8],
  ];
  check(steps, ['Each, runs', 'Rest, left, in Each', 'Rest, runs, in Each']);
});

test('read in parts or at once, a history says the same', () => {
  const events = eventsOf([...BRANCHES, ['ParallelStateFailed', 7], ['ExecutionFailed', 8]]);
  const atOnce = withEvents(NO_VISITS, events);
  for (let cut = 0; cut <= events.length; cut += 1)
    assert.deepEqual(withEvents(withEvents(NO_VISITS, events.slice(0, cut)), events.slice(cut)), atOnce);
});

test('a drawing marks the ways that were taken, and of a state visited often what is the most to be known', () => {
  const steps: Step[] = [
    ['ExecutionStarted', 0],
    ['PassStateEntered', 1, 'A'],
    ['PassStateExited', 2, 'A'],
    ['ChoiceStateEntered', 3, 'B'],
    ['ChoiceStateExited', 4, 'B'],
    ['PassStateEntered', 5, 'A'],
  ];
  const { statuses, taken } = graphMarks(withEvents(NO_VISITS, eventsOf(steps)));
  assert.deepEqual(Object.fromEntries(statuses), { A: 'runs', B: 'left' });
  assert.deepEqual([...taken], ['["A","B"]', '["B","A"]']);
});
