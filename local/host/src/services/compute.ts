import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment, ImageAsset } from '../cloud-assembly.ts';
import type { DataDir } from '../data-dir.ts';
import { HostError } from '../errors.ts';
import type { Access } from '../iam/access.ts';
import type { Log } from '../log.ts';
import type { DeclaredResource } from '../service.ts';
import type { HostTime } from '../time/host-time.ts';
import { createBatchListener } from './batch.ts';
import { createBatchDefinitions } from './batch-definitions.ts';
import { jobStateChange } from './batch-description.ts';
import { hasEnded, type Job } from './batch-job.ts';
import { BATCH_CLUSTER, createBatchJobs } from './batch-jobs.ts';
import { createBatchJobStore } from './batch-job-store.ts';
import { openComputeTables } from './compute-tables.ts';
import { createDockerContainers } from './container-docker.ts';
import { containerLookups, toUseBatch, toUseEcs } from './container-permissions.ts';
import { createContainerProcesses, tagOf } from './container-processes.ts';
import { readSecrets, secretText } from './container-secrets.ts';
import { UnsupportedDockerfile } from './dockerfile-instructions.ts';
import { createEcsListener } from './ecs.ts';
import { createEcsDefinitions } from './ecs-definitions.ts';
import { taskStateChange } from './ecs-events.ts';
import { createEcsMetadata, METADATA_PATH } from './ecs-metadata.ts';
import { logStreamOf } from './ecs-new-task.ts';
import type { Task, TaskContainer } from './ecs-task.ts';
import { createTaskStore } from './ecs-task-store.ts';
import { createTasks, type Tasks } from './ecs-tasks.ts';
import type { Messaging } from './messaging.ts';
import { credentialsEnvironment, type RoleCredentialsIssuer } from './role-credentials.ts';

export interface ComputeOptions {
  readonly dataDir: Pick<DataDir, 'path' | 'resolve'>;
  readonly environment: Environment;
  readonly awsUrl: string;
  readonly messaging: Pick<Messaging, 'database' | 'writes' | 'events' | 'secrets'>;
  readonly time: HostTime;
  /** How many tasks run at a time. */
  readonly tasksMax: number;
  /** Whether containers run in Docker; else as processes. */
  readonly docker: boolean;
  readonly access: Access;
  readonly credentials: Pick<RoleCredentialsIssuer, 'credentialsFor'>;
  readonly log: Log;
}

export type Compute = ReturnType<typeof openCompute>;

/** Each is a process at least, and may keep a processor busy. */
export function defaultTasksMax(): number {
  return Math.max(4, 2 * availableParallelism());
}

/** What the disk does not take is tried again so much later. */
const RETRY_MS = 1000;

