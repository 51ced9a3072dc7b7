import type { PassState } from '../../../asl/src/index.ts';
import type { Move, MovingFrame, Step } from '../step.ts';

/** Hands on its input, changed by its own fields alone. */
export function enterPass(step: Step, frame: MovingFrame, state: PassState): Move {
  return { to: 'leave', ...step.language(state).pass(state, frame.input, step.scope(frame)) };
}
