import {
  EvaluationError,
  catcherOutput,
  findCatcher,
  planRetry,
  type Failure,
  type Json,
  type State,
} from '../../asl/src/index.ts';
import type { Execution } from './execution.ts';
import { inputMembers, outputMembers } from './history-event.ts';
import type { Signal } from './signal.ts';
import { chooseNext } from './states/choice.ts';
import { enterFail } from './states/fail.ts';
import { enterPass } from './states/pass.ts';
import { enterSucceed } from './states/succeed.ts';
import {
  callReturned,
  enterTask,
  heartbeat,
  isMissedHeartbeat,
  taskFailed,
  taskSucceeded,
  taskTimedOut,
} from './states/task.ts';
import { enterWait, leaveWait } from './states/wait.ts';
import { isTooLarge, Step, type Move, type MovingFrame, type Outcome, type Program } from './step.ts';

/**
 * What an execution does next: the heart of the engine, and a pure function. The same arguments give the same answer,
 * for time and chance come with the signal; the events are what happened, the effects what must now be done by somebody else.
 *
 * The whole run of states that need nobody is taken in one transition, up to {@link EVENTS_PER_STEP_MAX} events.
 *
 * @returns `undefined` where the signal answers nothing that is still open: it changes nothing.
 */
export function transition(program: Program, execution: Execution, signal: Signal): Outcome | undefined {
  if (execution.status !== 'RUNNING') return undefined;
  const step = new Step(program, execution, signal);
  if (signal.type === 'ExecutionStarted') start(step);
  else if (signal.type === 'StopExecution') stop(step, signal);
  else if (!answer(step, signal)) return undefined;
  return step.outcome();
}

/**
 * After this many events a step takes a breath: the rest of the run is an effect that is due at once, so that a definition
 * that goes in circles shares the thread with all other executions.
 */
const EVENTS_PER_STEP_MAX = 400;

function start(step: Step): void {
  const { execution } = step;
  step.record(null, 'ExecutionStarted', { ...inputMembers(execution.input), roleArn: execution.roleArn });
  const root: MovingFrame = {
    frameId: 0,
    parentId: null,
    index: 0,
    state: step.program.definition.StartAt,
    input: execution.input,
    enteredAtMs: 0,
    enteredEventId: 0,
    // The service numbers the first state's entry as if nothing had come before it.
    previousEventId: 0,
    retries: [],
    variables: {},
    activity: { kind: 'entering', effectId: 0 },
  };
  step.frames.set(root.frameId, root);
  run(step, root);
}

