import type { JsonObject } from '../template.ts';
import type { ContainerSpec } from './ecs-task.ts';

/** @see Batch User Guide, "Job states" */
export type JobStatus = 'SUBMITTED' | 'PENDING' | 'RUNNABLE' | 'STARTING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED';

export interface EvaluateOnExit {
  readonly onStatusReason?: string;
  readonly onReason?: string;
  readonly onExitCode?: string;
  /** In capitals. */
  readonly action: 'RETRY' | 'EXIT';
}

export interface RetryStrategy {
  readonly attempts: number;
  readonly evaluateOnExit: readonly EvaluateOnExit[];
}

/** One run of a job that has ended. */
export interface Attempt {
  readonly taskArn: string;
  readonly exitCode?: number;
  readonly reason?: string;
  readonly logStreamName?: string;
  /** Absent where no container began. */
  readonly startedAtMs?: number;
  readonly stoppedAtMs: number;
  readonly statusReason: string;
}

/** A job as it is kept: a row that each change replaces. Instants are epoch milliseconds. */
export interface Job {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly queueArn: string;
  readonly definitionArn: string;
  readonly status: JobStatus;
  readonly statusReason?: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  /** Ids of jobs that have to succeed before. */
  readonly dependsOn: readonly string[];
  readonly retryStrategy: RetryStrategy;
  readonly attemptDurationSeconds?: number;
  /** What each attempt runs; `container` adds to its environment what the attempt is called. */
  readonly container: ContainerSpec;
  readonly cpu: number;
  readonly memoryMb: number;
  readonly jobRoleArn?: string;
  readonly executionRoleArn?: string;
  readonly priority: number;
  readonly createdAtMs: number;
  /** Of the latest attempt. */
  readonly startedAtMs?: number;
  readonly stoppedAtMs?: number;
  readonly attempts: readonly Attempt[];
  /** The attempt that waits or runs. */
  readonly taskId?: string;
  /** Why it is to fail, whatever its attempt comes to; it is not tried again. */
  readonly terminatedFor?: string;
  readonly isCancelled: boolean;
  readonly isTerminated: boolean;
  /** As it was asked for, for the description. */
  readonly shown: JsonObject;
}

export function hasEnded({ status }: Pick<Job, 'status'>): boolean {
  return status === 'SUCCEEDED' || status === 'FAILED';
}
