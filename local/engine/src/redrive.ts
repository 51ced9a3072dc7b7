import { carryOn, beginWork, run } from './advance.ts';
import { isExpressArn } from './arn.ts';
import type { StoredExecution } from './execution-store.ts';
import type { Execution, Frame, Redrive } from './execution.ts';
import type { Signal } from './signal.ts';
import { redriveMapRun } from './states/map-run.ts';
import { HISTORY_EVENTS_MAX, Step, type MovingFrame, type Outcome, type Program } from './step.ts';

const DAY_MS = 86_400_000;
/** Counted from the end of the execution. Developer Guide, "Redriving executions", as are the two below. */
const REDRIVABLE_PERIOD_MS = 14 * DAY_MS;
const OPEN_MS_MAX = 365 * DAY_MS;
/** `ExecutionRedriven` and one event more have to fit. */
const HISTORY_EVENTS_BELOW = HISTORY_EVENTS_MAX - 1;
const REDRIVES_MAX = 1_000;

/** Step Functions API Reference, RedriveExecution, `clientToken`: so many tokens are remembered, for so long. */
const CLIENT_TOKENS_MAX = 10;
const CLIENT_TOKEN_MS = 15 * 60_000;

export type RedriveSignal = Signal & { readonly type: 'RedriveExecution' };
type Redrivable = Pick<
  StoredExecution,
  'status' | 'startedAtMs' | 'stoppedAtMs' | 'lastEventId' | 'redriveCount' | 'position'
>;

/**
 * Why an execution cannot be redriven; `undefined` where it can.
 *
 * @see Step Functions API Reference, DescribeExecution, `redriveStatusReason`
 */
export function whyNotRedrivable(execution: Redrivable, at: number): string | undefined {
  const { status, startedAtMs, stoppedAtMs, lastEventId, redriveCount, position } = execution;
  if (status === 'RUNNING' || status === 'SUCCEEDED' || status === 'PENDING_REDRIVE')
    return `Execution is ${status} and cannot be redriven`;
  // An older release kept nothing to continue from.
  if (position === null) return 'Execution was started before the launch of RedriveExecution';
  if (lastEventId >= HISTORY_EVENTS_BELOW) return 'Execution history event limit exceeded';
  if (at - startedAtMs >= OPEN_MS_MAX) return 'Execution has exceeded the max execution time';
  if (at - (stoppedAtMs ?? at) > REDRIVABLE_PERIOD_MS) return 'Execution redrivable period exceeded';
  if (redriveCount >= REDRIVES_MAX) return 'Execution redrive limit exceeded';
  return undefined;
}

/** From where on {@link whyNotRedrivable} has a reason, for a store that asks it of very many executions at once. */
export interface RedriveBounds {
  readonly historyEvents: number;
  readonly redrives: number;
  readonly startedUntilMs: number;
  readonly stoppedBeforeMs: number;
}

export function redriveBounds(at: number): RedriveBounds {
  return {
    historyEvents: HISTORY_EVENTS_BELOW,
    redrives: REDRIVES_MAX,
    startedUntilMs: at - OPEN_MS_MAX,
    stoppedBeforeMs: at - REDRIVABLE_PERIOD_MS,
  };
}

/** The redrive that a client asked for with this token a short while ago. */
export function redriveBy(
  redrives: readonly Redrive[],
  clientToken: string | undefined,
  at: number,
): Redrive | undefined {
  if (clientToken === undefined) return undefined;
  return redrives.find((redrive) => redrive.clientToken === clientToken && at - redrive.at < CLIENT_TOKEN_MS);
}

/**
 * Continues an execution that did not succeed where it stood: what succeeded is not done again, and what did not begins anew with
 * its same input and variables, with all its retries before it.
 */
export function redrive(program: Program, execution: Execution, signal: RedriveSignal): Outcome | undefined {
  if (execution.status === 'RUNNING' || execution.status === 'SUCCEEDED') return undefined;
  const step = new Step(program, reopened(execution, signal), signal);
  const { redriveCount } = step.execution;
  const redrivenEventId = step.recordAfter(execution.lastEventId, 'ExecutionRedriven', { redriveCount });
  if (step.frames.size === 0) step.openRoot();
  const stood = [...step.frames.values()];
  const parents = new Set(stood.map(({ parentId }) => parentId));
  for (const frame of stood) {
    // One that failed anew may have ended those that were to go on.
    if (step.ended || !step.frames.has(frame.frameId)) continue;
    frame.previousEventId = redrivenEventId;
    if (!parents.has(frame.frameId)) continueFrame(step, frame);
  }
  return step.outcome();
}

function continueFrame(step: Step, frame: MovingFrame): void {
  const { activity } = frame;
  if (frame.enteredEventId === 0 || step.stateOf(frame).Type === 'Fail') run(step, frame);
  else
    carryOn(step, frame, () =>
      activity.kind === 'map run' ? redriveMapRun(step, frame, activity) : beginWork(step, frame),
    );
}

function reopened(execution: Execution, signal: RedriveSignal): Execution {
  const { ending: _ending, unfinished = [], redrives = [], ...rest } = execution;
  const { at, clientToken, deadlineMs } = signal;
  const redriven: Redrive = { at, ...(clientToken !== undefined && { clientToken }) };
  return {
    ...rest,
    status: 'RUNNING',
    deadlineMs,
    redriveCount: execution.redriveCount + 1,
    redrives: [...redrives, redriven].slice(-CLIENT_TOKENS_MAX),
    // An Express child of a Map Run is done again from its beginning.
    frames: isExpressArn(execution.executionArn) ? [] : unfinished.map(withoutWork),
  };
}

/** The frame with nothing open: effects that it had are closed, and must not be taken for those that come. */
function withoutWork(frame: Frame): Frame {
  const { activity } = frame;
  const isKept = activity.kind === 'branches' || activity.kind === 'iterations' || activity.kind === 'map run';
  return { ...frame, retries: [], activity: isKept ? activity : { kind: 'entering', effectId: 0 } };
}