function stop(step: Step, { error, cause }: { readonly error?: string; readonly cause?: string }): void {
  const details = { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
  step.record(null, 'ExecutionAborted', details);
  step.end('ABORTED', details);
}

/** Answers whether the signal's effect was open. */
function answer(step: Step, signal: Exclude<Signal, { type: 'ExecutionStarted' | 'StopExecution' }>): boolean {
  const frame = step.frameOf(signal.effectId);
  if (frame === undefined) return false;
  if (signal.type === 'EffectDue' && signal.at >= step.execution.deadlineMs) {
    step.record(null, 'ExecutionTimedOut', { error: 'States.Timeout' });
    step.end('TIMED_OUT', {});
    return true;
  }
  const { activity } = frame;
  if (activity.kind === 'task') {
    switch (signal.type) {
      case 'CallReturned':
        if (activity.phase !== 'calling') return false;
        carryOn(step, frame, () => callReturned(step, frame, activity, signal.output));
        return true;
      case 'TaskSucceeded':
        carryOn(step, frame, () => taskSucceeded(step, frame, activity, signal.output));
        return true;
      case 'TaskFailed':
        carryOn(step, frame, () => taskFailed(step, frame, activity, signal));
        return true;
      case 'TaskHeartbeat':
        heartbeat(step, frame, activity);
        return true;
      case 'AttemptLost':
        if (activity.phase !== 'calling') return false;
        carryOn(step, frame, () => taskFailed(step, frame, activity, lostAttempt(step.stateOf(frame))));
        return true;
      case 'EffectDue':
        carryOn(step, frame, () => taskTimedOut(step, frame, activity, isMissedHeartbeat(activity, signal.at)));
        return true;
    }
  }
  if (signal.type !== 'EffectDue') return false;
  step.close(activity.effectId);
  switch (activity.kind) {
    case 'entering':
      run(step, frame);
      return true;
    case 'waiting':
      carryOn(step, frame, () => leaveWait(step, frame));
      return true;
    case 'pausing before a retry':
      carryOn(step, frame, () => resume(step, frame));
      return true;
  }
}

/**
 * The attempt that was running when its process died fails with the client error of its service, which CDK's default Retry names:
 * whether it runs again is for the definition to say, for a state is never executed more than once unless it specifies Retry.
 */
function lostAttempt(state: State): { error: string; cause: string } {
  const service = state.Type === 'Task' ? /:states:::(?:aws-sdk:)?([a-z0-9-]+):/i.exec(state.Resource)?.[1] : undefined;
  const name = service === undefined ? 'Lambda' : service.charAt(0).toUpperCase() + service.slice(1);
  return {
    error: `${name}.SdkClientException`,
    cause: 'The process that made this call ended before the call returned; whether the call took effect is not known.',
  };
}

/** Enters states one after the other until one of them has to wait for somebody, or the graph ends. */
function run(step: Step, frame: MovingFrame): void {
  const eventsBefore = step.events.length;
  while (!step.ended) {
    if (step.events.length - eventsBefore >= EVENTS_PER_STEP_MAX) {
      const effectId = step.newEffectId();
      frame.activity = { kind: 'entering', effectId };
      step.open({ type: 'Wake', effectId, dueAtMs: step.signal.at });
      return;
    }
    if (
      !settle(
        step,
        frame,
        attempt(frame, () => enter(step, frame)),
      )
    )
      return;
  }
}

/** Goes on with a state that was already entered, and with those after it. */
function carryOn(step: Step, frame: MovingFrame, work: () => Move): void {
  if (settle(step, frame, attempt(frame, work))) run(step, frame);
}

/** Does what the state wants of its frame. Answers whether the next state is to be entered now. */
function settle(step: Step, frame: MovingFrame, move: Move): boolean {
  switch (move.to) {
    case 'rest':
      return false;
    case 'leave':
      return leave(step, frame, move.output, move.next);
    case 'fail':
      return handleFailure(step, frame, move.failure);
  }
}

function enter(step: Step, frame: MovingFrame): Move {
  const state = step.stateOf(frame);
  frame.enteredAtMs = step.signal.at;
  frame.retries = [];
  frame.enteredEventId = step.record(frame, `${state.Type}StateEntered`, {
    name: frame.state,
    ...inputMembers(frame.input),
  });
  switch (state.Type) {
    case 'Pass':
      return enterPass(step, frame, state);
    case 'Choice':
      return chooseNext(step, frame, state);
    case 'Wait':
      return enterWait(step, frame, state);
    case 'Succeed':
      return enterSucceed(step, frame, state);
    case 'Fail':
      return enterFail(step, frame, state);
    case 'Task':
      return enterTask(step, frame, state);
    case 'Parallel':
    case 'Map':
      throw new Error(`CreateStateMachine refuses ${state.Type} in this release, so none can be entered`);
  }
}

/** A retry works on the same entry of the state, with a new attempt. */
function resume(step: Step, frame: MovingFrame): Move {
  const state = step.stateOf(frame);
  if (state.Type !== 'Task') throw new Error(`a ${state.Type} state cannot be retried`);
  return enterTask(step, frame, state);
}

function leave(step: Step, frame: MovingFrame, output: Json, next: string | undefined): boolean {
  if (isTooLarge(output)) {
    return handleFailure(step, frame, { error: 'States.DataLimitExceeded', cause: tooLargeCause(frame.state) });
  }
  const state = step.stateOf(frame);
  step.record(frame, `${state.Type}StateExited`, { name: frame.state, ...outputMembers(output) });
  const target = next ?? ('Next' in state ? state.Next : undefined);
  if (target === undefined) {
    step.record(frame, 'ExecutionSucceeded', outputMembers(output));
    step.end('SUCCEEDED', { output: outputMembers(output).output });
    return false;
  }
  frame.state = target;
  frame.input = output;
  return true;
}

/** Retry, else Catch, else the failure of the graph. Answers whether the next state is to be entered now. */
function handleFailure(step: Step, frame: MovingFrame, failure: Failure): boolean {
  const state = step.stateOf(frame);
  const retry =
    'Retry' in state ? planRetry(state.Retry, failure, frame.retries, () => step.chance.random()) : undefined;
  if (retry !== undefined) {
    const retries = state.Type === 'Task' ? [...frame.retries] : [];
    while (retries.length <= retry.retrier) retries.push(0);
    retries[retry.retrier] = (retries[retry.retrier] ?? 0) + 1;
    frame.retries = retries;
    const effectId = step.newEffectId();
    frame.activity = { kind: 'pausing before a retry', effectId };
    step.open({ type: 'Wake', effectId, dueAtMs: step.signal.at + retry.delayMs });
    return false;
  }
  const catcher = 'Catch' in state ? findCatcher(state.Catch, failure) : undefined;
  if (catcher !== undefined) {
    return settle(
      step,
      frame,
      attempt(frame, () => ({ to: 'leave', output: catcherOutput(catcher, frame.input, failure), next: catcher.Next })),
    );
  }
  const { error, cause } = failure;
  const details = { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
  step.record(frame, 'ExecutionFailed', details);
  step.end('FAILED', details);
  return false;
}

/** Turns what paths and templates throw into a failure that says which state it came from, in the service's own sentence. */
function attempt(frame: MovingFrame, work: () => Move): Move {
  try {
    return work();
  } catch (thrown) {
    if (!(thrown instanceof EvaluationError)) throw thrown;
    const { error, cause } = thrown.statesError;
    const where = `An error occurred while executing the state '${frame.state}' (entered at the event id #${frame.enteredEventId}).`;
    return { to: 'fail', failure: { ...(error !== undefined && { error }), cause: `${where} ${cause ?? ''}` } };
  }
}

function tooLargeCause(what: string): string {
  return `The state/task '${what}' returned a result with a size exceeding the maximum number of bytes service limit.`;
}
