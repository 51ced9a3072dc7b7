import type { DescribeExecutionOutput } from '@aws-sdk/client-sfn';
import { durationText, fromNowText } from './duration-text.ts';
import { style } from './output.ts';
import { printable } from './printable.ts';
import type { StateVisit } from './state-visits.ts';
import { facts } from './table.ts';

/** An execution as it is described, with the states it is in. */
export interface ShownExecution {
  readonly execution: DescribeExecutionOutput;
  readonly current: readonly StateVisit[];
}

/** Everything a person wants to know of one execution, one fact a line. */
export function executionFacts({ execution, current }: ShownExecution, nowMs: number): string {
  const { redriveCount = 0 } = execution;
  return factLines([
    ...titleFacts(execution, nowMs),
    ...current.map(({ name, enteredAtMs, status }, index): [string, string] => [
      index === 0 ? 'State' : '',
      `${printable(name)}, entered ${fromNowText(enteredAtMs, nowMs)}${status === 'waits' ? ', waits for its answer' : ''}`,
    ]),
    ['Redriven', redriveCount === 0 ? '' : `${redriveCount} × (${instantText(execution.redriveDate, nowMs)})`],
    ['Input', printable(execution.input ?? '')],
    ['Output', printable(execution.output ?? '')],
    ['Error', printable(execution.error ?? '')],
    ['Cause', printable(execution.cause ?? '')],
  ]);
}

/** Which one it is and how it stands. */
export function titleFacts(execution: DescribeExecutionOutput, nowMs: number): [string, string][] {
  const { startDate, stopDate } = execution;
  return [
    ['Execution', printable(execution.name ?? '')],
    ['Machine', printable(execution.stateMachineArn?.split(':').at(-1) ?? '')],
    ['Status', executionStatusText(execution.status ?? '')],
    ['Started', instantText(startDate, nowMs)],
    [
      'Ended',
      stopDate === undefined
        ? ''
        : `${instantText(stopDate, nowMs)}, after ${durationText(stopDate.getTime() - (startDate?.getTime() ?? 0))}`,
    ],
  ];
}

/** Those facts that have a value; all of them safe to show already. */
export function factLines(entries: readonly (readonly [name: string, value: string])[]): string {
  return facts(
    entries.filter(([, value]) => value !== ''),
    (name) => style('dim', name),
  );
}

const COLOURS = {
  RUNNING: 'yellow',
  SUCCEEDED: 'green',
  FAILED: 'red',
  TIMED_OUT: 'red',
  ABORTED: 'magenta',
  PENDING_REDRIVE: 'yellow',
} as const;

export function executionStatusText(status: string): string {
  const colour = Object.entries(COLOURS).find(([name]) => name === status)?.[1];
  return colour === undefined ? printable(status) : style(colour, status);
}

function instantText(date: Date | undefined, nowMs: number): string {
  return date === undefined ? '' : `${date.toISOString()} (${fromNowText(date.getTime(), nowMs)})`;
}
