import type { DistributedMapPlan, FailureTolerance, Json } from '../../asl/src/index.ts';
import type { Job } from './job-io.ts';

/**
 * What must now be done, or be done later. Each is a row with a due time before anybody acts on it.
 * `effectId` is unique within its execution, also over retries.
 */
export type Effect =
  InvokeTask | OfferToWorkers | AwaitToken | AwaitExecution | AwaitJob | RunMap | RedriveMap | Postpone | Wake;

/** Call the task's resource, once. At the due time the attempt is over, whether the call has returned or not. */
export interface InvokeTask {
  readonly type: 'InvokeTask';
  readonly effectId: number;
  readonly dueAtMs: number;
  readonly call: TaskCall;
}

/** Keep the task for a worker of the activity to ask for. */
export interface OfferToWorkers {
  readonly type: 'OfferToWorkers';
  readonly effectId: number;
  readonly dueAtMs: number;
  readonly activityArn: string;
  readonly input: Json;
}

/** The call has returned; the task rests until its token does, or until the due time of its timeout or heartbeat. */
export interface AwaitToken {
  readonly type: 'AwaitToken';
  readonly effectId: number;
  readonly dueAtMs: number;
}

/** The call has started an execution; the task rests until that has ended, or its own time is over. */
export interface AwaitExecution {
  readonly type: 'AwaitExecution';
  readonly effectId: number;
  readonly dueAtMs: number;
  readonly executionArn: string;
}

/** The call has submitted a job; the task rests until that has ended, or its own time is over. */
export interface AwaitJob {
  readonly type: 'AwaitJob';
  readonly effectId: number;
  readonly dueAtMs: number;
  readonly job: Job;
}

/** Run the items of a distributed Map as executions of their own. */
export interface RunMap {
  readonly type: 'RunMap';
  readonly effectId: number;
  readonly dueAtMs: number;
  readonly mapRunArn: string;
  readonly label: string;
  /** The frame whose Map state it is, and the way to that state. */
  readonly frameId: number;
  readonly path: readonly (string | number)[];
  readonly plan: DistributedMapPlan;
  readonly tolerance: FailureTolerance;
  /** 0 means as many as the engine takes. */
  readonly maxConcurrency: number;
}

/** Continue the run of a distributed Map that did not succeed: its unsuccessful children, and those that never began. */
export interface RedriveMap {
  readonly type: 'RedriveMap';
  readonly effectId: number;
  readonly dueAtMs: number;
  readonly mapRunArn: string;
}

/** An open task was heard of: it keeps its row and gets another due time. */
export interface Postpone {
  readonly type: 'Postpone';
  readonly effectId: number;
  readonly dueAtMs: number;
}

/** Go on at the due time: the end of a Wait, of the pause before a retry, or of a long run's breath. */
export interface Wake {
  readonly type: 'Wake';
  readonly effectId: number;
  readonly dueAtMs: number;
}

/** What a task handler is given. The parameters are final: templates are filled, and hold the task token where the author put it. */
export interface TaskCall {
  readonly executionArn: string;
  readonly stateName: string;
  /** As in the definition. */
  readonly resource: string;
  readonly parameters: Json;
  readonly roleArn: string;
}
