import {
  effectiveInput,
  fillParameters,
  finalOutput,
  mapItems,
  mergeResult,
  nonNegativeInteger,
  selectResult,
  type Json,
  type MapState,
} from '../../../asl/src/index.ts';
import { itemProcessorOf, type IterationsActivity } from '../execution.ts';
import type { Move, MovingFrame, Step } from '../step.ts';

/** An inline Map runs so many iterations at a time, whatever it asks for. Developer Guide, "Inline mode". */
const CONCURRENCY_MAX = 40;

/** Begins as many iterations as may run at a time. Each is a frame of its own, and the state rests until the last has ended. */
export function enterMap(step: Step, frame: MovingFrame, state: MapState): Move {
  const scope = step.scope(frame);
  const input = effectiveInput(state, frame.input, scope);
  const asked =
    nonNegativeInteger(state.MaxConcurrency, state.MaxConcurrencyPath, 'MaxConcurrencyPath', input, scope) ?? 0;
  const items = mapItems(state, input, scope);
  step.record(frame, 'MapStateStarted', { length: items.length });
  const concurrency = Math.min(asked === 0 ? CONCURRENCY_MAX : asked, CONCURRENCY_MAX);
  frame.activity = { kind: 'iterations', items, results: items.map(() => null), next: 0, open: 0, concurrency };
  if (items.length === 0) return leaveMap(step, frame, []);
  for (let begun = 0; begun < Math.min(concurrency, items.length); begun++)
    beginIteration(step, frame, state, frame.previousEventId);
  return { to: 'rest' };
}

/** One iteration has ended and another takes its place. */
export function nextIteration(step: Step, frame: MovingFrame, previousEventId: number): Move {
  beginIteration(step, frame, mapOf(step, frame), previousEventId);
  return { to: 'rest' };
}

function beginIteration(step: Step, frame: MovingFrame, state: MapState, previousEventId: number): void {
  const activity = iterationsOf(frame);
  const { items, next: index } = activity;
  const scope = step.scope(frame);
  const context = { ...scope.context, Map: { Item: { Index: index, Value: items[index] ?? null } } };
  const selector = state.ItemSelector ?? state.Parameters;
  const rawInput = effectiveInput(state, frame.input, scope);
  const input =
    selector === undefined ? (items[index] ?? null) : fillParameters(selector, rawInput, { ...scope, context });
  const { previousEventId: before } = frame;
  frame.previousEventId = previousEventId;
  const started = step.recordBeside(frame, 'MapIterationStarted', { name: frame.state, index });
  frame.previousEventId = before;
  frame.activity = { ...activity, next: index + 1, open: activity.open + 1 };
  step.openChild(frame, index, itemProcessorOf(state).StartAt, input, started);
}

/** The result of a Map state is the list of what its iterations gave, in the order of the items. */
export function leaveMap(step: Step, frame: MovingFrame, results: readonly Json[]): Move {
  const state = mapOf(step, frame);
  // The service lets the exit follow the last iteration, as if the success had not been told in between.
  step.recordBeside(frame, 'MapStateSucceeded');
  const scope = step.scope(frame);
  const selected = selectResult(state.ResultSelector, results, scope);
  return { to: 'leave', output: finalOutput(state, mergeResult(state, frame.input, selected), scope) };
}

function mapOf(step: Step, frame: MovingFrame): MapState {
  const state = step.stateOf(frame);
  if (state.Type !== 'Map') throw new Error(`frame ${frame.frameId} has iterations in a ${state.Type} state`);
  return state;
}

function iterationsOf({ activity, frameId }: MovingFrame): IterationsActivity {
  if (activity.kind !== 'iterations') throw new Error(`frame ${frameId} has no iterations`);
  return activity;
}
