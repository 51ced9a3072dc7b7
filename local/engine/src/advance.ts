import {
  EvaluationError,
  assignVariables,
  findCatcher,
  isFatal,
  isTooLarge,
  planRetry,
  QueryEvaluationError,
  tooLargeCause,
  type Failure,
  type Json,
  type JsonObject,
  type Leaving,
  type State,
} from '../../asl/src/index.ts';
import { effectOf } from './execution.ts';
import { assignedMembers, inputMembers, outputMembers } from './history-event.ts';
import { enterChoice } from './states/choice.ts';
import { enterFail } from './states/fail.ts';
import { abortMapRuns } from './states/map-run.ts';
import { enterMap, leaveMap, nextIteration } from './states/map.ts';
import { enterParallel, leaveParallel } from './states/parallel.ts';
import { enterPass } from './states/pass.ts';
import { enterSucceed } from './states/succeed.ts';
import { enterTask } from './states/task.ts';
import { enterWait } from './states/wait.ts';
import type { Move, MovingFrame, Step } from './step.ts';

/** Enters states one after the other, until each frame has to wait for somebody or its graph has ended. */
export function run(step: Step, frame: MovingFrame): void {
  step.ready.push(frame);
  for (let next = step.ready.shift(); next !== undefined; next = step.ready.shift()) {
    // A branch that failed may have ended those that were to go on.
    if (step.frames.has(next.frameId)) runAlone(step, next);
  }
}

function runAlone(step: Step, frame: MovingFrame): void {
  let goesOn = true;
  while (goesOn && !step.ended) {
    if (step.needsBreath) {
      const effectId = step.newEffectId();
      frame.activity = { kind: 'entering', effectId };
      step.open({ type: 'Wake', effectId, dueAtMs: step.signal.at });
      return;
    }
    goesOn = settle(
      step,
      frame,
      attempt(step, frame, () => enter(step, frame)),
    );
  }
}

/** Goes on with a state that was already entered, and with those after it. */
export function carryOn(step: Step, frame: MovingFrame, work: () => Move): void {
  const goesOn = settle(step, frame, attempt(step, frame, work));
  const others = step.ready.splice(0);
  const [first, ...rest] = goesOn ? [frame, ...others] : others;
  step.ready.push(...rest);
  if (first !== undefined) run(step, first);
}

/** Does what the state wants of its frame. Answers whether the next state is to be entered now. */
function settle(step: Step, frame: MovingFrame, move: Move): boolean {
  switch (move.to) {
    case 'rest':
      return false;
    case 'leave':
      return leave(step, frame, move, move.next);
    case 'fail':
      return handleFailure(step, frame, move.failure);
  }
}

function enter(step: Step, frame: MovingFrame): Move {
  const state = step.stateOf(frame);
  frame.enteredAtMs = step.signal.at;
  frame.retries = [];
  frame.activity = { kind: 'entering', effectId: 0 };
  const details = { name: frame.state, ...inputMembers(frame.input) };
  frame.enteredEventId = step.record(frame, `${state.Type}StateEntered`, details);
  return beginWork(step, frame);
}

/** The work of a state that was entered: once, and again at each retry. */
export function beginWork(step: Step, frame: MovingFrame): Move {
  const state = step.stateOf(frame);
  switch (state.Type) {
    case 'Pass':
      return enterPass(step, frame, state);
    case 'Choice':
      return enterChoice(step, frame, state);
    case 'Wait':
      return enterWait(step, frame, state);
    case 'Succeed':
      return enterSucceed(step, frame, state);
    case 'Fail':
      return enterFail(step, frame, state);
    case 'Task':
      return enterTask(step, frame, state);
    case 'Parallel':
      return enterParallel(step, frame, state);
    case 'Map':
      return enterMap(step, frame, state);
  }
}

