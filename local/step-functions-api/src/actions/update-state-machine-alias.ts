import { action } from '../action.ts';
import { AliasDescription, Arn, RoutingConfigurationList } from '../shapes.ts';
import { timestamp } from '../timestamp.ts';

export const updateStateMachineAlias = action({
  members: {
    stateMachineAliasArn: { ...Arn, required: true },
    description: AliasDescription,
    routingConfiguration: RoutingConfigurationList,
  },
  async perform(engine, request) {
    const { updateDateMs } = await engine.updateStateMachineAlias(request);
    return { updateDate: timestamp(updateDateMs) };
  },
});
