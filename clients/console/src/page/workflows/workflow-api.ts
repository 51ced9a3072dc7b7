import type { Answered } from '../api.ts';
import { askMachine } from '../machine.ts';

// Step Functions as the host offers it to pages: `local/host/src/services/workflow-requests.ts`. Instants in the answers of
// Step Functions' own actions are epoch seconds, all others ISO 8601 in UTC.

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'PENDING_REDRIVE';

export interface MachineItem {
  readonly stateMachineArn: string;
  readonly name: string;
  readonly type: 'STANDARD' | 'EXPRESS';
  readonly creationDate: string;
  readonly counts: Readonly<Partial<Record<ExecutionStatus, number>>>;
  /** Newest first. */
  readonly recent: readonly { readonly status: ExecutionStatus; readonly startDate: string }[];
}

export interface Machines {
  readonly machines: readonly MachineItem[];
  /** Counting went no further. */
  readonly countedMax: number;
  readonly nextToken?: string;
}

export interface MachineDescription {
  readonly stateMachineArn: string;
  readonly name: string;
  readonly type: 'STANDARD' | 'EXPRESS';
  readonly status: string;
  readonly definition: string;
  readonly creationDate: number;
}

export interface ExecutionItem {
  readonly executionArn: string;
  readonly stateMachineArn: string;
  readonly name: string;
  readonly status: ExecutionStatus;
  readonly startDate: number;
  readonly stopDate?: number;
  readonly redriveCount?: number;
}

export interface Executions {
  readonly executions: readonly ExecutionItem[];
  readonly nextToken?: string;
}

export interface ExecutionDescription extends ExecutionItem {
  readonly input?: string;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
  readonly mapRunArn?: string;
  readonly redriveStatus?: string;
  readonly redriveStatusReason?: string;
}

/** An event has its details in a member that is named after its type. */
export interface HistoryEvent {
  readonly id: number;
  readonly previousEventId?: number;
  readonly timestamp: number;
  readonly type: string;
  readonly [details: string]: unknown;
}

export interface HistoryPage {
  readonly events: readonly HistoryEvent[];
  readonly nextToken?: string;
}

export interface MapRunItem {
  readonly mapRunArn: string;
  readonly startDate: number;
  readonly stopDate?: number;
}

export interface MapRunDescription extends MapRunItem {
  readonly status: string;
  readonly itemCounts: Readonly<Record<string, number>>;
}

export interface WaitingTask {
  readonly taskId: string;
  readonly executionArn: string;
  readonly stateName: string;
  readonly resource: string;
  readonly since: string;
  readonly timeoutAt?: string;
  readonly heartbeatBy?: string;
}

export interface WaitingTasks {
  readonly tasks: readonly WaitingTask[];
  readonly nextToken?: string;
}

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
): Promise<Answered<{ readonly executions: readonly { readonly executionArn: string }[] }>> {
  return askMachine('GET', `executions${queryOf({ name })}`);
}

export type TaskAnswer =
  | { readonly kind: 'success'; readonly output: string }
  | { readonly kind: 'failure'; readonly error?: string; readonly cause?: string }
  | { readonly kind: 'heartbeat' };

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
