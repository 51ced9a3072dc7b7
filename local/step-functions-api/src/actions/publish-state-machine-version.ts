import { action } from '../action.ts';
import { Arn, VersionDescription } from '../shapes.ts';
import { versionItem } from '../version-item.ts';

export const publishStateMachineVersion = action({
  members: {
    stateMachineArn: { ...Arn, required: true },
    revisionId: { type: 'string' },
    description: VersionDescription,
  },
  async perform(engine, request) {
    return versionItem(await engine.publishStateMachineVersion(request));
  },
});
