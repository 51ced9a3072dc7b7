import type { Json, ParallelState } from '../../../asl/src/index.ts';
import type { Move, MovingFrame, Step } from '../step.ts';

/** Begins all branches with the same input. Each is a frame of its own, and the state rests until the last has ended. */
export function enterParallel(step: Step, frame: MovingFrame, state: ParallelState): Move {
  const input = step.language(state).branchInput(state, frame.input, step.scope(frame));
  const startedEventId = step.record(frame, 'ParallelStateStarted');
  frame.activity = { kind: 'branches', results: [], open: state.Branches.length };
  for (const [index, branch] of state.Branches.entries()) {
    step.openChild(frame, index, branch.StartAt, input, startedEventId);
  }
  return { to: 'rest' };
}

/** The result of a Parallel state is the list of what its branches gave, in their order. */
export function leaveParallel(step: Step, frame: MovingFrame, results: readonly Json[]): Move {
  const state = step.stateOf(frame, 'Parallel');
  // The service lets the exit follow the last branch, as if the success had not been told in between.
  step.recordBeside(frame, 'ParallelStateSucceeded');
  return { to: 'leave', ...step.language(state).result(state, frame.input, results, step.scope(frame)) };
}
