import { StepFunctionsError } from '../../../engine/src/index.ts';
import { action } from '../action.ts';
import { Definition, RoleArn, Arn, VersionDescription } from '../shapes.ts';
import { completeSettings, SettingsMembers } from '../state-machine-settings.ts';
import { timestamp } from '../timestamp.ts';
import { refusePublishing } from '../versions.ts';

export const updateStateMachine = action({
  members: {
    stateMachineArn: { ...Arn, required: true },
    definition: Definition,
    roleArn: RoleArn,
    ...SettingsMembers,
    publish: { type: 'boolean' },
    versionDescription: VersionDescription,
  },
  async perform(engine, request) {
    const { stateMachineArn, definition, roleArn } = request;
    const changes = {
      ...(definition !== undefined && { definition }),
      ...(roleArn !== undefined && { roleArn }),
      ...completeSettings(request),
    };
    if (Object.keys(changes).length === 0) throw nothingToUpdate();
    refusePublishing(request);
    const { updateDateMs, revisionId } = await engine.updateStateMachine({ stateMachineArn, ...changes });
    return { updateDate: timestamp(updateDateMs), revisionId };
  },
});

function nothingToUpdate(): StepFunctionsError {
  return new StepFunctionsError(
    'MissingRequiredParameter',
    'Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified',
  );
}
