import { action } from '../action.ts';
import { Arn } from '../shapes.ts';

export const deleteStateMachineAlias = action({
  members: { stateMachineAliasArn: { ...Arn, required: true } },
  async perform(engine, { stateMachineAliasArn }) {
    await engine.deleteStateMachineAlias(stateMachineAliasArn);
    return {};
  },
});
