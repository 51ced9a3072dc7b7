import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../template.ts';
import type { ContainerSpec, KeyValue, Task } from './ecs-task.ts';

/** What is to be run, every override applied. */
export interface NewTask {
  readonly clusterArn: string;
  readonly taskDefinitionArn: string;
  readonly group: string;
  readonly startedBy?: string;
  readonly taskRoleArn?: string;
  readonly cpu: number;
  readonly memoryMb: number;
  readonly containers: readonly ContainerSpec[];
  readonly overrides: JsonObject;
  readonly tags: readonly KeyValue[];
  readonly enableExecuteCommand: boolean;
  readonly priority: number;
  readonly batchJobId?: string;
}

/** A task that waits for its place. */
export function newTask(given: NewTask, nowMs: number): Task {
  const id = hexId();
  const { cpu, memoryMb, containers, ...rest } = given;
  // arn:aws:ecs:region:account:cluster/name
  const [, prefix = '', clusterName = ''] = /^(.*):cluster\/(.*)$/v.exec(given.clusterArn) ?? [];
  return {
    ...rest,
    id,
    arn: `${prefix}:task/${clusterName}/${id}`,
    launchType: 'FARGATE',
    cpu: String(cpu),
    memory: String(memoryMb),
    containers: containers.map((container, index) => ({
      ...container,
      runtimeId: `${hexId()}-${String(index + 1).padStart(10, '0')}`,
      containerArn: `${prefix}:container/${clusterName}/${id}/${randomUUID()}`,
      lastStatus: 'PENDING',
    })),
    version: 1,
    lastStatus: 'PROVISIONING',
    desiredStatus: 'RUNNING',
    createdAtMs: nowMs,
  };
}

function hexId(): string {
  return randomUUID().replaceAll('-', '');
}

/** As the awslogs driver names it: prefix, container, task. */
export function logStreamOf({ logStreamPrefix, name }: ContainerSpec, taskId: string): string {
  return [...(logStreamPrefix === undefined ? [] : [logStreamPrefix]), name, taskId].join('/');
}
