import { action } from '../action.ts';
import { UnlabeledArn } from '../labeled-arn.ts';

export const deleteStateMachine = action({
  members: { stateMachineArn: { ...UnlabeledArn, required: true } },
  async perform(engine, { stateMachineArn }) {
    await engine.deleteStateMachine(stateMachineArn);
    return {};
  },
});
