import type { DescribeExecutionOutput, ExecutionStatus, HistoryEvent, SFN } from '@aws-sdk/client-sfn';
import { CliError } from './cli-error.ts';
import { executionView } from './execution-view.ts';
import { nameOfArn } from './execution-target.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
import { eventSubject } from './history-event.ts';
import { liveView } from './live-view.ts';
import { outputWidth, print, printJson } from './output.ts';
import { poll } from './poll.ts';
import { printableLine } from './printable.ts';
import { eventsAfter, redactorFor } from './read-history.ts';
import { serverNowMs } from './server-clock.ts';
import { NO_VISITS, type StateVisits, withEvents } from './state-visits.ts';
import { askStepFunctions } from './step-functions-error.ts';
import type { StepFunctionsOptions } from './step-functions-options.ts';
import { stopSignal } from './stop-signal.ts';

interface Watch extends StepFunctionsOptions {
  /** Seconds. */
  readonly interval: number;
}

/**
 * Shows an execution as it goes: drawn anew on a terminal, a line for each event elsewhere.
 *
 * @throws {CliError} with the exit code of its outcome, where it has not succeeded.
 */
export async function watchExecution(client: SFN, executionArn: string, options: Watch): Promise<void> {
  const stop = stopSignal();
  const redact = await askStepFunctions(options, () => redactorFor(client, executionArn));
  const show = process.stdout.isTTY && !options.json ? onTerminal() : asLines(options);
  let states = NO_VISITS;
  let outcome: DescribeExecutionOutput | undefined;
  const look = async () => {
    // The description first: what it says has ended, the history that is read after it has the end of.
    const execution = await client.describeExecution({ executionArn });
    const events = redact(await eventsAfter(client, executionArn, states.lastEventId));
    states = withEvents(states, events);
    show(redact(execution), states, events);
    // On AWS the history may be a moment behind.
    if (execution.status !== 'RUNNING' && (hasEnd(events) || events.length === 0)) outcome = redact(execution);
    return outcome !== undefined ? 'ended' : events.length > 0 ? 'changed' : 'same';
  };
  await poll({ intervalMs: options.interval * 1000, stop, ask: () => askStepFunctions(options, look) });
  client.destroy();
  if (outcome !== undefined) endAs(outcome);
}

function hasEnd(events: readonly HistoryEvent[]): boolean {
  return /^Execution(?:Succeeded|Failed|TimedOut|Aborted)$/.test(events.at(-1)?.type ?? '');
}

type Show = (execution: DescribeExecutionOutput, states: StateVisits, events: readonly HistoryEvent[]) => void;

function onTerminal(): Show {
  const redraw = liveView(process.stdout);
  return (execution, states) => {
    const size = { columns: outputWidth(), rows: process.stdout.rows || 24 };
    redraw(executionView(execution, states, serverNowMs(), size));
  };
}

function asLines({ json }: Watch): Show {
  return (_execution, _states, events) => {
    for (const event of events) {
      if (json) printJson(event);
      else print(eventLine(event));
    }
  };
}

function eventLine(event: HistoryEvent): string {
  const { timestamp, id = 0, type = '' } = event;
  const cells = [timestamp?.toISOString() ?? '', `#${id}`, type, printableLine(eventSubject(event) ?? '')];
  return cells.join('  ').trimEnd();
}

const EXIT_CODES: Readonly<Partial<Record<ExecutionStatus, ExitCode>>> = {
  FAILED: exitCode.executionFailed,
  TIMED_OUT: exitCode.expired,
  ABORTED: exitCode.executionAborted,
};

function endAs({ status, executionArn, error, cause }: DescribeExecutionOutput): void {
  if (status === 'SUCCEEDED' || status === undefined) return;
  const name = nameOfArn(executionArn);
  throw new CliError(
    EXIT_CODES[status] ?? exitCode.failure,
    `${name} ended as ${status}${error === undefined ? '' : `: ${error}`}.`,
    `\`countersign executions history ${name}\` shows how it came to that; \`executions redrive\` goes on from there.`,
    cause === undefined ? [] : cause.split('\n', 20),
  );
}
