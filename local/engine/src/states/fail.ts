import { failText, type FailState } from '../../../asl/src/index.ts';
import type { Move, MovingFrame, Step } from '../step.ts';

/** Ends its graph with the error that the author chose. A Fail state is never left, so nothing records its exit. */
export function enterFail(step: Step, frame: MovingFrame, state: FailState): Move {
  const scope = step.scope(frame);
  const error = failText(state.Error, state.ErrorPath, 'ErrorPath', frame.input, scope);
  const cause = failText(state.Cause, state.CausePath, 'CausePath', frame.input, scope);
  return { to: 'fail', failure: { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) } };
}
