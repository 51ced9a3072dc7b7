import type { Json, State } from '../../asl/src/index.ts';
import { beginWork, carryOn, run } from './advance.ts';
import { effectOf, isBreathing, type Execution, type MapRunActivity, type TaskActivity } from './execution.ts';
import { inputMembers } from './history-event.ts';
import type { Signal } from './signal.ts';
import {
  callReturned,
  executionEnded,
  heartbeat,
  isMissedHeartbeat,
  taskFailed,
  taskSucceeded,
  taskTimedOut,
  workerFound,
} from './states/task.ts';
import { abortMapRuns, itemInputOf, mapRunFailed, mapRunSucceeded } from './states/map-run.ts';
import { leaveWait } from './states/wait.ts';
import { redrive } from './redrive.ts';
import { Step, type Move, type MovingFrame, type Outcome, type Program } from './step.ts';

/**
 * What an execution does next: the heart of the engine, and a pure function. The same arguments give the same answer,
 * for time and chance come with the signal; the events are what happened, the effects what must now be done by somebody else.
 *
 * The whole run of states that need nobody is taken in one transition, up to some hundred events.
 *
 * @returns `undefined` where the signal answers nothing that is still open: it changes nothing.
 */
export function transition(program: Program, execution: Execution, signal: Signal): Outcome | undefined {
  if (signal.type === 'RedriveExecution') return redrive(program, execution, signal);
  if (execution.status !== 'RUNNING') return undefined;
  if ('effectId' in signal && !execution.frames.some((frame) => effectOf(frame) === signal.effectId)) return undefined;
  const step = new Step(program, execution, signal);
  if (signal.type === 'ExecutionStarted') start(step, signal);
  else if (signal.type === 'StopExecution') stop(step, signal);
  else if (!answer(step, signal)) return undefined;
  return step.outcome();
}

/**
 * The end of an execution that met a fault of ours, so that it harms nobody else: what was worked out is dropped, and the execution
 * fails with a text that asks to be reported.
 */
export function failByFault(program: Program, execution: Execution, signal: Signal, fault: string): Outcome {
  const step = new Step(program, execution, signal);
  const failure = {
    error: 'States.Runtime',
    cause: `The engine met a fault of its own, which is worth a report: ${fault}`,
  };
  step.record(null, 'ExecutionFailed', failure);
  step.end('FAILED', failure);
  return step.outcome();
}

function start(step: Step, signal: Signal & { readonly type: 'ExecutionStarted' }): void {
  const { execution } = step;
  const { stateMachineVersionArn, stateMachineAliasArn } = signal;
  step.record(null, 'ExecutionStarted', {
    ...inputMembers(execution.input),
    roleArn: execution.roleArn,
    ...(stateMachineAliasArn !== undefined && { stateMachineAliasArn }),
    ...(stateMachineVersionArn !== undefined && { stateMachineVersionArn }),
  });
  run(step, step.openRoot());
}

function stop(step: Step, { error, cause }: { readonly error?: string; readonly cause?: string }): void {
  const details = { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
  abortMapRuns(step);
  step.record(null, 'ExecutionAborted', details);
  step.end('ABORTED', details);
}

type Answer = Exclude<Signal, { type: 'ExecutionStarted' | 'StopExecution' | 'RedriveExecution' }>;

/** Answers whether the signal's effect was open. */
function answer(step: Step, signal: Answer): boolean {
  const frame = step.frameOf(signal.effectId);
  if (frame === undefined) return false;
  if (signal.type === 'EffectDue' && signal.at >= step.execution.deadlineMs) {
    abortMapRuns(step);
    step.record(null, 'ExecutionTimedOut', { error: 'States.Timeout' });
    step.end('TIMED_OUT', {});
    return true;
  }
  const { activity } = frame;
  if (activity.kind === 'task') return answerTask(step, frame, activity, signal);
  if (activity.kind === 'map run') return answerMapRun(step, frame, activity, signal);
  return signal.type === 'EffectDue' && wake(step, frame);
}

function answerTask(step: Step, frame: MovingFrame, activity: TaskActivity, signal: Answer): boolean {
  const work = ((): (() => Move) | undefined => {
    switch (signal.type) {
      case 'CallReturned':
        return activity.phase === 'calling' ? () => callReturned(step, frame, activity, signal) : undefined;
      case 'TaskSucceeded':
        return () => taskSucceeded(step, frame, activity, signal.output);
      case 'TaskFailed':
        return () => taskFailed(step, frame, activity, signal);
      case 'ExecutionEnded':
        return () => executionEnded(step, frame, activity, signal.description);
      case 'WorkerFound':
        return activity.phase === 'offered' ? () => workerFound(step, frame, activity, signal.workerName) : undefined;
      case 'TaskHeartbeat':
        return () => heartbeat(step, frame, activity);
      case 'AttemptLost':
        if (activity.phase !== 'calling') return undefined;
        return () => taskFailed(step, frame, activity, lostAttempt(step.stateOf(frame)));
      case 'EffectDue':
        return () => taskTimedOut(step, frame, activity, isMissedHeartbeat(activity, signal.at));
      default:
        return undefined;
    }
  })();
  if (work !== undefined) carryOn(step, frame, work);
  return work !== undefined;
}

function answerMapRun(step: Step, frame: MovingFrame, activity: MapRunActivity, signal: Answer): boolean {
  if (signal.type === 'MapRunSucceeded') {
    carryOn(step, frame, () => mapRunSucceeded(step, frame, activity, signal.results));
    return true;
  }
  if (signal.type !== 'MapRunFailed') return false;
  carryOn(step, frame, () => mapRunFailed(step, frame, activity, { error: signal.error, cause: signal.cause }));
  return true;
}

/** The instant has come that the frame rested for. */
function wake(step: Step, frame: MovingFrame): boolean {
  const { activity } = frame;
  const effectId = effectOf(frame);
  if (effectId !== undefined) step.close(effectId);
  switch (activity.kind) {
    case 'entering':
      run(step, frame);
      goOnBreathing(step);
      return true;
    case 'waiting':
      carryOn(step, frame, () => leaveWait(step, frame));
      return true;
    case 'pausing before a retry':
      carryOn(step, frame, () => beginWork(step, frame));
      return true;
    default:
      return false;
  }
}

/** Those that took a breath at the same time go on in this step too, as far as it goes: they may be thousands of branches. */
function goOnBreathing(step: Step): void {
  const breathing = [...step.frames.values()].filter(({ activity }) => isBreathing(activity));
  for (const frame of breathing) {
    if (step.needsBreath || step.ended) return;
    const effectId = effectOf(frame);
    if (effectId === undefined || !step.frames.has(frame.frameId) || !isBreathing(frame.activity)) continue;
    step.close(effectId);
    run(step, frame);
  }
}

/** The input of one item of a distributed Map, whose state is this frame's. Changes nothing. */
export function mapItemInput(
  program: Program,
  execution: Execution,
  signal: Signal,
  place: { readonly frameId: number; readonly index: number; readonly item: Json },
): Json {
  const step = new Step(program, execution, signal);
  const frame = step.frames.get(place.frameId);
  if (frame === undefined) throw new Error(`frame ${place.frameId} is gone, and its Map Run is not`);
  return itemInputOf(step, frame, place.index, place.item);
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
