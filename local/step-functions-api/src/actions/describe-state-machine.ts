import { StateMachineDoesNotExist } from '../../../engine/src/index.ts';
import { action } from '../action.ts';
import { hasLabel, splitLabel } from '../labeled-arn.ts';
import { IncludedData, Arn } from '../shapes.ts';
import { shownDefinition } from '../shown-definition.ts';
import { shownSettings } from '../state-machine-settings.ts';
import { timestamp } from '../timestamp.ts';

export const describeStateMachine = action({
  members: { stateMachineArn: { ...Arn, required: true }, includedData: IncludedData },
  perform(engine, { stateMachineArn, includedData }) {
    const { stateMachineArn: arn, label } = splitLabel(stateMachineArn);
    const machine = engine.describeStateMachine(arn);
    if (label !== undefined && !hasLabel(machine.definition, label))
      throw new StateMachineDoesNotExist(stateMachineArn);
    return {
      stateMachineArn: label === undefined ? machine.stateMachineArn : stateMachineArn,
      name: machine.name,
      status: machine.status,
      ...shownDefinition(machine, includedData),
      roleArn: machine.roleArn,
      type: machine.type,
      label,
      creationDate: timestamp(machine.creationDateMs),
      revisionId: machine.revisionId,
      description: machine.description,
      ...shownSettings(machine),
    };
  },
});
