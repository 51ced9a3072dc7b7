import type { JsonObject } from '../template.ts';

/** What a container of a task is made of, all overrides applied. */
export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly entryPoint?: readonly string[];
  readonly command?: readonly string[];
  readonly workingDirectory?: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What is read from Secrets Manager when the container starts, by the name of the variable; the values are kept nowhere. */
  readonly secrets: Readonly<Record<string, string>>;
  /** When an essential container ends, so does its task. */
  readonly isEssential: boolean;
  readonly stopTimeoutSeconds: number;
  readonly memoryMb: number;
  /** The log group, where the definition names one. */
  readonly logGroup?: string;
  readonly logStreamPrefix?: string;
}

export interface TaskContainer extends ContainerSpec {
  /** 32 hexadecimal digits and a number, as on Fargate. */
  readonly runtimeId: string;
  readonly containerArn: string;
  readonly lastStatus: 'PENDING' | 'RUNNING' | 'STOPPED';
  readonly exitCode?: number;
  readonly reason?: string;
}

/** The lives of a task on Fargate. Those in between of AWS take no time here. @see ECS Developer Guide, "Task lifecycle" */
export type TaskStatus = 'PROVISIONING' | 'PENDING' | 'RUNNING' | 'STOPPED';

export type StopCode = 'TaskFailedToStart' | 'EssentialContainerExited' | 'UserInitiated' | 'TerminationNotice';

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** A task as it is kept: a row that each change replaces by a newer version. Instants are epoch milliseconds. */
export interface Task {
  /** 32 hexadecimal digits. */
  readonly id: string;
  readonly arn: string;
  readonly clusterArn: string;
  readonly taskDefinitionArn: string;
  readonly group: string;
  readonly startedBy?: string;
  readonly launchType: 'FARGATE';
  /** Whose credentials the containers get; undefined where the definition names no task role. */
  readonly taskRoleArn?: string;
  readonly cpu: string;
  readonly memory: string;
  readonly tags: readonly KeyValue[];
  /** As they were asked for, in the API's own spelling. */
  readonly overrides: JsonObject;
  readonly enableExecuteCommand: boolean;
  readonly containers: readonly TaskContainer[];
  /** What waits for a place is taken by priority, the highest first, and by age. */
  readonly priority: number;
  /** Counts the changes. */
  readonly version: number;
  readonly lastStatus: TaskStatus;
  readonly desiredStatus: 'RUNNING' | 'STOPPED';
  readonly createdAtMs: number;
  readonly pullStartedAtMs?: number;
  readonly pullStoppedAtMs?: number;
  readonly startedAtMs?: number;
  readonly stoppingAtMs?: number;
  readonly executionStoppedAtMs?: number;
  readonly stoppedAtMs?: number;
  readonly stopCode?: StopCode;
  readonly stoppedReason?: string;
  /** The job of Batch that this is an attempt of. */
  readonly batchJobId?: string;
}
