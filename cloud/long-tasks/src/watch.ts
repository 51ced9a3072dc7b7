import type { Report } from '../../confirmations/src/index.ts';
import type { TaskTokenAnswers } from './answer-task-token.ts';
import type { AttemptStore } from './attempt-store.ts';
import { referenceIn } from './started-by.ts';
import { type FailedJob, failureOf, hasFailed, type StopEvent, type StoppedTask, taskIdOf } from './stopped.ts';

export interface WatchDependencies {
  readonly attempts: AttemptStore;
  readonly answersTo: (taskToken: string) => TaskTokenAnswers;
  readonly report: Report<string>;
}

/**
 * Ends the wait for a container that has stopped. It may come twice, and it comes for containers that have answered by
 * themselves as well: those left no token behind, or one that nobody waits for.
 */
export async function watch(event: StopEvent, dependencies: WatchDependencies): Promise<void> {
  if (event['detail-type'] === 'ECS Task State Change') await taskStopped(event.detail, dependencies);
  else jobFailed(event.detail, dependencies);
}

async function taskStopped(task: StoppedTask, { attempts, answersTo, report }: WatchDependencies): Promise<void> {
  const reference = referenceIn(task.startedBy);
  if (reference === undefined) return;
  const failure = failureOf(task);
  const attempt = await attempts.read(reference);
  const isTaken = attempt !== undefined && (await answersTo(attempt.taskToken).fail(failure));
  if (attempt !== undefined) await attempts.remove(reference);
  if (!isTaken && !hasFailed(task)) return;
  const { taskArn, overrides } = task;
  const id = attempt?.taskId ?? taskIdOf(overrides?.containerOverrides) ?? taskArn;
  report('long-task.failed', { id, taskArn, isTaken, reason: failure.cause });
}

/** Step Functions waits for the job itself; here it is only counted. */
function jobFailed({ jobId, statusReason, container }: FailedJob, { report }: WatchDependencies): void {
  const id = taskIdOf(container && [container]) ?? jobId;
  const reason = [statusReason, container?.reason].filter(Boolean).join(': ');
  report('long-task.failed', { id, jobId, reason, exitCode: container?.exitCode });
}
