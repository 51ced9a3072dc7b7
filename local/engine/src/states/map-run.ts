import { EvaluationError, type Failure, type Json, type MapState } from '../../../asl/src/index.ts';
import type { MapRunActivity } from '../execution.ts';
import type { Move, MovingFrame, Step } from '../step.ts';

/** Hands a distributed Map over to a Map Run, whose items are executions of their own; the state rests until the run has ended. */
export function beginMapRun(step: Step, frame: MovingFrame, state: MapState, maxConcurrency: number): Move {
  const rules = step.language(state);
  const plan = rules.distributedMap(state, frame.input, step.scope(frame));
  step.record(frame, 'MapStateStarted', { length: plan.items.length });
  const tolerance = rules.tolerance(state, frame.input, step.scope(frame));
  const label = state.Label ?? frame.state;
  const mapRunArn = `${step.execution.stateMachineArn.replace(':stateMachine:', ':mapRun:')}/${label}:${step.chance.uuid()}`;
  const startedEventId = step.record(frame, 'MapRunStarted', { mapRunArn });
  const effectId = step.newEffectId();
  frame.activity = { kind: 'map run', effectId, startedEventId, mapRunArn, redriveCount: 0 };
  step.open({
    type: 'RunMap',
    effectId,
    dueAtMs: Infinity,
    mapRunArn,
    label,
    frameId: frame.frameId,
    path: step.pathOf(frame),
    plan,
    tolerance,
    maxConcurrency,
  });
  return { to: 'rest' };
}

/** Continues a Map Run that did not succeed. */
export function redriveMapRun(step: Step, frame: MovingFrame, activity: MapRunActivity): Move {
  const { mapRunArn } = activity;
  const redriveCount = activity.redriveCount + 1;
  const startedEventId = step.record(frame, 'MapRunRedriven', { mapRunArn, redriveCount });
  const effectId = step.newEffectId();
  frame.activity = { kind: 'map run', effectId, startedEventId, mapRunArn, redriveCount };
  step.open({ type: 'RedriveMap', effectId, dueAtMs: Infinity, mapRunArn });
  return { to: 'rest' };
}

/**
 * The input of one item, as the state's ItemSelector makes it. Worked out when the item is begun, for there may be very many.
 *
 * @throws {EvaluationError} which says the state, where the selector can make none of it.
 */
export function itemInputOf(step: Step, frame: MovingFrame, index: number, item: Json): Json {
  const state = step.stateOf(frame, 'Map');
  try {
    const scope = step.scope(frame, { item: { Index: index, Value: item } });
    return step.language(state).itemInput(state, frame.input, item, scope);
  } catch (thrown) {
    if (!(thrown instanceof EvaluationError)) throw thrown;
    const { error = 'States.Runtime', cause = '' } = thrown.statesError;
    const where = `An error occurred while executing the state '${frame.state}' (entered at the event id #${frame.enteredEventId}).`;
    throw new EvaluationError(error, `${where} ${cause}`);
  }
}

export function mapRunSucceeded(
  step: Step,
  frame: MovingFrame,
  { effectId, startedEventId }: MapRunActivity,
  results: Json,
): Move {
  const state = step.stateOf(frame, 'Map');
  step.close(effectId);
  // If the state fails from here on, as by too long a result, there is no run to continue.
  frame.activity = { kind: 'entering', effectId: 0 };
  step.record(frame, 'MapRunSucceeded');
  step.record(frame, 'MapStateSucceeded');
  // The service lets the exit follow the start of the run.
  frame.previousEventId = startedEventId;
  return { to: 'leave', ...step.language(state).result(state, frame.input, results, step.scope(frame)) };
}

/** The execution ends, and with it the runs that it waits for. */
export function abortMapRuns(step: Step): void {
  for (const frame of step.frames.values()) {
    const { activity } = frame;
    if (activity.kind === 'map run' && !step.isClosed(activity.effectId)) step.recordBeside(frame, 'MapRunAborted');
  }
}

export function mapRunFailed(step: Step, frame: MovingFrame, { effectId }: MapRunActivity, failure: Failure): Move {
  step.close(effectId);
  const { error, cause } = failure;
  step.record(frame, 'MapRunFailed', { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) });
  return { to: 'fail', failure };
}
