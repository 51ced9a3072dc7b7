import type { SFN } from '@aws-sdk/client-sfn';
import type { Command } from 'commander';
import { executionFacts, type ShownExecution } from '../execution-facts.ts';
import { EXECUTION_ARGUMENT } from '../execution-target.ts';
import { findExecution } from '../find-execution.ts';
import { print, printJson } from '../output.ts';
import { eventsAfter, redactorFor } from '../read-history.ts';
import { serverNowMs } from '../server-clock.ts';
import { NO_VISITS, withEvents } from '../state-visits.ts';
import { askStepFunctions } from '../step-functions-error.ts';
import { stepFunctions, stepFunctionsCommand, type StepFunctionsOptions } from '../step-functions-options.ts';

export function executionsShow(): Command {
  return stepFunctionsCommand('executions show', 'Show one execution: how it stands, and in which state.', [
    'countersign executions show apples-1',
    'countersign executions show apples-1 --json | jq -r .status',
  ])
    .argument(...EXECUTION_ARGUMENT)
    .action(show);
}

async function show(execution: string, options: StepFunctionsOptions): Promise<void> {
  const client = await stepFunctions(options);
  const shown = await askStepFunctions(options, () => shownExecution(client, execution));
  client.destroy();
  if (options.json) return printJson({ ...shown.execution, $metadata: undefined, currentStates: statesOf(shown) });
  print(executionFacts(shown, serverNowMs()));
}

async function shownExecution(client: SFN, name: string): Promise<ShownExecution> {
  const executionArn = await findExecution(client, name);
  const execution = await client.describeExecution({ executionArn });
  const redact = await redactorFor(client, executionArn);
  if (execution.status !== 'RUNNING') return redact({ execution, current: [] });
  const { visits } = withEvents(NO_VISITS, redact(await eventsAfter(client, executionArn, 0)));
  return redact({ execution, current: visits.filter(({ leftAtMs }) => leftAtMs === undefined) });
}

function statesOf({ current }: ShownExecution): object[] {
  return current.map(({ name, enteredAtMs, status }) => ({
    name,
    status,
    enteredAt: new Date(enteredAtMs).toISOString(),
  }));
}
