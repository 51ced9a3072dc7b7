import { hasEnded, type Attempt, type Job } from './batch-job.ts';
import type { BatchJobStore } from './batch-job-store.ts';
import { isTriedAgain } from './batch-retry.ts';
import { logStreamOf, newTask } from './ecs-new-task.ts';
import type { Task, TaskStatus } from './ecs-task.ts';
import type { Tasks } from './ecs-tasks.ts';

/** The lives of jobs: each attempt is a task on Fargate, as on AWS. Everything happens within transactions under way. */
export interface BatchJobs {
  /** Keeps a new job, and begins its first attempt where it waits for no other job. */
  submit(job: Job): Job;
  /** Lets a job fail for this reason, whatever it does; one that has ended stays as it is. */
  terminate(job: Job, reason: string): void;
  /** As {@link terminate}, for a job that has not begun to start; any other goes on. */
  cancel(job: Job, reason: string): void;
  /** Follows what became of the attempt of a job. */
  taskChanged(task: Task): void;
  /** Nothing is timed any more. */
  close(): void;
}

export interface BatchJobsOptions {
  readonly store: BatchJobStore;
  /** Where an attempt becomes a task; asked when it is needed, for tasks tell jobs of their changes. */
  readonly tasks: () => Tasks;
  /** The cluster that the tasks of Batch are in. */
  readonly clusterArn: string;
  readonly computeEnvironmentOf: (queueArn: string) => string;
  /** Called within the transaction of each change. */
  readonly changed: (job: Job) => void;
  /** Runs a change in a transaction of its own. */
  readonly later: (change: () => void) => void;
  readonly now: () => number;
}

/** The name of the cluster that the attempts run in. */
export const BATCH_CLUSTER = 'AWSBatch';

const DURING: Readonly<Record<Exclude<TaskStatus, 'STOPPED'>, Job['status']>> = {
  PROVISIONING: 'RUNNABLE',
  PENDING: 'STARTING',
  RUNNING: 'RUNNING',
};

/** Fargate ends a job after 14 days. Batch User Guide, "Job timeouts". */
const ATTEMPT_SECONDS_MAX = 14 * 24 * 3600;

const TIMED_OUT = 'Job attempt duration exceeded timeout';

