import type { Answered } from '../api.ts';
import { askMachine } from '../machine.ts';
import type { Machines, TaskAnswer, WaitingTasks } from './workflow.ts';

// Step Functions as the host offers it to pages.

/** One action of Step Functions, by the name that AWS gives it. Task tokens in the answer are hidden. */
export function askStates<Body>(action: string, body: object, signal?: AbortSignal): Promise<Answered<Body>> {
  return askMachine<Body>('POST', `states/${action}`, body, signal);
}

export function listMachines(nextToken: string | undefined, signal?: AbortSignal): Promise<Answered<Machines>> {
  return askMachine<Machines>('GET', `machines${queryOf({ nextToken })}`, undefined, signal);
}

export function listTasks(
  of: { readonly stateMachineArn?: string; readonly executionArn?: string; readonly nextToken?: string },
  signal?: AbortSignal,
): Promise<Answered<WaitingTasks>> {
  return askMachine<WaitingTasks>('GET', `tasks${queryOf({ ...of })}`, undefined, signal);
}

/** The executions that bear a name, of whatever state machine. */
export function findExecutions(
  name: string,
  signal?: AbortSignal,
): Promise<Answered<{ readonly executions: readonly { readonly executionArn: string }[] }>> {
  return askMachine('GET', `executions${queryOf({ name })}`, undefined, signal);
}

export function answerTask(taskId: string, { kind, ...body }: TaskAnswer): Promise<Answered<object>> {
  return askMachine<object>('POST', `tasks/${encodeURIComponent(taskId)}/${kind}`, body);
}

function queryOf(given: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(given)) if (value !== undefined) query.set(name, value);
  return query.size === 0 ? '' : `?${query.toString()}`;
}

/** The last part of an ARN: the name of a state machine or of an execution. */
export function nameOf(arn: string): string {
  return arn.slice(arn.lastIndexOf(':') + 1);
}
