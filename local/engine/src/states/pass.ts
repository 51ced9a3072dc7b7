import { effectiveInput, fillParameters, finalOutput, mergeResult, type PassState } from '../../../asl/src/index.ts';
import type { Move, MovingFrame, Step } from '../step.ts';

/** Hands on its input, changed by its own fields alone. */
export function enterPass(step: Step, frame: MovingFrame, state: PassState): Move {
  const scope = step.scope(frame);
  const input = effectiveInput(state, frame.input, scope);
  const result = state.Result ?? fillParameters(state.Parameters, input, scope);
  return { to: 'leave', output: finalOutput(state, mergeResult(state, frame.input, result), scope) };
}
