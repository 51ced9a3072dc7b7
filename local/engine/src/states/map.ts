import type { Json, MapState } from '../../../asl/src/index.ts';
import { itemProcessorOf, type IterationsActivity } from '../execution.ts';
import type { Move, MovingFrame, Step } from '../step.ts';
import { beginMapRun } from './map-run.ts';

/** An inline Map runs so many iterations at a time, whatever it asks for. Developer Guide, "Inline mode". */
const CONCURRENCY_MAX = 40;

/** Begins as many iterations as may run at a time. Each is a frame of its own, and the state rests until the last has ended. */
export function enterMap(step: Step, frame: MovingFrame, state: MapState): Move {
  const rules = step.language(state);
  const scope = step.scope(frame);
  const maxConcurrency = rules.maxConcurrency(state, frame.input, scope);
  if (itemProcessorOf(state).ProcessorConfig?.Mode === 'DISTRIBUTED')
    return beginMapRun(step, frame, state, maxConcurrency);
  const items = rules.items(state, frame.input, scope);
  step.record(frame, 'MapStateStarted', { length: items.length });
  const concurrency = Math.min(maxConcurrency || CONCURRENCY_MAX, CONCURRENCY_MAX);
  frame.activity = { kind: 'iterations', items, results: [], next: 0, open: 0, concurrency };
  if (items.length === 0) return leaveMap(step, frame, []);
  const { previousEventId } = frame;
  for (let begun = 0; begun < Math.min(concurrency, items.length); begun++)
    beginIteration(step, frame, state, previousEventId);
  return { to: 'rest' };
}

/** One iteration has ended and another takes its place. */
export function nextIteration(step: Step, frame: MovingFrame, previousEventId: number): Move {
  beginIteration(step, frame, step.stateOf(frame, 'Map'), previousEventId);
  return { to: 'rest' };
}

function beginIteration(step: Step, frame: MovingFrame, state: MapState, previousEventId: number): void {
  const activity = iterationsOf(frame);
  const { items, next: index } = activity;
  const item = items[index] ?? null;
  const scope = step.scope(frame, { item: { Index: index, Value: item } });
  const input = step.language(state).itemInput(state, frame.input, item, scope);
  const { previousEventId: before } = frame;
  frame.previousEventId = previousEventId;
  const started = step.recordBeside(frame, 'MapIterationStarted', { name: frame.state, index });
  frame.previousEventId = before;
  frame.activity = { ...activity, next: index + 1, open: activity.open + 1 };
  step.openChild(frame, index, itemProcessorOf(state).StartAt, input, started);
}

/** The result of a Map state is the list of what its iterations gave, in the order of the items. */
export function leaveMap(step: Step, frame: MovingFrame, results: readonly Json[]): Move {
  const state = step.stateOf(frame, 'Map');
  // The service lets the exit follow the last iteration, as if the success had not been told in between.
  step.recordBeside(frame, 'MapStateSucceeded');
  return { to: 'leave', ...step.language(state).result(state, frame.input, results, step.scope(frame)) };
}

function iterationsOf({ activity, frameId }: MovingFrame): IterationsActivity {
  if (activity.kind !== 'iterations') throw new Error(`frame ${frameId} has no iterations`);
  return activity;
}
