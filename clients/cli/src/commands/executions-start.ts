import { randomUUID } from 'node:crypto';
import type { SFN, StartExecutionOutput } from '@aws-sdk/client-sfn';
import type { Command } from 'commander';
import { nameOfArn } from '../execution-target.ts';
import { findStateMachine } from '../find-execution.ts';
import { jsonText } from '../json-argument.ts';
import { print, printJson, say } from '../output.ts';
import { printable } from '../printable.ts';
import { askStepFunctions } from '../step-functions-error.ts';
import { stepFunctions, stepFunctionsCommand, type StepFunctionsOptions } from '../step-functions-options.ts';
import { watchExecution } from '../watch-execution.ts';

interface StartOptions extends StepFunctionsOptions {
  name?: string;
  input: string;
  watch?: true;
}

export function executionsStart(): Command {
  return stepFunctionsCommand('executions start', 'Start an execution of a state machine.', [
    `countersign executions start ORDERS --input '{"orderId":"apples-1","orderDetails":"two crates"}'`,
    'countersign executions start ORDERS --name apples-1 --input @order.json --watch',
    'generate-order | countersign executions start ORDERS --input - --json',
  ])
    .argument('<machine>', "the state machine's ARN, or its name")
    .option('--name <name>', 'what it is called: the same name with the same input is the same execution')
    .option('--input <json>', 'its input: JSON, @ and a file of it, or - for stdin', '{}')
    .option('--watch', 'then watch it until it ends, as `executions watch` does')
    .action(start);
}

async function start(machine: string, options: StartOptions): Promise<void> {
  const input = await jsonText(options.input, '--input');
  const client = await stepFunctions(options);
  const started = await askStepFunctions(options, () => startOf(client, machine, input, options));
  const executionArn = started.executionArn ?? '';
  if (options.watch) {
    say(`Started ${printable(nameOfArn(executionArn))}.`);
    return watchExecution(client, executionArn, { ...options, interval: 1 });
  }
  client.destroy();
  if (options.json) return printJson({ executionArn, startDate: started.startDate });
  print(printable(executionArn));
  say(`→ countersign executions watch ${printable(nameOfArn(executionArn))}`);
}

/** Under a name even where none was given, so that an answer that was lost does not start it twice. */
async function startOf(
  client: SFN,
  machine: string,
  input: string,
  { name = randomUUID() }: StartOptions,
): Promise<StartExecutionOutput> {
  const stateMachineArn = await findStateMachine(client, machine);
  return client.startExecution({ stateMachineArn, input, name });
}
