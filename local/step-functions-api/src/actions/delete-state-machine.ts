import { action } from '../action.ts';
import { Arn } from '../shapes.ts';

export const deleteStateMachine = action({
  members: { stateMachineArn: { ...Arn, required: true } },
  async perform(engine, { stateMachineArn }) {
    await engine.deleteStateMachine(stateMachineArn);
    return {};
  },
});
