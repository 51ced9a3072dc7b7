import { action } from '../action.ts';
import { IncludedData, Arn } from '../shapes.ts';
import { shownDefinition } from '../shown-definition.ts';
import { shownSettings } from '../state-machine-settings.ts';
import { timestamp } from '../timestamp.ts';

export const describeStateMachine = action({
  members: { stateMachineArn: { ...Arn, required: true }, includedData: IncludedData },
  perform(engine, { stateMachineArn, includedData }) {
    const machine = engine.describeStateMachine(stateMachineArn);
    return {
      stateMachineArn: machine.stateMachineArn,
      name: machine.name,
      status: machine.status,
      ...shownDefinition(machine, includedData),
      roleArn: machine.roleArn,
      type: machine.type,
      creationDate: timestamp(machine.creationDateMs),
      revisionId: machine.revisionId,
      description: machine.description,
      ...shownSettings(machine),
    };
  },
});
