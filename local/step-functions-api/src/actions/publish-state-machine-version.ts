import { action } from '../action.ts';
import { UnlabeledArn } from '../labeled-arn.ts';
import { VersionDescription } from '../shapes.ts';
import { versionItem } from '../version-item.ts';

export const publishStateMachineVersion = action({
  members: {
    stateMachineArn: { ...UnlabeledArn, required: true },
    revisionId: { type: 'string' },
    description: VersionDescription,
  },
  async perform(engine, request) {
    return versionItem(await engine.publishStateMachineVersion(request));
  },
});
