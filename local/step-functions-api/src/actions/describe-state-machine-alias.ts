import { action } from '../action.ts';
import { Arn } from '../shapes.ts';
import { timestamp } from '../timestamp.ts';

export const describeStateMachineAlias = action({
  members: { stateMachineAliasArn: { ...Arn, required: true } },
  perform(engine, { stateMachineAliasArn }) {
    const { creationDateMs, updateDateMs, ...alias } = engine.describeStateMachineAlias(stateMachineAliasArn);
    return { ...alias, creationDate: timestamp(creationDateMs), updateDate: timestamp(updateDateMs) };
  },
});
