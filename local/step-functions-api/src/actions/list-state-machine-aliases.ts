import { action } from '../action.ts';
import { aliasItem } from '../alias-item.ts';
import { pageOf } from '../page.ts';
import { Arn, PageSize, PageToken } from '../shapes.ts';

export const listStateMachineAliases = action({
  members: { stateMachineArn: { ...Arn, required: true }, maxResults: PageSize, nextToken: PageToken },
  perform(engine, request) {
    const { stateMachineArn } = request;
    const { items, nextToken } = engine.listStateMachineAliases({ stateMachineArn, ...pageOf(request) });
    return { stateMachineAliases: items.map(aliasItem), nextToken };
  },
});
