import type { DescribeStateMachineOutput } from '@aws-sdk/client-sfn';
import type { Command } from 'commander';
import { fromNowText } from '../duration-text.ts';
import { factLines } from '../execution-facts.ts';
import { findStateMachine } from '../find-execution.ts';
import { isObject, textOf } from '../order.ts';
import { print, printJson, say } from '../output.ts';
import { printable } from '../printable.ts';
import { serverNowMs } from '../server-clock.ts';
import { askStepFunctions } from '../step-functions-error.ts';
import { stepFunctions, stepFunctionsCommand, type StepFunctionsOptions } from '../step-functions-options.ts';

interface ShowOptions extends StepFunctionsOptions {
  definition?: true;
}

export function machinesShow(): Command {
  return stepFunctionsCommand('machines show', 'Show one state machine, or its definition.', [
    'countersign machines show ORDERS',
    'countersign machines show ORDERS --definition > orders.asl.json',
  ])
    .argument('<machine>', "the state machine's ARN, or its name")
    .option('--definition', 'only its definition: Amazon States Language, as JSON')
    .action(show);
}

async function show(machine: string, options: ShowOptions): Promise<void> {
  const client = await stepFunctions(options);
  const described = await askStepFunctions(options, async () =>
    client.describeStateMachine({ stateMachineArn: await findStateMachine(client, machine) }),
  );
  client.destroy();
  const { definition = '' } = described;
  if (options.definition) return options.json ? printJson(parsed(definition)) : print(indented(definition));
  if (options.json) return printJson({ ...described, $metadata: undefined });
  print(machineFacts(described));
  say(`→ countersign machines graph ${printable(described.name ?? machine)}`);
}

function machineFacts(machine: DescribeStateMachineOutput): string {
  const { creationDate, definition = '' } = machine;
  const document = parsed(definition);
  const states = isObject(document) && isObject(document['States']) ? Object.keys(document['States']) : [];
  return factLines(
    [
      ['Machine', machine.name ?? ''],
      ['ARN', machine.stateMachineArn ?? ''],
      ['Type', machine.type ?? ''],
      ['Status', machine.status ?? ''],
      [
        'Created',
        creationDate === undefined
          ? ''
          : `${creationDate.toISOString()} (${fromNowText(creationDate.getTime(), serverNowMs())})`,
      ],
      ['Role', machine.roleArn ?? ''],
      ['Comment', isObject(document) ? (textOf(document, 'Comment') ?? '') : ''],
      ['States', states.join(', ')],
      ['Logging', machine.loggingConfiguration?.level ?? ''],
      ['Revision', machine.revisionId ?? ''],
    ].map(([name = '', value = '']) => [name, printable(value)] as const),
  );
}

/** What Step Functions keeps is JSON; where somebody may not read it there is none. */
function parsed(definition: string): unknown {
  try {
    return JSON.parse(definition);
  } catch {
    return undefined;
  }
}

function indented(definition: string): string {
  const lines = JSON.stringify(parsed(definition), null, 2) ?? definition;
  return lines.split('\n').map(printable).join('\n');
}
