import type { RequestListener } from 'node:http';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Environment } from '../cloud-assembly.ts';
import type { Access } from '../iam/access.ts';
import type { Log } from '../log.ts';
import type { Json } from '../template.ts';
import { awsJsonListener, type ActionsOptions } from './aws-actions.ts';
import { AwsError } from './aws-error.ts';
import type { EcsDefinitions } from './ecs-definitions.ts';
import { describedTask } from './ecs-description.ts';
import { newTask } from './ecs-new-task.ts';
import { checkRunTask, invalid, overriddenContainers, RunTask, shownOverrides } from './ecs-run-task.ts';
import type { Task } from './ecs-task.ts';
import type { TaskStore } from './ecs-task-store.ts';
import type { Tasks } from './ecs-tasks.ts';
import { listToken, placeAfter } from './list-token.ts';
import type { MessageWrites } from './message-store.ts';

export interface EcsOptions {
  readonly environment: Environment;
  readonly definitions: EcsDefinitions;
  readonly store: TaskStore;
  readonly tasks: Tasks;
  readonly writes: MessageWrites;
  /** Who may do what, and what an action needs. */
  readonly access: Access;
  readonly permissions: NonNullable<ActionsOptions['permissions']>;
  readonly now: () => number;
  readonly log: Log;
}

const DescribeTasks = z.object({
  cluster: z.string().optional(),
  tasks: z.array(z.string()),
  include: z.array(z.string()).default([]),
});
const StopTask = z.object({ cluster: z.string().optional(), task: z.string(), reason: z.string().optional() });
const ListTasks = z.object({
  cluster: z.string().optional(),
  family: z.string().optional(),
  startedBy: z.string().optional(),
  desiredStatus: z.enum(['RUNNING', 'PENDING', 'STOPPED']).default('RUNNING'),
  launchType: z.string().optional(),
  maxResults: z.number().int().min(1).max(100).default(100),
  nextToken: z.string().optional(),
  serviceName: z.string().optional(),
  containerInstance: z.string().optional(),
});

/** ECS API Reference, DescribeTasks: "up to 100 task IDs". */
const DESCRIBED_MAX = 100;

/** So many rows are looked through for one page of a filtered list. */
const LOOKED_THROUGH_MAX = 1000;