function leave(step: Step, frame: MovingFrame, { output, assigned }: Leaving, next: string | undefined): boolean {
  if (isTooLarge(output)) {
    return handleFailure(step, frame, { error: 'States.DataLimitExceeded', cause: tooLargeCause(frame.state) });
  }
  const state = step.stateOf(frame);
  try {
    if (assigned !== undefined) assign(step, frame, assigned);
  } catch (thrown) {
    return handleFailure(step, frame, failureOf(step, frame, thrown));
  }
  const assignment = assigned === undefined ? {} : assignedMembers(assigned);
  step.record(frame, `${state.Type}StateExited`, { name: frame.state, ...outputMembers(output), ...assignment });
  const target = next ?? ('Next' in state ? state.Next : undefined);
  if (target === undefined) {
    graphSucceeded(step, frame, output);
    return false;
  }
  frame.state = target;
  frame.input = output;
  frame.activity = { kind: 'entering', effectId: 0 };
  // The next state is not entered yet: a redrive tells by this what to enter and what to do again.
  frame.enteredEventId = 0;
  return true;
}

/** All variables are copied for each that changes. */
function assign(step: Step, frame: MovingFrame, assigned: JsonObject): void {
  frame.variables = assignVariables(frame.variables, assigned);
  step.costs(Object.keys(frame.variables).length * VARIABLE_COST);
}

/** In characters to be written that take as long. */
const VARIABLE_COST = 20;

function graphSucceeded(step: Step, frame: MovingFrame, output: Json): void {
  const parent = frame.parentId === null ? undefined : step.frames.get(frame.parentId);
  if (parent === undefined) {
    step.record(frame, 'ExecutionSucceeded', outputMembers(output));
    step.end('SUCCEEDED', { output: outputMembers(output).output });
    return;
  }
  step.frames.delete(frame.frameId);
  const { activity } = parent;
  if (activity.kind === 'branches') {
    const results = step.withResult(activity.results, frame.index, output);
    parent.activity = { ...activity, results, open: activity.open - 1 };
    parent.previousEventId = frame.previousEventId;
    if (activity.open === 1) goOn(step, parent, () => leaveParallel(step, parent, results));
  } else if (activity.kind === 'iterations') {
    const succeeded = step.recordBeside(frame, 'MapIterationSucceeded', { name: parent.state, index: frame.index });
    const results = step.withResult(activity.results, frame.index, output);
    parent.activity = { ...activity, results, open: activity.open - 1 };
    parent.previousEventId = succeeded;
    if (activity.next < activity.items.length)
      goOn(step, parent, () => nextIteration(step, parent, frame.previousEventId));
    else if (activity.open === 1) goOn(step, parent, () => leaveMap(step, parent, results));
  }
}

function goOn(step: Step, frame: MovingFrame, work: () => Move): void {
  if (settle(step, frame, attempt(step, frame, work))) step.ready.push(frame);
}

/** Retry, else Catch, else the failure of the graph. Answers whether the next state is to be entered now. */
function handleFailure(step: Step, frame: MovingFrame, failure: Failure): boolean {
  const state = step.stateOf(frame);
  if (isFatal(failure)) return failExecution(step, frame, failure);
  breakOff(step, frame);
  const retry =
    'Retry' in state ? planRetry(state.Retry, failure, frame.retries, () => step.chance.random()) : undefined;
  if (retry !== undefined) {
    step.failureIsHandled();
    frame.retries = countRetry(frame.retries, retry.retrier);
    const effectId = step.newEffectId();
    frame.activity = { kind: 'pausing before a retry', effectId };
    step.open({ type: 'Wake', effectId, dueAtMs: step.signal.at + retry.delayMs });
    return false;
  }
  if (state.Type === 'Parallel' || state.Type === 'Map') step.record(frame, `${state.Type}StateFailed`);
  const catchers = 'Catch' in state ? (state.Catch ?? []) : [];
  const catcher = findCatcher(catchers, failure);
  if (catcher !== undefined) {
    step.failureIsHandled();
    const place = catchers.indexOf(catcher);
    const caught = attempt(step, frame, () => {
      const leaving = step.language(state).caught(catcher, place, frame.input, failure, step.scope(frame));
      if (isTooLarge(leaving.output)) throw new EvaluationError('States.DataLimitExceeded', tooLargeCause(frame.state));
      return { to: 'leave', ...leaving, next: catcher.Next };
    });
    // What a catcher cannot work out is nothing for the same Retry and Catch, which would lead back here for ever.
    return caught.to === 'fail' ? graphFailed(step, frame, state, caught.failure) : settle(step, frame, caught);
  }
  return graphFailed(step, frame, state, failure);
}

