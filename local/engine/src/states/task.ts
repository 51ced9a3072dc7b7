import {
  EvaluationError,
  isObject,
  isTooLarge,
  jsonText,
  parseTaskResource,
  tooLargeCause,
  type Json,
  type JsonObject,
  type TaskResource,
  type TaskState,
} from '../../../asl/src/index.ts';
import { ActivityDoesNotExist } from '../errors.ts';
import type { TaskActivity } from '../execution.ts';
import { inputMembers, outputMembers } from '../history-event.ts';
import type { Job } from '../job-io.ts';
import type { Move, MovingFrame, Step } from '../step.ts';

/** How long a task may take that sets no `TimeoutSeconds`. States Language, "Task State". */
const TIMEOUT_SECONDS_DEFAULT = 99_999_999;

/** Begins an attempt: the first when the state is entered, another after each pause before a retry. Each has a token of its own. */
export function enterTask(step: Step, frame: MovingFrame, state: TaskState): Move {
  const effectId = step.newEffectId();
  const resource = resourceOf(state);
  const hasToken =
    resource.kind === 'activity' || (resource.kind === 'service' && resource.pattern !== 'REQUEST_RESPONSE');
  const scope = step.scope(frame, hasToken ? { token: () => step.program.mintTaskToken(effectId) } : {});
  const { parameters, timeoutSeconds, heartbeatSeconds } = step.language(state).task(state, frame.input, scope);

  const fault = step.program.parameterFault(state.Resource, parameters);
  if (fault !== undefined) throw new EvaluationError('States.Runtime', fault);

  const limits = {
    ...(timeoutSeconds !== undefined && { timeoutInSeconds: timeoutSeconds }),
    ...(heartbeatSeconds !== undefined && { heartbeatInSeconds: heartbeatSeconds }),
  };
  recordScheduled(step, frame, resource, parameters, limits);
  if (resource.kind === 'activity' && !step.program.activityExists(resource.arn))
    return notScheduled(step, frame, resource.arn);

  const activity: TaskActivity = {
    kind: 'task',
    effectId,
    phase: resource.kind === 'activity' ? 'offered' : 'calling',
    timeoutAtMs: step.signal.at + (timeoutSeconds ?? TIMEOUT_SECONDS_DEFAULT) * 1000,
    heartbeatSeconds: heartbeatSeconds ?? null,
    heartbeatAtMs: heartbeatSeconds === undefined ? null : step.signal.at + heartbeatSeconds * 1000,
  };
  frame.activity = activity;
  const dueAtMs = dueAt(activity);
  if (resource.kind === 'activity') {
    step.open({ type: 'OfferToWorkers', effectId, dueAtMs, activityArn: resource.arn, input: parameters });
  } else {
    const { executionArn, roleArn } = step.execution;
    const call = { executionArn, stateName: frame.state, resource: state.Resource, parameters, roleArn };
    step.open({ type: 'InvokeTask', effectId, dueAtMs, call });
  }
  return { to: 'rest' };
}

/** No worker can ask for the task, so it would wait for its timeout, of three years where the state sets none. */
function notScheduled(step: Step, frame: MovingFrame, activityArn: string): Move {
  const { name: error, message: cause } = new ActivityDoesNotExist(activityArn);
  step.record(frame, 'ActivityScheduleFailed', { error, cause });
  return { to: 'fail', failure: { error, cause, byTask: true } };
}

/** A worker took the task: from now on it is to be heard of. */
export function workerFound(
  step: Step,
  frame: MovingFrame,
  activity: TaskActivity,
  workerName: string | undefined,
): Move {
  step.record(frame, 'ActivityStarted', workerName === undefined ? {} : { workerName });
  const { heartbeatSeconds } = activity;
  const heartbeatAtMs = heartbeatSeconds === null ? null : step.signal.at + heartbeatSeconds * 1000;
  const taken: TaskActivity = { ...activity, phase: 'awaiting end', heartbeatAtMs };
  frame.activity = taken;
  step.open({ type: 'AwaitToken', effectId: taken.effectId, dueAtMs: dueAt(taken) });
  return { to: 'rest' };
}

/** The call is made: that is the result, unless the task goes on elsewhere and waits to hear of its end. */
export function callReturned(
  step: Step,
  frame: MovingFrame,
  activity: TaskActivity,
  { output, job }: { readonly output: Json; readonly job?: Job },
): Move {
  const state = step.stateOf(frame, 'Task');
  const resource = resourceOf(state);
  if (resource.kind !== 'service' || resource.pattern === 'REQUEST_RESPONSE') {
    return taskSucceeded(step, frame, activity, output);
  }
  step.record(frame, 'TaskSubmitted', { ...names(resource), ...outputMembers(output) });
  const waiting: TaskActivity = { ...activity, phase: job === undefined ? 'awaiting end' : 'awaiting job' };
  frame.activity = waiting;
  const open = { effectId: waiting.effectId, dueAtMs: dueAt(waiting) };
  if (job !== undefined) {
    step.open({ type: 'AwaitJob', ...open, job });
    return { to: 'rest' };
  }
  const executionArn = isObject(output) ? output['ExecutionArn'] : undefined;
  if (resource.pattern === 'WAIT_FOR_TASK_TOKEN' || typeof executionArn !== 'string')
    step.open({ type: 'AwaitToken', ...open });
  else step.open({ type: 'AwaitExecution', ...open, executionArn });
  return { to: 'rest' };
}

