import { EvaluationError, effectiveInput, finalOutput, matches, type ChoiceState } from '../../../asl/src/index.ts';
import type { Move, MovingFrame, Step } from '../step.ts';

/** Goes where the first rule that holds points, else to `Default`. */
export function chooseNext(step: Step, frame: MovingFrame, state: ChoiceState): Move {
  const scope = step.scope(frame);
  const input = effectiveInput(state, frame.input, scope);
  const rule = state.Choices.find((choice) => matches(choice, input, scope.context, scope.variables));
  const next = rule?.Next ?? state.Default;
  if (next === undefined) {
    throw new EvaluationError(
      'States.NoChoiceMatched',
      'Failed to transition out of the state. The state does not point to a next state.',
    );
  }
  return { to: 'leave', output: finalOutput(state, input, scope), next };
}
