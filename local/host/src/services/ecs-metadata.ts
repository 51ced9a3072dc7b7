import type { RequestListener } from 'node:http';
import { refuse } from '../http-server.ts';
import type { JsonObject } from '../template.ts';
import type { Task, TaskContainer } from './ecs-task.ts';

/** Below it each container has a path of its own. No bucket is called `v4`, for lack of letters. */
export const METADATA_PATH = '/v4/';

/** What a container can ask about itself and its task. @see ECS Developer Guide, "Task metadata endpoint version 4 for Fargate" */
export interface EcsMetadata {
  /** @returns what stands for the container in its path */
  open(task: Task, container: TaskContainer): string;
  close(task: Task): void;
  handle: RequestListener;
}

/** A path is there as long as its task has not stopped. What it tells is no secret: neither environment nor credentials. */
export function createEcsMetadata(options: {
  readonly find: (taskId: string) => Task | undefined;
  readonly region: string;
}): EcsMetadata {
  const opened = new Map<string, string>();
  return {
    open(task, { runtimeId }) {
      opened.set(runtimeId, task.id);
      return runtimeId;
    },
    close(task) {
      for (const { runtimeId } of task.containers) opened.delete(runtimeId);
    },
    handle(request, response) {
      const [, runtimeId = '', what = ''] = /^\/v4\/([0-9a-f\-]+)(\/task)?$/v.exec(request.url ?? '') ?? [];
      const task = options.find(opened.get(runtimeId) ?? '');
      const container = task?.containers.find((one) => one.runtimeId === runtimeId);
      if (request.method !== 'GET' || task === undefined || container === undefined) {
        return refuse(response, 404, 'NotFound', 'There is no such metadata.');
      }
      const answer = what === '/task' ? taskMetadata(task, options.region) : containerMetadata(task, container);
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(JSON.stringify(answer));
    },
  };
}

function taskMetadata(task: Task, region: string): JsonObject {
  return {
    Cluster: task.clusterArn,
    TaskARN: task.arn,
    ...definitionOf(task),
    DesiredStatus: task.desiredStatus,
    KnownStatus: task.lastStatus,
    Limits: { CPU: Number(task.cpu) / 1024, Memory: Number(task.memory) },
    ...(task.pullStartedAtMs !== undefined && { PullStartedAt: iso(task.pullStartedAtMs) }),
    ...(task.pullStoppedAtMs !== undefined && { PullStoppedAt: iso(task.pullStoppedAtMs) }),
    AvailabilityZone: `${region}a`,
    LaunchType: task.launchType,
    Containers: task.containers.map((container) => containerMetadata(task, container)),
    EphemeralStorageMetrics: { Utilized: 0, Reserved: 20_496 },
  };
}

function containerMetadata(task: Task, container: TaskContainer): JsonObject {
  const { Family, Revision } = definitionOf(task);
  return {
    DockerId: container.runtimeId,
    Name: container.name,
    DockerName: container.name,
    Image: container.image,
    ImageID: container.image.slice(container.image.lastIndexOf(':') + 1),
    Labels: {
      'com.amazonaws.ecs.cluster': task.clusterArn,
      'com.amazonaws.ecs.container-name': container.name,
      'com.amazonaws.ecs.task-arn': task.arn,
      'com.amazonaws.ecs.task-definition-family': Family,
      'com.amazonaws.ecs.task-definition-version': Revision,
    },
    DesiredStatus: task.desiredStatus,
    KnownStatus: container.lastStatus,
    Limits: { CPU: 0, Memory: container.memoryMb },
    CreatedAt: iso(task.createdAtMs),
    ...(task.startedAtMs !== undefined && { StartedAt: iso(task.startedAtMs) }),
    Type: 'NORMAL',
    ContainerARN: container.containerArn,
    LogDriver: 'awslogs',
    Networks: [{ NetworkMode: 'awsvpc', IPv4Addresses: ['127.0.0.1'] }],
  };
}

function definitionOf({ taskDefinitionArn }: Task): { Family: string; Revision: string } {
  const [, Family = '', Revision = ''] = /\/([^:]+):(\d+)$/v.exec(taskDefinitionArn) ?? [];
  return { Family, Revision };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
