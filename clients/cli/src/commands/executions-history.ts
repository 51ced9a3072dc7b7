import type { HistoryEvent, SFN } from '@aws-sdk/client-sfn';
import type { Command } from 'commander';
import { wholeNumber } from '../command.ts';
import { stepFunctionsCommand, type StepFunctionsOptions, stepFunctions } from '../step-functions-options.ts';
import { findExecution } from '../find-execution.ts';
import { eventDetails, eventSubject } from '../history-event.ts';
import { outputWidth, print, printJson, say, style } from '../output.ts';
import { printable } from '../printable.ts';
import { redactorFor } from '../read-history.ts';
import { askStepFunctions } from '../step-functions-error.ts';
import { type Column, facts, table } from '../table.ts';

interface HistoryOptions extends StepFunctionsOptions {
  full?: true;
  reverse?: true;
  limit: number;
  cursor?: string;
}

interface History {
  executionArn: string;
  events: HistoryEvent[];
  nextCursor?: string;
}

export function executionsHistory(): Command {
  return stepFunctionsCommand(
    'executions history',
    'Show what happened in an execution, event by event. Task tokens are hidden.',
    [
      'countersign executions history apples-1',
      'countersign executions history apples-1 --full',
      'countersign executions history apples-1 --reverse --limit 5',
      'countersign executions history EXECUTION_ARN --profile production --json',
    ],
  )
    .argument('<execution>', "the execution's ARN, or its name")
    .option('--full', 'with input, output and whatever else an event holds')
    .option('--reverse', 'the newest event first')
    .option('--limit <number>', 'at most so many events', wholeNumber('A limit', 1, 1000), 1000)
    .option('--cursor <cursor>', 'go on where a page ended: its nextCursor')
    .action(show);
}

async function show(execution: string, options: HistoryOptions): Promise<void> {
  const client = await stepFunctions(options);
  const history = await askStepFunctions(options, () => historyOf(client, execution, options));
  client.destroy();
  if (options.json) return printJson(history);
  if (options.full) print(history.events.map(fullEvent).join('\n\n'));
  else
    print(table(columns(startMs(history.events)), history.events, outputWidth(), (heading) => style('bold', heading)));
  if (history.nextCursor !== undefined)
    say(`→ there are more: the same command with --cursor ${printable(history.nextCursor)}`);
}

async function historyOf(client: SFN, execution: string, options: HistoryOptions): Promise<History> {
  const executionArn = await findExecution(client, execution);
  const { events, nextToken } = await client.getExecutionHistory({
    executionArn,
    maxResults: options.limit,
    reverseOrder: options.reverse,
    nextToken: options.cursor,
    includeExecutionData: true,
  });
  const redact = await redactorFor(client, executionArn);
  return { executionArn, events: redact(events ?? []), ...(nextToken !== undefined && { nextCursor: nextToken }) };
}

function columns(startMs: number): Column<HistoryEvent>[] {
  return [
    { heading: '#', value: ({ id }) => String(id) },
    { heading: 'AT', value: ({ timestamp }) => secondsText((timestamp?.getTime() ?? startMs) - startMs) },
    { heading: 'EVENT', value: ({ type }) => type ?? '' },
    { heading: 'ABOUT', value: eventSubject, shrinks: true },
  ];
}

function fullEvent(event: HistoryEvent): string {
  const title = `${style('bold', `#${event.id} ${printable(event.type ?? '')}`)} ${style('dim', event.timestamp?.toISOString() ?? '')}`;
  const details = eventDetails(event).map(([name, value]): [string, string] => [`  ${name}`, printable(value)]);
  return details.length === 0 ? title : `${title}\n${facts(details, (name) => style('dim', name))}`;
}

function startMs(events: readonly HistoryEvent[]): number {
  return Math.min(...events.map(({ timestamp }) => timestamp?.getTime() ?? Number.POSITIVE_INFINITY));
}

/** The time since the first event shown, to the millisecond. */
function secondsText(ms: number): string {
  return `+${(ms / 1000).toFixed(3)} s`;
}