/** ECS on Fargate, and Batch, whose jobs are tasks of ECS. */
export function openCompute(options: ComputeOptions) {
  const { dataDir, environment, awsUrl, messaging, time, tasksMax, access, credentials, log } = options;
  const { database, writes, events } = messaging;
  const { region, accountId } = environment;
  const now = () => time.now();
  openComputeTables(database);
  const images = new Map<string, ImageAsset>();
  const taskStore = createTaskStore(database);
  const jobStore = createBatchJobStore(database);
  const ecs = createEcsDefinitions();
  const batch = createBatchDefinitions();
  const batchClusterArn = `arn:aws:ecs:${region}:${accountId}:cluster/${BATCH_CLUSTER}`;
  // Attempts of jobs can be asked for as any task can.
  ecs.createCluster(BATCH_CLUSTER, batchClusterArn);
  const metadata = createEcsMetadata({ find: (id) => taskStore.find(id), region });

  const containers = {
    assetOf: (image: string) => images.get(image),
    secretsOf: (container: TaskContainer) =>
      readSecrets(container, (valueFrom) => secretText(messaging.secrets, valueFrom)),
    awsEnvironment: (task: Task, container: TaskContainer) => ({
      AWS_DEFAULT_REGION: region,
      AWS_REGION: region,
      ...credentialsIn(task, credentials),
      AWS_ENDPOINT_URL: awsUrl,
      AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE',
      ECS_CONTAINER_METADATA_URI_V4: `${awsUrl}${METADATA_PATH}${metadata.open(task, container)}`,
      // There is no X-Ray daemon here, and a tracer that seeks one fills the log.
      POWERTOOLS_TRACE_ENABLED: 'false',
    }),
    onLine: (task: Task, container: TaskContainer, message: string) => say(log, task, container, message),
  };
  const runner = options.docker
    ? createDockerContainers({ ...containers, dataDir: dataDir.path, log })
    : createContainerProcesses({
        ...containers,
        imagesDir: dataDir.resolve(join('containers', 'images')),
        containersDir: dataDir.resolve(join('containers', 'tasks')),
        offsetMs: () => time.offsetMs(),
      });
  const tasks: Tasks = createTasks({
    store: taskStore,
    writes,
    runner,
    changed(task) {
      if (task.lastStatus === 'STOPPED') metadata.close(task);
      // A job of Batch tells of itself.
      const isNews = task.batchJobId === undefined && (task.lastStatus === 'RUNNING' || task.lastStatus === 'STOPPED');
      log[isNews ? 'info' : 'debug']('ecs.task', taskFields(task));
      events.emit(taskStateChange(task, region, now()));
      jobs.taskChanged(task);
    },
    now,
    tasksMax,
    log,
  });
  const jobs = createBatchJobs({
    store: jobStore,
    tasks: () => tasks,
    clusterArn: batchClusterArn,
    computeEnvironmentOf: (queueArn) => batch.queue(queueArn)?.computeEnvironmentName ?? '',
    changed(job) {
      const isNews = job.status === 'RUNNING' || hasEnded(job);
      log[isNews ? 'info' : 'debug']('batch.job', jobFields(job));
      events.emit(jobStateChange(job));
    },
    later: (change) => void keep(change),
    now,
  });

  async function keep(change: () => void): Promise<void> {
    for (;;) {
      try {
        return await writes.write(change);
      } catch (error) {
        if (isClosing) return;
        log.error('batch.not-kept', { error });
        await sleep(RETRY_MS, undefined, { ref: false });
      }
    }
  }
  function sweep(): void {
    taskStore.sweep(now() - KEPT_MS);
    jobStore.sweep(now() - KEPT_MS);
  }

  let isClosing = false;
  let sweeping: NodeJS.Timeout | undefined;
  const lookups = containerLookups(environment, ecs, batch);

  return {
    ecs,
    batch,
    handleEcs: createEcsListener({
      environment,
      definitions: ecs,
      store: taskStore,
      tasks,
      writes,
      access,
      permissions: toUseEcs(lookups),
      now,
      log,
    }),
    handleBatch: createBatchListener({
      definitions: batch,
      store: jobStore,
      jobs,
      writes,
      access,
      permissions: toUseBatch(lookups),
      now,
      log,
    }),
    handleMetadata: metadata.handle,
    /** @throws {HostError} naming what stands in the way of running it here. */
    useImage: (image: string, { stack, logicalId }: DeclaredResource, place: string): void => {
      const asset = stack.images.get(tagOf(image));
      if (asset !== undefined) images.set(image, asset);
      try {
        runner.use(image);
      } catch (error) {
        if (!(error instanceof UnsupportedDockerfile)) throw error;
        throw new HostError(
          `Stack "${stack.name}", Resources.${logicalId}.Properties.${place}: the image cannot be run as a process: ${error.message}.`,
          'Write the last stage of its Dockerfile with FROM, WORKDIR, COPY, ENV, USER, ENTRYPOINT and CMD alone, or start with --docker.',
          { cause: error },
        );
      }
    },
    /** @throws {HostError} where Docker is to run containers and cannot. */
    prepare: () => runner.prepare(),
    async start() {
      await writes.write(sweep);
      sweeping = setInterval(() => void keep(sweep), SWEEP_MS).unref();
      await tasks.start();
    },
    isResting: () => tasks.isResting(),
    async close() {
      isClosing = true;
      clearInterval(sweeping);
      jobs.close();
      await tasks.close();
    },
  };
}

/** Batch User Guide: jobs are shown for a week after their end. ECS shows stopped tasks for an hour at least. */
const KEPT_MS = 7 * 24 * 3_600_000;
const SWEEP_MS = 3_600_000;

/** The task's role, under the task's id. A task without a role has no credentials, and is not to look for any elsewhere. */
function credentialsIn({ id, taskRoleArn }: Task, issuer: Pick<RoleCredentialsIssuer, 'credentialsFor'>) {
  if (taskRoleArn === undefined) return { AWS_EC2_METADATA_DISABLED: 'true' };
  return credentialsEnvironment(issuer.credentialsFor({ roleArn: taskRoleArn, sessionName: id }));
}

function jobFields({ name, id, status, statusReason, attempts }: Job) {
  return { jobName: name, jobId: id, status, reason: statusReason, exitCode: attempts.at(-1)?.exitCode };
}

function taskFields({ id, batchJobId, group, lastStatus, stopCode, stoppedReason, containers }: Task) {
  const exitCodes = containers.map(({ exitCode }) => exitCode).filter((code) => code !== undefined);
  return {
    task: id,
    group,
    jobId: batchJobId,
    status: lastStatus,
    stopCode,
    stoppedReason,
    exitCodes: exitCodes.length === 0 ? undefined : exitCodes.join(' '),
  };
}

/** What a container writes, in the place and form of what functions do. */
function say(log: Log, task: Task, container: TaskContainer, message: string): void {
  const logStream = logStreamOf(container, task.id);
  if (task.batchJobId !== undefined) log.info('batch.log', { jobId: task.batchJobId, logStream, message });
  else log.info('ecs.log', { task: task.id, container: container.name, logStream, message });
}