function countRetry(retries: readonly number[], retrier: number): number[] {
  return Array.from(
    { length: Math.max(retries.length, retrier + 1) },
    (_, index) => (retries[index] ?? 0) + (index === retrier ? 1 : 0),
  );
}

/** A failure that nobody caught ends the graph, and with it the state that the graph belongs to. */
function graphFailed(step: Step, frame: MovingFrame, state: State, failure: Failure): boolean {
  const parent = frame.parentId === null ? undefined : step.frames.get(frame.parentId);
  if (parent === undefined || isFatal(failure)) return failExecution(step, frame, failure);
  step.graphFails();
  if (state.Type === 'Task') step.recordBeside(frame, 'TaskStateAborted');
  const iteration = { name: parent.state, index: frame.index };
  if (parent.activity.kind === 'iterations') step.recordBeside(frame, 'MapIterationFailed', iteration);
  step.frames.delete(frame.frameId);
  breakOff(step, parent);
  parent.previousEventId = frame.previousEventId;
  goOn(step, parent, () => ({ to: 'fail', failure }));
  return false;
}

/**
 * The other branches or iterations of a state that has failed are broken off where they are, whether one of them failed or the state
 * itself, as a Map does that cannot work out the input of its next iteration.
 */
function breakOff(step: Step, ancestor: MovingFrame): void {
  const below = step.descendantsOf(ancestor);
  if (below.length > 0) step.graphFails();
  for (const frame of below.reverse()) {
    const state = step.stateOf(frame);
    const isInside = frame.activity.kind !== 'entering';
    if (frame.activity.kind === 'map run') step.recordBeside(frame, 'MapRunAborted');
    if (isInside) step.recordBeside(frame, `${state.Type}StateAborted`);
    const parent = frame.parentId === null ? undefined : step.frames.get(frame.parentId);
    if (parent?.activity.kind === 'iterations') {
      step.recordBeside(frame, 'MapIterationAborted', { name: parent.state, index: frame.index });
    }
    const effectId = effectOf(frame);
    if (effectId !== undefined && effectId > 0) step.close(effectId);
    step.frames.delete(frame.frameId);
  }
}

function failExecution(step: Step, frame: MovingFrame, { error, cause }: Failure): boolean {
  const details = { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
  abortMapRuns(step);
  step.record(frame, 'ExecutionFailed', details);
  step.end('FAILED', details);
  return false;
}

/** Turns what paths and templates throw into a failure that says which state it came from, in the service's own sentence. */
function attempt(step: Step, frame: MovingFrame, work: () => Move): Move {
  try {
    return work();
  } catch (thrown) {
    return { to: 'fail', failure: failureOf(step, frame, thrown) };
  }
}

function failureOf(step: Step, frame: MovingFrame, thrown: unknown): Failure {
  if (!(thrown instanceof EvaluationError)) throw thrown;
  const { error, cause: reason } = thrown.statesError;
  const where = `An error occurred while executing the state '${frame.state}' (entered at the event id #${frame.enteredEventId}).`;
  const cause = `${where} ${reason ?? ''}`;
  if (thrown instanceof QueryEvaluationError) {
    const location = thrown.location === undefined ? {} : { location: thrown.location };
    step.record(frame, 'EvaluationFailed', { cause, error, ...location, state: frame.state });
  }
  return { ...(error !== undefined && { error }), cause };
}
