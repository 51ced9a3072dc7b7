import type { SucceedState } from '../../../asl/src/index.ts';
import type { Move, MovingFrame, Step } from '../step.ts';

/** Ends its graph well. */
export function enterSucceed(step: Step, frame: MovingFrame, state: SucceedState): Move {
  return { to: 'leave', ...step.language(state).passThrough(state, frame.input, step.scope(frame)) };
}
