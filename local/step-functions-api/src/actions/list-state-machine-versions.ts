import { action } from '../action.ts';
import { UnlabeledArn } from '../labeled-arn.ts';
import { pageOf } from '../page.ts';
import { PageSize, PageToken } from '../shapes.ts';
import { versionItem } from '../version-item.ts';

export const listStateMachineVersions = action({
  members: { stateMachineArn: { ...UnlabeledArn, required: true }, maxResults: PageSize, nextToken: PageToken },
  perform(engine, request) {
    const { stateMachineArn } = request;
    const { items, nextToken } = engine.listStateMachineVersions({ stateMachineArn, ...pageOf(request) });
    return { stateMachineVersions: items.map(versionItem), nextToken };
  },
});
