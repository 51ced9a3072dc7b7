import { action } from '../action.ts';
import { aliasItem } from '../alias-item.ts';
import { AliasDescription, CharacterRestrictedName, RoutingConfigurationList } from '../shapes.ts';

export const createStateMachineAlias = action({
  members: {
    description: AliasDescription,
    name: { ...CharacterRestrictedName, required: true },
    routingConfiguration: { ...RoutingConfigurationList, required: true },
  },
  async perform(engine, request) {
    return aliasItem(await engine.createStateMachineAlias(request));
  },
});
