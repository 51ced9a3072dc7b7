import { action } from '../action.ts';
import { LongArn } from '../shapes.ts';

export const deleteStateMachineVersion = action({
  members: { stateMachineVersionArn: { ...LongArn, required: true } },
  async perform(engine, { stateMachineVersionArn }) {
    await engine.deleteStateMachineVersion(stateMachineVersionArn);
    return {};
  },
});