export function createBatchJobs(options: BatchJobsOptions): BatchJobs {
  const { store, tasks, clusterArn, computeEnvironmentOf, changed, later, now } = options;
  /** By task. An attempt does not outlive its host, so neither does its clock. */
  const timers = new Map<string, NodeJS.Timeout>();
  const endedJobs: string[] = [];

  function change(before: Job, changes: Partial<Job>): Job {
    const job = { ...before, ...changes };
    store.update(job);
    if (job.status !== before.status) changed(job);
    if (hasEnded(job) && !hasEnded(before)) tellDependents(job.id);
    return job;
  }

  /** One after the other: a chain of jobs that fail may be longer than any stack. */
  function tellDependents(id: string): void {
    endedJobs.push(id);
    if (endedJobs.length > 1) return;
    try {
      for (const one of endedJobs) for (const dependent of store.dependentsOf(one)) reconsider(dependent);
    } finally {
      endedJobs.length = 0;
    }
  }

  /** What a job waits for has succeeded, or has failed, or goes on. */
  function reconsider(job: Job): Job {
    if (job.status !== 'SUBMITTED' && job.status !== 'PENDING') return job;
    const statuses = job.dependsOn.map((id) => store.find(id)?.status);
    if (statuses.includes('FAILED')) return fail(job, 'Dependent Job failed');
    // One that is no longer known had ended long ago.
    const isFree = statuses.every((status) => status === 'SUCCEEDED' || status === undefined);
    if (isFree) return attempt(job);
    return job.status === 'PENDING' ? job : change(job, { status: 'PENDING' });
  }

  function attempt(job: Job): Job {
    const task = attemptOf(job);
    const runnable = change({ ...job, taskId: task.id }, { status: 'RUNNABLE' });
    tasks().add(task);
    return runnable;
  }

  function attemptOf(job: Job): Task {
    const { container } = job;
    const environment = {
      ...container.environment,
      AWS_BATCH_CE_NAME: computeEnvironmentOf(job.queueArn),
      AWS_BATCH_JOB_ATTEMPT: String(job.attempts.length + 1),
      AWS_BATCH_JOB_ID: job.id,
      AWS_BATCH_JQ_NAME: job.queueArn.slice(job.queueArn.lastIndexOf('/') + 1),
    };
    return newTask(
      {
        clusterArn,
        taskDefinitionArn: job.definitionArn
          .replace(':batch:', ':ecs:')
          .replace(':job-definition/', ':task-definition/'),
        group: `family:${job.definitionArn.slice(job.definitionArn.lastIndexOf('/') + 1).replace(/:\d+$/v, '')}`,
        startedBy: job.id,
        cpu: Math.round(job.cpu * 1024),
        memoryMb: job.memoryMb,
        containers: [{ ...container, environment }],
        overrides: { containerOverrides: [{ name: container.name }] },
        tags: [],
        enableExecuteCommand: false,
        priority: job.priority,
        batchJobId: job.id,
        ...(job.jobRoleArn !== undefined && { taskRoleArn: job.jobRoleArn }),
      },
      now(),
    );
  }

  function fail(job: Job, statusReason: string, changes: Partial<Job> = {}): Job {
    return change(job, { ...changes, status: 'FAILED', statusReason, stoppedAtMs: now() });
  }

  function attemptEnded(job: Job, task: Task): void {
    const made = attemptMade(task, now());
    // What never had a place was no attempt.
    const attempts = task.pullStartedAtMs === undefined ? job.attempts : [...job.attempts, made];
    const { startedAtMs, taskId: _, ...rest } = job;
    const began = made.startedAtMs ?? startedAtMs;
    const after: Job = { ...rest, attempts, ...(began !== undefined && { startedAtMs: began }) };
    if (job.terminatedFor !== undefined) {
      fail(after, job.terminatedFor);
    } else if (made.exitCode === 0 && task.stopCode === 'EssentialContainerExited') {
      change(after, { status: 'SUCCEEDED', statusReason: made.statusReason, stoppedAtMs: now() });
    } else if (isTriedAgain(job.retryStrategy, made, attempts.length)) {
      attempt({ ...after, statusReason: made.statusReason });
    } else {
      fail(after, made.statusReason);
    }
  }

  function beginTimer(job: Job, taskId: string): void {
    if (job.attemptDurationSeconds === undefined || timers.has(taskId)) return;
    const ms = Math.min(job.attemptDurationSeconds, ATTEMPT_SECONDS_MAX) * 1000;
    const timer = setTimeout(() => later(() => timedOut(job.id, taskId)), ms);
    timers.set(taskId, timer.unref());
  }

  function timedOut(id: string, taskId: string): void {
    const job = store.find(id);
    if (job?.taskId === taskId) end(job, TIMED_OUT, {});
  }

  /** Stops the attempt; the job follows when that has ended. */
  function end(job: Job, reason: string, changes: Partial<Job>): void {
    if (hasEnded(job) || job.terminatedFor !== undefined) return;
    const marked = { ...job, ...changes, terminatedFor: reason };
    if (job.taskId === undefined) return void fail(marked, reason);
    store.update(marked);
    tasks().stop(job.taskId, 'UserInitiated', reason);
  }

  return {
    submit(job) {
      store.insert(job);
      changed(job);
      return reconsider(job);
    },
    terminate: (job, reason) => end(job, reason, { isTerminated: true }),
    cancel(job, reason) {
      const isWaiting = job.status === 'SUBMITTED' || job.status === 'PENDING' || job.status === 'RUNNABLE';
      if (isWaiting) end(job, reason, { isCancelled: true });
    },
    taskChanged(task) {
      if (task.batchJobId === undefined) return;
      const job = store.find(task.batchJobId);
      if (job === undefined || job.taskId !== task.id) return;
      if (task.lastStatus === 'STOPPED') {
        clearTimeout(timers.get(task.id));
        timers.delete(task.id);
        return attemptEnded(job, task);
      }
      const status = DURING[task.lastStatus];
      if (status === job.status) return;
      const began = task.startedAtMs;
      change(job, { status, ...(began !== undefined && { startedAtMs: began }) });
      if (status === 'RUNNING') beginTimer(job, task.id);
    },
    close() {
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    },
  };
}

function attemptMade(task: Task, nowMs: number): Attempt {
  const [container] = task.containers;
  const hasRun = task.startedAtMs !== undefined;
  return {
    taskArn: task.arn,
    stoppedAtMs: task.stoppedAtMs ?? nowMs,
    // Where no container began, Batch says no more than this, and the container says why.
    statusReason: task.stopCode === 'TaskFailedToStart' ? 'Task failed to start' : (task.stoppedReason ?? ''),
    ...(container?.exitCode !== undefined && { exitCode: container.exitCode }),
    ...(container?.reason !== undefined && { reason: container.reason }),
    ...(hasRun && container !== undefined && { logStreamName: logStreamOf(container, task.id) }),
    ...(hasRun && { startedAtMs: task.startedAtMs }),
  };
}
