// What the host answers about workflows: `local/host/src/services/workflow-requests.ts`. Instants in the answers of Step
// Functions' own actions are epoch seconds, all others ISO 8601 in UTC.

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

export type TaskAnswer =
  | { readonly kind: 'success'; readonly output: string }
  | { readonly kind: 'failure'; readonly error?: string; readonly cause?: string }
  | { readonly kind: 'heartbeat' };
