import type { HistoryEvent } from './history-event.ts';

/** Told of decisions and failures by a name that can be searched. What is told is on disk. */
export type EngineLog = (event: string, fields: Readonly<Record<string, unknown>>) => void;

const names: Readonly<Record<string, string>> = {
  ExecutionStarted: 'execution.started',
  ExecutionRedriven: 'execution.redriven',
  ExecutionSucceeded: 'execution.succeeded',
  ExecutionFailed: 'execution.failed',
  ExecutionAborted: 'execution.aborted',
  ExecutionTimedOut: 'execution.timed-out',
  TaskSubmitted: 'task.waiting',
  TaskFailed: 'task.failed',
  TaskTimedOut: 'task.timed-out',
  LambdaFunctionFailed: 'task.failed',
  LambdaFunctionTimedOut: 'task.timed-out',
};

/**
 * Logs what a step brought: what begins and ends, what rests, what fails. The history tells the rest.
 * Error names are logged, never causes or payloads: those may hold what somebody must not read.
 */
export function logEvents(
  log: EngineLog,
  executionArn: string,
  events: readonly HistoryEvent[],
  stateName: string | undefined,
): void {
  for (const event of events) {
    if (event.type.endsWith('StateEntered')) stateName = memberOf(event, 'name') ?? stateName;
    const name = names[event.type];
    if (name === undefined) {
      if (event.type === 'TaskStateEntered') log('state.entered', { executionArn, state: stateName });
      continue;
    }
    const error = memberOf(event, 'error');
    const state = name.startsWith('task.') ? stateName : undefined;
    log(name, {
      executionArn,
      eventId: event.id,
      ...(state !== undefined && { state }),
      ...(error !== undefined && { error }),
    });
  }
}

function memberOf(event: HistoryEvent, member: string): string | undefined {
  for (const details of Object.values(event)) {
    if (typeof details === 'object' && details !== null && member in details)
      return String((details as Record<string, unknown>)[member]);
  }
  return undefined;
}