/** The result of the task, whichever way it came: ResultSelector, then ResultPath, then OutputPath. */
export function taskSucceeded(step: Step, frame: MovingFrame, activity: TaskActivity, result: Json): Move {
  const state = step.stateOf(frame, 'Task');
  const resource = resourceOf(state);
  if (isTooLarge(result)) {
    const what = resource.kind === 'service' ? resource.service : resource.arn;
    return taskFailed(step, frame, activity, {
      error: 'States.DataLimitExceeded',
      cause: tooLargeCause(what),
    });
  }
  step.close(activity.effectId);
  recordEnd(step, frame, resource, 'Succeeded', outputMembers(result));
  return { to: 'leave', ...step.language(state).result(state, frame.input, result, step.scope(frame)) };
}

/** The execution that a `.sync` task started has ended: as the task's result, with its texts parsed for `.sync:2`, or as its failure. */
export function executionEnded(step: Step, frame: MovingFrame, activity: TaskActivity, description: JsonObject): Move {
  if (description['Status'] !== 'SUCCEEDED') {
    return taskFailed(step, frame, activity, { error: 'States.TaskFailed', cause: jsonText(description) });
  }
  const resource = resourceOf(step.stateOf(frame, 'Task'));
  const parses = resource.kind === 'service' && resource.pattern === 'RUN_JOB_V2';
  return taskSucceeded(step, frame, activity, parses ? withParsed(description, ['Input', 'Output']) : description);
}

function withParsed(description: JsonObject, members: readonly string[]): Json {
  const parse = (name: string, value: Json): Json =>
    members.includes(name) && typeof value === 'string' ? (JSON.parse(value) as Json) : value;
  return Object.fromEntries(Object.entries(description).map(([name, value]) => [name, parse(name, value)]));
}

export function taskFailed(
  step: Step,
  frame: MovingFrame,
  activity: TaskActivity,
  failure: { readonly error?: string; readonly cause?: string },
): Move {
  step.close(activity.effectId);
  const details = {
    ...(failure.error !== undefined && { error: failure.error }),
    ...(failure.cause !== undefined && { cause: failure.cause }),
  };
  recordEnd(step, frame, resourceOf(step.stateOf(frame, 'Task')), 'Failed', details);
  return { to: 'fail', failure: { ...details, byTask: true } };
}

export function taskTimedOut(step: Step, frame: MovingFrame, activity: TaskActivity, missedHeartbeat: boolean): Move {
  step.close(activity.effectId);
  recordEnd(step, frame, resourceOf(step.stateOf(frame, 'Task')), 'TimedOut', { error: 'States.Timeout' });
  return {
    to: 'fail',
    failure: {
      error: 'States.Timeout',
      byTask: true,
      ...(missedHeartbeat && { alsoKnownAs: 'States.HeartbeatTimeout' }),
    },
  };
}

/** The worker is alive. A task that declares no heartbeat takes it and lets it be. */
export function heartbeat(step: Step, frame: MovingFrame, activity: TaskActivity): Move {
  if (activity.heartbeatSeconds === null) return { to: 'rest' };
  const beaten: TaskActivity = { ...activity, heartbeatAtMs: step.signal.at + activity.heartbeatSeconds * 1000 };
  frame.activity = beaten;
  step.open({ type: 'Postpone', effectId: beaten.effectId, dueAtMs: dueAt(beaten) });
  return { to: 'rest' };
}

/** Of the two ends that a task may meet by time, the heartbeat's, if that came first. */
export function isMissedHeartbeat({ heartbeatAtMs, timeoutAtMs }: TaskActivity, at: number): boolean {
  return heartbeatAtMs !== null && heartbeatAtMs <= at && heartbeatAtMs < timeoutAtMs;
}

function dueAt({ timeoutAtMs, heartbeatAtMs }: TaskActivity): number {
  return Math.min(timeoutAtMs, heartbeatAtMs ?? Infinity);
}

function resourceOf(state: TaskState): TaskResource {
  const resource = parseTaskResource(state.Resource);
  if (resource === undefined) throw new Error(`CreateStateMachine accepted the resource "${state.Resource}"`);
  return resource;
}

function names(resource: TaskResource & { kind: 'service' }): { resourceType: string; resource: string } {
  return { resourceType: resource.service, resource: resource.resource };
}

/** Each kind of resource has event types and details of its own. Step Functions API Reference, HistoryEvent. */
function recordScheduled(
  step: Step,
  frame: MovingFrame,
  resource: TaskResource,
  parameters: Json,
  limits: object,
): void {
  if (resource.kind === 'service') {
    const region = step.execution.stateMachineArn.split(':')[3] ?? '';
    step.record(frame, 'TaskScheduled', { ...names(resource), region, parameters: jsonText(parameters), ...limits });
    step.record(frame, 'TaskStarted', names(resource));
  } else {
    const kind = resource.kind === 'activity' ? 'Activity' : 'LambdaFunction';
    step.record(frame, `${kind}Scheduled`, { resource: resource.arn, ...inputMembers(parameters), ...limits });
    if (resource.kind === 'lambda-function') step.record(frame, 'LambdaFunctionStarted');
  }
}

function recordEnd(
  step: Step,
  frame: MovingFrame,
  resource: TaskResource,
  how: 'Succeeded' | 'Failed' | 'TimedOut',
  details: object,
): void {
  if (resource.kind === 'service') step.record(frame, `Task${how}`, { ...names(resource), ...details });
  else step.record(frame, `${resource.kind === 'activity' ? 'Activity' : 'LambdaFunction'}${how}`, details);
}
