import type { Command } from 'commander';
import { wholeNumber } from '../command.ts';
import { EXECUTION_ARGUMENT } from '../execution-target.ts';
import { findExecution } from '../find-execution.ts';
import { askStepFunctions } from '../step-functions-error.ts';
import { stepFunctions, stepFunctionsCommand, type StepFunctionsOptions } from '../step-functions-options.ts';
import { watchExecution } from '../watch-execution.ts';

interface WatchOptions extends StepFunctionsOptions {
  interval: number;
}

export function executionsWatch(): Command {
  return stepFunctionsCommand(
    'executions watch',
    'Watch an execution go from state to state, until it ends: then with 0, 5, 6 or 7, as it did.',
    [
      'countersign executions watch apples-1',
      'countersign executions watch apples-1 && ship apples-1',
      'countersign executions watch apples-1 --json | jq -c .type',
    ],
  )
    .argument(...EXECUTION_ARGUMENT)
    .option(
      '--interval <seconds>',
      'ask so often; more rarely while nothing changes',
      wholeNumber('An interval', 1, 3600),
      1,
    )
    .action(async (execution: string, options: WatchOptions) => {
      const client = await stepFunctions(options);
      const executionArn = await askStepFunctions(options, () => findExecution(client, execution));
      await watchExecution(client, executionArn, options);
    });
}
