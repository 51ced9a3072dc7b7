import { EvaluationError, type ChoiceState } from '../../../asl/src/index.ts';
import type { Move, MovingFrame, Step } from '../step.ts';

/** Goes where the first rule that holds points, else to `Default`. */
export function enterChoice(step: Step, frame: MovingFrame, state: ChoiceState): Move {
  const { next, ...leaving } = step.language(state).choose(state, frame.input, step.scope(frame));
  if (next !== undefined) return { to: 'leave', ...leaving, next };
  throw noChoiceMatched();
}

export function noChoiceMatched(): EvaluationError {
  const cause = 'Failed to transition out of the state. The state does not point to a next state.';
  return new EvaluationError('States.NoChoiceMatched', cause);
}
