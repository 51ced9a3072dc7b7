import type { StateMachineListItem } from '@aws-sdk/client-sfn';
import type { Command } from 'commander';
import { fromNowText } from '../duration-text.ts';
import { stateMachines } from '../find-execution.ts';
import { outputWidth, print, printJson, say, style } from '../output.ts';
import { serverNowMs } from '../server-clock.ts';
import { askStepFunctions } from '../step-functions-error.ts';
import { stepFunctions, stepFunctionsCommand, type StepFunctionsOptions } from '../step-functions-options.ts';
import { type Column, table } from '../table.ts';

export function machinesList(): Command {
  return stepFunctionsCommand('machines list', 'List the state machines.', [
    'countersign machines list',
    "countersign machines list --json | jq -r '.stateMachines[].name'",
    'countersign machines list --profile production --region eu-central-1',
  ]).action(list);
}

async function list(options: StepFunctionsOptions): Promise<void> {
  const client = await stepFunctions(options);
  const machines = await askStepFunctions(options, () => stateMachines(client));
  client.destroy();
  if (options.json) return printJson({ stateMachines: machines });
  if (machines.length === 0) return say('There are no state machines. `countersign start` brings one.');
  print(table(columns(serverNowMs()), machines, outputWidth(), (heading) => style('bold', heading)));
}

function columns(nowMs: number): Column<StateMachineListItem>[] {
  return [
    { heading: 'STATE MACHINE', value: ({ name }) => name ?? '' },
    { heading: 'TYPE', value: ({ type }) => type ?? '' },
    {
      heading: 'CREATED',
      value: ({ creationDate }) => (creationDate === undefined ? '' : fromNowText(creationDate.getTime(), nowMs)),
    },
  ];
}
