import { action } from '../action.ts';
import { labelOfMapRun } from '../labeled-arn.ts';
import { Arn, IncludedData } from '../shapes.ts';
import { shownDefinition } from '../shown-definition.ts';
import { shownSettings } from '../state-machine-settings.ts';
import { timestamp } from '../timestamp.ts';

export const describeStateMachineForExecution = action({
  members: { executionArn: { ...Arn, required: true }, includedData: IncludedData },
  perform(engine, { executionArn, includedData }) {
    const machine = engine.describeStateMachineForExecution(executionArn);
    const { mapRunArn } = engine.describeExecution(executionArn);
    return {
      stateMachineArn: machine.stateMachineArn,
      name: machine.name,
      ...shownDefinition(machine, includedData),
      roleArn: machine.roleArn,
      mapRunArn,
      label: mapRunArn === undefined ? undefined : labelOfMapRun(mapRunArn),
      updateDate: timestamp(machine.updateDateMs),
      revisionId: machine.revisionId,
      ...shownSettings(machine),
    };
  },
});
