import type { JsonObject } from '../template.ts';
import type { Attempt, Job } from './batch-job.ts';
import { BATCH_CLUSTER } from './batch-jobs.ts';
import { logStreamOf } from './ecs-new-task.ts';

/** A job in the words of DescribeJobs and of its events; instants are epoch milliseconds. */
export function describedJob(job: Job): JsonObject {
  const last = job.attempts.at(-1);
  return {
    jobArn: job.arn,
    jobName: job.name,
    jobId: job.id,
    jobQueue: job.queueArn,
    status: job.status,
    ...(job.statusReason !== undefined && { statusReason: job.statusReason }),
    attempts: job.attempts.map(describedAttempt),
    createdAt: job.createdAtMs,
    retryStrategy: {
      attempts: job.retryStrategy.attempts,
      evaluateOnExit: job.retryStrategy.evaluateOnExit.map((condition) => ({ ...condition })),
    },
    ...(job.startedAtMs !== undefined && { startedAt: job.startedAtMs }),
    ...(job.stoppedAtMs !== undefined && { stoppedAt: job.stoppedAtMs }),
    dependsOn: job.dependsOn.map((jobId) => ({ jobId })),
    jobDefinition: job.definitionArn,
    parameters: job.parameters,
    container: {
      image: job.container.image,
      command: job.container.command ?? [],
      ...(job.jobRoleArn !== undefined && { jobRoleArn: job.jobRoleArn }),
      ...(job.executionRoleArn !== undefined && { executionRoleArn: job.executionRoleArn }),
      volumes: [],
      mountPoints: [],
      ulimits: [],
      ...job.shown,
      ...(last !== undefined && ended(last)),
      ...(job.status === 'RUNNING' && job.taskId !== undefined && running(job, job.taskId)),
      resourceRequirements: [
        { type: 'VCPU', value: String(job.cpu) },
        { type: 'MEMORY', value: String(job.memoryMb) },
      ],
      networkInterfaces: [],
    },
    ...(job.attemptDurationSeconds !== undefined && {
      timeout: { attemptDurationSeconds: job.attemptDurationSeconds },
    }),
    tags: job.tags,
    propagateTags: false,
    platformCapabilities: ['FARGATE'],
    isCancelled: job.isCancelled,
    isTerminated: job.isTerminated,
  };
}

/** What the latest attempt came to is shown of the job itself. */
function ended({ taskArn, exitCode, reason, logStreamName }: Attempt): JsonObject {
  return {
    taskArn,
    ...(exitCode !== undefined && { exitCode }),
    ...(reason !== undefined && { reason }),
    ...(logStreamName !== undefined && { logStreamName }),
  };
}

function running({ arn, container }: Job, taskId: string): JsonObject {
  return { taskArn: `${attemptPrefix(arn)}/${taskId}`, logStreamName: logStreamOf(container, taskId) };
}

/** The tasks of Batch are in a cluster of its own. */
function attemptPrefix(jobArn: string): string {
  return jobArn.replace(/^arn:([^:]*):batch:([^:]*:[^:]*):.*$/v, `arn:$1:ecs:$2:task/${BATCH_CLUSTER}`);
}

function describedAttempt(attempt: Attempt): JsonObject {
  return {
    container: { ...ended(attempt), networkInterfaces: [] },
    ...(attempt.startedAtMs !== undefined && { startedAt: attempt.startedAtMs }),
    stoppedAt: attempt.stoppedAtMs,
    statusReason: attempt.statusReason,
  };
}

/** A job in the words of ListJobs. */
export function jobSummary(job: Job): JsonObject {
  const last = job.attempts.at(-1);
  return {
    jobArn: job.arn,
    jobId: job.id,
    jobName: job.name,
    createdAt: job.createdAtMs,
    status: job.status,
    ...(job.statusReason !== undefined && { statusReason: job.statusReason }),
    ...(job.startedAtMs !== undefined && { startedAt: job.startedAtMs }),
    ...(job.stoppedAtMs !== undefined && { stoppedAt: job.stoppedAtMs }),
    container: {
      ...(last?.exitCode !== undefined && { exitCode: last.exitCode }),
      ...(last?.reason !== undefined && { reason: last.reason }),
    },
    jobDefinition: job.definitionArn,
    isCancelled: job.isCancelled,
    isTerminated: job.isTerminated,
  };
}

/** What EventBridge is told when the state of a job changes. @see Batch User Guide, "Batch job state change events" */
export function jobStateChange(job: Job) {
  return {
    source: 'aws.batch',
    'detail-type': 'Batch Job State Change',
    resources: [job.arn],
    detail: describedJob(job),
  };
}
