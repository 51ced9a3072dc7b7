import type { FailState } from '../../../asl/src/index.ts';
import type { Move, MovingFrame, Step } from '../step.ts';

/** Ends its graph with the error that the author chose. A Fail state is never left, so nothing records its exit. */
export function enterFail(step: Step, frame: MovingFrame, state: FailState): Move {
  return { to: 'fail', failure: step.language(state).fail(state, frame.input, step.scope(frame)) };
}
