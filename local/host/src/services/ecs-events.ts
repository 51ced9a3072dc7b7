import type { JsonObject } from '../template.ts';
import type { Task } from './ecs-task.ts';

/** What EventBridge is told when a task changes. @see ECS Developer Guide, "Amazon ECS task state change events" */
export function taskStateChange(task: Task, region: string, nowMs: number) {
  return {
    source: 'aws.ecs',
    'detail-type': 'ECS Task State Change',
    resources: [task.arn],
    detail: detailOf(task, region, nowMs),
  };
}

function detailOf(task: Task, region: string, nowMs: number): JsonObject {
  const { clusterArn, taskDefinitionArn, group, launchType, cpu, memory, lastStatus, desiredStatus } = task;
  return {
    attachments: [],
    attributes: [{ name: 'ecs.cpu-architecture', value: process.arch === 'arm64' ? 'arm64' : 'x86_64' }],
    availabilityZone: `${region}a`,
    clusterArn,
    connectivity: 'CONNECTED',
    containers: task.containers.map((container) => ({
      containerArn: container.containerArn,
      ...(container.exitCode !== undefined && { exitCode: container.exitCode }),
      lastStatus: container.lastStatus,
      name: container.name,
      image: container.image,
      runtimeId: container.runtimeId,
      taskArn: task.arn,
      networkInterfaces: [],
      cpu: '0',
      memory: String(container.memoryMb),
      ...(container.reason !== undefined && { reason: container.reason }),
    })),
    cpu,
    createdAt: iso(task.createdAtMs),
    desiredStatus,
    enableExecuteCommand: task.enableExecuteCommand,
    ephemeralStorage: { sizeInGiB: 20 },
    ...instant('executionStoppedAt', task.executionStoppedAtMs),
    group,
    lastStatus,
    launchType,
    memory,
    overrides: task.overrides,
    platformVersion: '1.4.0',
    ...instant('pullStartedAt', task.pullStartedAtMs),
    ...instant('pullStoppedAt', task.pullStoppedAtMs),
    ...instant('startedAt', task.startedAtMs),
    ...(task.startedBy !== undefined && { startedBy: task.startedBy }),
    ...instant('stoppingAt', task.stoppingAtMs),
    ...instant('stoppedAt', task.stoppedAtMs),
    ...(task.stopCode !== undefined && { stopCode: task.stopCode }),
    ...(task.stoppedReason !== undefined && { stoppedReason: task.stoppedReason }),
    taskArn: task.arn,
    taskDefinitionArn,
    updatedAt: iso(nowMs),
    version: task.version,
  };
}

function instant(name: string, atMs: number | undefined): Record<string, string> {
  return atMs === undefined ? {} : { [name]: iso(atMs) };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
