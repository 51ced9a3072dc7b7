import { StepFunctionsError } from '../../../engine/src/index.ts';
import { action } from '../action.ts';
import { UnlabeledArn } from '../labeled-arn.ts';
import { Definition, RoleArn, VersionDescription } from '../shapes.ts';
import { completeSettings, SettingsMembers } from '../state-machine-settings.ts';
import { timestamp } from '../timestamp.ts';

export const updateStateMachine = action({
  members: {
    stateMachineArn: { ...UnlabeledArn, required: true },
    definition: Definition,
    roleArn: RoleArn,
    ...SettingsMembers,
    publish: { type: 'boolean' },
    versionDescription: VersionDescription,
  },
  async perform(engine, request) {
    const { stateMachineArn, definition, roleArn, publish, versionDescription } = request;
    const changes = {
      ...(definition !== undefined && { definition }),
      ...(roleArn !== undefined && { roleArn }),
      ...completeSettings(request),
    };
    if (Object.keys(changes).length === 0) throw nothingToUpdate();
    const { updateDateMs, revisionId, stateMachineVersionArn } = await engine.updateStateMachine({
      stateMachineArn,
      ...changes,
      ...(publish !== undefined && { publish }),
      ...(versionDescription !== undefined && { versionDescription }),
    });
    return { updateDate: timestamp(updateDateMs), revisionId, stateMachineVersionArn };
  },
});

function nothingToUpdate(): StepFunctionsError {
  return new StepFunctionsError(
    'MissingRequiredParameter',
    'Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified',
  );
}
