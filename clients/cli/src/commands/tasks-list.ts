import type { Command } from 'commander';
import { hostUrl } from '../answer-task.ts';
import { listTasks, type TasksPage, type WaitingTask } from '../ask-tasks.ts';
import { durationText, fromNowText } from '../duration-text.ts';
import { nameOfArn } from '../execution-target.ts';
import { findExecution, findStateMachine } from '../find-execution.ts';
import { outputWidth, print, printJson, say, style } from '../output.ts';
import { printable } from '../printable.ts';
import { serverNowMs } from '../server-clock.ts';
import { askStepFunctions } from '../step-functions-error.ts';
import { stepFunctions, stepFunctionsCommand, type StepFunctionsOptions } from '../step-functions-options.ts';
import { type Column, table } from '../table.ts';

interface ListOptions extends StepFunctionsOptions {
  stateMachine?: string;
  execution?: string;
  cursor?: string;
}

export function tasksList(): Command {
  return stepFunctionsCommand(
    'tasks list',
    'List the tasks that wait for an answer, on a host of this program; AWS does not tell which do.',
    [
      'countersign tasks list',
      'countersign tasks list --state-machine ORDERS',
      "countersign tasks list --execution apples-1 --json | jq -r '.tasks[].taskId'",
    ],
  )
    .option('--state-machine <arn>', 'only of this state machine; its name will do')
    .option('--execution <arn>', 'only of this execution; its name will do')
    .option('--cursor <cursor>', 'go on where a page ended: its nextToken')
    .action(list);
}

async function list(options: ListOptions): Promise<void> {
  const endpoint = hostUrl(options);
  const page = await listTasks(endpoint, await queryOf(options));
  if (options.json) return printJson(page);
  if (page.tasks.length > 0)
    print(table(columns(serverNowMs()), page.tasks, outputWidth(), (heading) => style('bold', heading)));
  else if (page.nextToken === undefined) say('No task waits for an answer.');
  sayNext(page);
}

function sayNext({ tasks, nextToken }: TasksPage): void {
  if (nextToken !== undefined) say(`→ there are more: the same command with --cursor ${printable(nextToken)}`);
  else if (tasks[0] !== undefined) say(`→ countersign tasks succeed ${printable(tasks[0].taskId)} --output '{}'`);
}

async function queryOf({ cursor, ...options }: ListOptions): Promise<Record<string, string>> {
  const { stateMachine, execution } = options;
  const next = cursor === undefined ? {} : { nextToken: cursor };
  if (stateMachine === undefined && execution === undefined) return next;
  const client = await stepFunctions(options);
  const found = await askStepFunctions(options, async () => ({
    ...(stateMachine !== undefined && { stateMachineArn: await findStateMachine(client, stateMachine) }),
    ...(execution !== undefined && { executionArn: await findExecution(client, execution) }),
  }));
  client.destroy();
  return { ...next, ...found };
}

function columns(nowMs: number): Column<WaitingTask>[] {
  return [
    { heading: 'TASK', value: ({ taskId }) => taskId },
    { heading: 'STATE', value: ({ stateName }) => stateName, shrinks: true },
    { heading: 'EXECUTION', value: ({ executionArn }) => nameOfArn(executionArn) },
    { heading: 'WAITS', value: ({ since }) => durationText(nowMs - Date.parse(since)) },
    { heading: 'UNTIL', value: (task) => untilText(task, nowMs) },
    { heading: 'RESOURCE', value: ({ resource }) => resource, shrinks: true },
  ];
}

/** Whatever ends it first. */
function untilText({ timeoutAt, heartbeatBy }: WaitingTask, nowMs: number): string {
  const ends = [timeoutAt, heartbeatBy].flatMap((at) => (at === undefined ? [] : [Date.parse(at)]));
  return ends.length === 0 ? '' : fromNowText(Math.min(...ends), nowMs);
}
