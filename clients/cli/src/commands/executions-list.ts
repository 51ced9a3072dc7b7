import type { ExecutionListItem, ExecutionStatus, SFN } from '@aws-sdk/client-sfn';
import { type Command, Option } from 'commander';
import { CliError } from '../cli-error.ts';
import { wholeNumber } from '../command.ts';
import { durationText, fromNowText } from '../duration-text.ts';
import { serverNowMs } from '../server-clock.ts';
import { stepFunctionsCommand, type StepFunctionsOptions, stepFunctions } from '../step-functions-options.ts';
import { exitCode } from '../exit-code.ts';
import { findStateMachine, standardStateMachines } from '../find-execution.ts';
import { outputWidth, print, printJson, say, style } from '../output.ts';
import { printable } from '../printable.ts';
import { askStepFunctions } from '../step-functions-error.ts';
import { type Column, table } from '../table.ts';

interface ListOptions extends StepFunctionsOptions {
  stateMachine?: string;
  status?: ExecutionStatus;
  limit: number;
  cursor?: string;
}

interface ExecutionsPage {
  executions: ExecutionListItem[];
  nextCursor?: string;
}

export function executionsList(): Command {
  return stepFunctionsCommand('executions list', 'List executions, the newest first.', [
    'countersign executions list',
    'countersign executions list --status RUNNING',
    'countersign executions list --state-machine ORDERS --json',
  ])
    .option('--state-machine <arn>', 'only of this state machine; its name will do (default: of all)')
    .addOption(
      new Option('--status <status>', 'only with this status').choices([
        'RUNNING',
        'SUCCEEDED',
        'FAILED',
        'TIMED_OUT',
        'ABORTED',
        'PENDING_REDRIVE',
      ]),
    )
    .option('--limit <number>', 'at most so many', wholeNumber('A limit', 1, 1000), 50)
    .option('--cursor <cursor>', 'go on where a page ended: its nextCursor')
    .action(list);
}

async function list(options: ListOptions): Promise<void> {
  const client = await stepFunctions(options);
  const page = await askStepFunctions(options, () => executions(client, options));
  client.destroy();
  if (options.json) return printJson(page);
  if (page.executions.length === 0) say('There are no such executions.');
  else print(table(columns(serverNowMs()), page.executions, outputWidth(), (heading) => style('bold', heading)));
  if (page.nextCursor !== undefined)
    say(`→ there are more: the same command with --cursor ${printable(page.nextCursor)}`);
}

async function executions(client: SFN, options: ListOptions): Promise<ExecutionsPage> {
  if (options.stateMachine !== undefined) {
    return executionsOf(client, await findStateMachine(client, options.stateMachine, standardStateMachines), options);
  }
  const [only, ...others] = await standardStateMachines(client);
  if (only?.stateMachineArn !== undefined && others.length === 0)
    return executionsOf(client, only.stateMachineArn, options);
  if (options.cursor !== undefined) {
    throw new CliError(
      exitCode.usage,
      'A cursor goes on in one state machine, and there are several.',
      'Say which: --state-machine NAME.',
    );
  }
  return newestOfAll(
    client,
    [only, ...others].flatMap((machine) => machine?.stateMachineArn ?? []),
    options,
  );
}

async function executionsOf(client: SFN, stateMachineArn: string, options: ListOptions): Promise<ExecutionsPage> {
  const { executions, nextToken } = await client.listExecutions({
    stateMachineArn,
    maxResults: options.limit,
    statusFilter: options.status,
    nextToken: options.cursor,
  });
  return { executions: executions ?? [], ...(nextToken !== undefined && { nextCursor: nextToken }) };
}

/** Step Functions lists one machine at a time, so a page over all of them has no cursor: it is the newest of each. */
async function newestOfAll(
  client: SFN,
  stateMachineArns: readonly string[],
  options: ListOptions,
): Promise<ExecutionsPage> {
  const pages: ExecutionsPage[] = [];
  for (const stateMachineArn of stateMachineArns) pages.push(await executionsOf(client, stateMachineArn, options));
  const executions = pages.flatMap((page) => page.executions).sort((a, b) => startMs(b) - startMs(a));
  return { executions: executions.slice(0, options.limit) };
}

function columns(nowMs: number): Column<ExecutionListItem>[] {
  return [
    { heading: 'EXECUTION', value: ({ name }) => name ?? '' },
    { heading: 'STATUS', value: ({ status }) => status ?? '' },
    { heading: 'STARTED', value: (execution) => fromNowText(startMs(execution), nowMs) },
    {
      heading: 'TOOK',
      value: (execution) =>
        execution.stopDate === undefined ? '' : durationText(execution.stopDate.getTime() - startMs(execution)),
    },
    {
      heading: 'STATE MACHINE',
      value: ({ stateMachineArn }) => stateMachineArn?.split(':').at(-1) ?? '',
      shrinks: true,
    },
  ];
}

function startMs(execution: ExecutionListItem): number {
  return execution.startDate?.getTime() ?? 0;
}
