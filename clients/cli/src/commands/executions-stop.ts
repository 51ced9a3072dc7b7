import type { Command } from 'commander';
import { requireYes } from '../ask-person.ts';
import { EXECUTION_ARGUMENT, nameOfArn } from '../execution-target.ts';
import { findExecution } from '../find-execution.ts';
import { printJson, say } from '../output.ts';
import { printable } from '../printable.ts';
import { askStepFunctions } from '../step-functions-error.ts';
import { stepFunctions, stepFunctionsCommand, type StepFunctionsOptions } from '../step-functions-options.ts';

interface StopOptions extends StepFunctionsOptions {
  error?: string;
  cause?: string;
  yes?: true;
}

export function executionsStop(): Command {
  return stepFunctionsCommand('executions stop', 'Stop an execution: it ends where it is, as ABORTED.', [
    'countersign executions stop apples-1 --cause "ordered twice"',
    'countersign executions stop apples-1 --yes --json',
  ])
    .argument(...EXECUTION_ARGUMENT)
    .option('--error <name>', 'the error that it ends with')
    .option('--cause <text>', 'a word on why; kept in its history')
    .option('-y, --yes', 'do not ask; in a script nothing asks')
    .action(stop);
}

async function stop(execution: string, options: StopOptions): Promise<void> {
  const { error, cause, yes } = options;
  const client = await stepFunctions(options);
  const executionArn = await askStepFunctions(options, () => findExecution(client, execution));
  await requireYes(`Stop ${executionArn}?`, yes);
  const { status, stopDate } = await askStepFunctions(options, async () => {
    await client.stopExecution({ executionArn, error, cause });
    return client.describeExecution({ executionArn });
  });
  client.destroy();
  if (options.json) return printJson({ executionArn, status, stopDate });
  const name = printable(nameOfArn(executionArn));
  // What was read may be a moment older than the stop.
  if (status !== 'ABORTED' && status !== 'RUNNING') return say(`${name} had ended before: it is ${status}.`);
  say(`Stopped ${name}.`);
  say(`→ countersign executions redrive ${name} goes on where it was`);
}