/** ECS on Fargate: what RunTask has answered is on disk, and runs once. */
export function createEcsListener(options: EcsOptions): RequestListener {
  const { environment, definitions, store, tasks, writes, access, permissions, now, log } = options;
  const { region } = environment;

  async function runTask(input: unknown): Promise<Json> {
    const request = parsed(RunTask, input);
    const clusterArn = definitions.clusterArn(request.cluster);
    const definition = definitions.taskDefinition(request.taskDefinition);
    checkRunTask(request);
    const taskRoleArn = request.overrides.taskRoleArn ?? definition.taskRoleArn;
    const containers = overriddenContainers(definition, request.overrides);
    const started = await writes.write(() => {
      const known = request.clientToken === undefined ? undefined : tasksOf(clusterArn, request.clientToken, request);
      if (known !== undefined) return known;
      const created = Array.from({ length: request.count }, () =>
        newTask(
          {
            clusterArn,
            taskDefinitionArn: definition.arn,
            group: request.group ?? `family:${definition.family}`,
            cpu: Number(request.overrides.cpu ?? definition.cpu),
            memoryMb: Number(request.overrides.memory ?? definition.memoryMb),
            containers,
            overrides: shownOverrides(request, definition),
            tags: request.tags,
            enableExecuteCommand: request.enableExecuteCommand,
            priority: 0,
            ...(taskRoleArn !== undefined && { taskRoleArn }),
            ...(request.startedBy !== undefined && { startedBy: request.startedBy }),
          },
          now(),
        ),
      );
      for (const task of created) tasks.add(task);
      if (request.clientToken !== undefined) keepRequest(clusterArn, request.clientToken, request, created);
      return created;
    });
    return { tasks: started.map((task) => describedTask(task, region, true)), failures: [] };
  }

  /** Within a transaction: what an earlier request with the same token has started. */
  function tasksOf(cluster: string, clientToken: string, request: RunTask): Task[] | undefined {
    const before = store.findRequest(cluster, clientToken);
    if (before === undefined) return undefined;
    if (before.request !== digestOf(request)) {
      throw new AwsError('ConflictException', 'The client token was used before, with other parameters.');
    }
    return before.taskIds.flatMap((id) => store.find(id) ?? []);
  }

  function keepRequest(cluster: string, clientToken: string, request: RunTask, created: readonly Task[]): void {
    const taskIds = created.map(({ id }) => id);
    store.keepRequest({ cluster, clientToken, request: digestOf(request), taskIds, atMs: now() });
  }

  function find(clusterArn: string, idOrArn: string): Task | undefined {
    const isArn = idOrArn.startsWith('arn:');
    const task = store.find(isArn ? idOrArn.slice(idOrArn.lastIndexOf('/') + 1) : idOrArn);
    if (task === undefined || task.clusterArn !== clusterArn) return undefined;
    return isArn && idOrArn !== task.arn ? undefined : task;
  }

  function describeTasks(input: unknown): Json {
    const { cluster, tasks: ids, include } = parsed(DescribeTasks, input);
    const clusterArn = definitions.clusterArn(cluster);
    if (ids.length === 0) throw invalid('Tasks cannot be empty.');
    if (ids.length > DESCRIBED_MAX) throw invalid(`At most ${DESCRIBED_MAX} tasks can be described at a time.`);
    const found = ids.map((id) => ({ id, task: find(clusterArn, id) }));
    return {
      tasks: found.flatMap(({ task }) => task && describedTask(task, region, include.includes('TAGS'))).filter(isThere),
      failures: found
        .filter(({ task }) => task === undefined)
        .map(({ id }) => ({ arn: id.startsWith('arn:') ? id : `${taskPrefix(clusterArn)}/${id}`, reason: 'MISSING' })),
    };
  }

  async function stopTask(input: unknown): Promise<Json> {
    const { cluster, task: id, reason = 'Task stopped by user' } = parsed(StopTask, input);
    const clusterArn = definitions.clusterArn(cluster);
    const task = find(clusterArn, id);
    if (task === undefined) throw invalid('The referenced task was not found.');
    const stopped = await writes.write(() => tasks.stop(task.id, 'UserInitiated', reason));
    return { task: describedTask(stopped ?? task, region, false) };
  }

  function listTasks(input: unknown): Json {
    const query = parsed(ListTasks, input);
    const { family, startedBy, maxResults, serviceName, containerInstance } = query;
    if (family !== undefined && startedBy !== undefined) throw invalid('Cannot specify both startedBy and family.');
    const clusterArn = definitions.clusterArn(query.cluster);
    // What a service or an instance runs: there are none of either.
    if (serviceName !== undefined) throw new AwsError('ServiceNotFoundException', 'Service not found.');
    if (containerInstance !== undefined) return { taskArns: [] };
    const after = placeAfter(query.nextToken);
    if (after === undefined) throw invalid('Invalid token.');
    const stopped = query.desiredStatus === 'STOPPED';
    const rows = store.page({ clusterArn, after, limit: LOOKED_THROUGH_MAX, stopped });
    const fits = rows.filter(
      ({ task }) =>
        (family === undefined || familyOf(task.taskDefinitionArn) === family) &&
        (startedBy === undefined || task.startedBy === startedBy) &&
        query.desiredStatus !== 'PENDING',
    );
    const page = fits.slice(0, maxResults);
    const hasMore = fits.length > page.length || rows.length === LOOKED_THROUGH_MAX;
    const last = fits.length > page.length ? page.at(-1) : rows.at(-1);
    return {
      taskArns: page.map(({ task }) => task.arn),
      ...(hasMore && last !== undefined && { nextToken: listToken(last.sequence) }),
    };
  }

  return awsJsonListener({
    name: 'ecs',
    access,
    permissions,
    log,
    actions: { RunTask: runTask, DescribeTasks: describeTasks, StopTask: stopTask, ListTasks: listTasks },
  });
}

function parsed<T>(schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw invalid(`${(issue?.path ?? []).join('.')}: ${issue?.message ?? 'it is invalid'}`);
}

/** Whether two requests ask for the same, without keeping what they ask for twice. */
function digestOf(request: RunTask): string {
  return createHash('sha256').update(JSON.stringify(request)).digest('hex');
}

/** `family` of `arn:aws:ecs:region:account:task-definition/family:revision`. */
function familyOf(taskDefinitionArn: string): string {
  return /\/([^:]+):\d+$/v.exec(taskDefinitionArn)?.[1] ?? '';
}

function taskPrefix(clusterArn: string): string {
  return clusterArn.replace(':cluster/', ':task/');
}

function isThere<T>(value: T | undefined): value is T {
  return value !== undefined;
}
