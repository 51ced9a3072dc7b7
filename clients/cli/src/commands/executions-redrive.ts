import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { EXECUTION_ARGUMENT, nameOfArn } from '../execution-target.ts';
import { findExecution } from '../find-execution.ts';
import { printJson, say } from '../output.ts';
import { printable } from '../printable.ts';
import { askStepFunctions } from '../step-functions-error.ts';
import { stepFunctions, stepFunctionsCommand, type StepFunctionsOptions } from '../step-functions-options.ts';
import { watchExecution } from '../watch-execution.ts';

interface RedriveOptions extends StepFunctionsOptions {
  watch?: true;
}

export function executionsRedrive(): Command {
  return stepFunctionsCommand(
    'executions redrive',
    'Go on with an execution that failed, timed out or was stopped, from the state where that happened.',
    ['countersign executions redrive apples-1', 'countersign executions redrive apples-1 --watch'],
  )
    .argument(...EXECUTION_ARGUMENT)
    .option('--watch', 'then watch it until it ends, as `executions watch` does')
    .action(redrive);
}

async function redrive(execution: string, options: RedriveOptions): Promise<void> {
  const client = await stepFunctions(options);
  const executionArn = await askStepFunctions(options, () => findExecution(client, execution));
  // One token for all attempts of this command, so that an answer that was lost does not redrive it twice.
  const clientToken = randomUUID();
  const { redriveDate } = await askStepFunctions(options, () => client.redriveExecution({ executionArn, clientToken }));
  const name = printable(nameOfArn(executionArn));
  if (!options.json) say(`Redriven ${name}.`);
  if (options.watch) return watchExecution(client, executionArn, { ...options, interval: 1 });
  client.destroy();
  if (options.json) return printJson({ executionArn, redriveDate });
  say(`→ countersign executions watch ${name}`);
}
