import { action } from '../action.ts';
import { IncludedData, Arn } from '../shapes.ts';
import { shownReferences, shownSettings } from '../state-machine-settings.ts';
import { timestamp } from '../timestamp.ts';

export const describeStateMachine = action({
  members: { stateMachineArn: { ...Arn, required: true }, includedData: IncludedData },
  perform(engine, { stateMachineArn, includedData }) {
    const machine = engine.describeStateMachine(stateMachineArn);
    return {
      stateMachineArn: machine.stateMachineArn,
      name: machine.name,
      status: machine.status,
      definition: includedData === 'METADATA_ONLY' ? '{}' : machine.definition,
      roleArn: machine.roleArn,
      type: machine.type,
      creationDate: timestamp(machine.creationDateMs),
      revisionId: machine.revisionId,
      description: machine.description,
      ...shownSettings(machine),
      variableReferences: shownReferences(machine),
    };
  },
});
