import type { JsonObject } from '../template.ts';
import type { Task } from './ecs-task.ts';

/** A task in the API's words; instants are epoch seconds. */
export function describedTask(task: Task, region: string, includeTags: boolean): JsonObject {
  return {
    attachments: [],
    attributes: [{ name: 'ecs.cpu-architecture', value: process.arch === 'arm64' ? 'arm64' : 'x86_64' }],
    availabilityZone: `${region}a`,
    clusterArn: task.clusterArn,
    connectivity: 'CONNECTED',
    containers: task.containers.map((container) => ({
      containerArn: container.containerArn,
      taskArn: task.arn,
      name: container.name,
      image: container.image,
      runtimeId: container.runtimeId,
      lastStatus: container.lastStatus,
      ...(container.exitCode !== undefined && { exitCode: container.exitCode }),
      ...(container.reason !== undefined && { reason: container.reason }),
      networkBindings: [],
      networkInterfaces: [],
      healthStatus: 'UNKNOWN',
      cpu: '0',
      memory: String(container.memoryMb),
    })),
    cpu: task.cpu,
    desiredStatus: task.desiredStatus,
    enableExecuteCommand: task.enableExecuteCommand,
    ephemeralStorage: { sizeInGiB: 20 },
    group: task.group,
    healthStatus: 'UNKNOWN',
    lastStatus: task.lastStatus,
    launchType: task.launchType,
    memory: task.memory,
    overrides: task.overrides,
    platformFamily: 'Linux',
    platformVersion: '1.4.0',
    ...(task.startedBy !== undefined && { startedBy: task.startedBy }),
    ...(task.stopCode !== undefined && { stopCode: task.stopCode }),
    ...(task.stoppedReason !== undefined && { stoppedReason: task.stoppedReason }),
    tags: includeTags ? task.tags.map(({ key, value }) => ({ key, value })) : [],
    taskArn: task.arn,
    taskDefinitionArn: task.taskDefinitionArn,
    version: task.version,
    createdAt: task.createdAtMs / 1000,
    ...instant('pullStartedAt', task.pullStartedAtMs),
    ...instant('pullStoppedAt', task.pullStoppedAtMs),
    ...instant('startedAt', task.startedAtMs),
    ...instant('stoppingAt', task.stoppingAtMs),
    ...instant('executionStoppedAt', task.executionStoppedAtMs),
    ...instant('stoppedAt', task.stoppedAtMs),
  };
}

function instant(name: string, atMs: number | undefined): Record<string, number> {
  return atMs === undefined ? {} : { [name]: atMs / 1000 };
}
