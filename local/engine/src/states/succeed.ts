import { effectiveInput, finalOutput, type SucceedState } from '../../../asl/src/index.ts';
import type { Move, MovingFrame, Step } from '../step.ts';

/** Ends its graph well. */
export function enterSucceed(step: Step, frame: MovingFrame, state: SucceedState): Move {
  const scope = step.scope(frame);
  return { to: 'leave', output: finalOutput(state, effectiveInput(state, frame.input, scope), scope) };
}
