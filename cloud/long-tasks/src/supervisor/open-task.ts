import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { answersTo } from '../answer-task-token.ts';
import { attemptStore } from '../attempt-store.ts';
import { inputKey, progressKey, resultKey } from '../keys.ts';
import type { Progress } from '../progress.ts';
import type { SupervisorConfig } from './config.ts';
import type { Task } from './task.ts';

/** A connection that has died silently would be waited for as long as the system does, and no heartbeat would be sent. */
const PATIENT = {
  maxAttempts: 8,
  requestHandler: {
    connectionTimeout: 5_000,
    requestTimeout: 30_000,
    socketTimeout: 30_000,
    throwOnRequestTimeout: true,
  },
};

/** Of what is not worth keeping an answer waiting. */
const HASTY = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
};

/** Undefined: the attempt was answered, and nobody waits for it. */
export async function openTask({ bucket, taskId, reference }: SupervisorConfig): Promise<Task | undefined> {
  const s3 = new S3Client(PATIENT);
  const hastyS3 = new S3Client(HASTY);
  const keepProgress = (progress: Progress) => put(hastyS3, bucket, progressKey(taskId), progress);
  return reference === undefined
    ? { ...(await openJob(s3, bucket, taskId)), keepProgress }
    : await openAttempt(s3, bucket, reference, keepProgress);
}

async function openAttempt(
  s3: S3Client,
  bucket: string,
  reference: string,
  keepProgress: Task['keepProgress'],
): Promise<Task | undefined> {
  const attempts = attemptStore(s3, bucket);
  const attempt = await attempts.read(reference);
  if (attempt === undefined) return undefined;
  const { heartbeat, succeed, fail } = answersTo(attempt.taskToken, new SFNClient(PATIENT));
  const thenRemoved = async (answer: Promise<boolean>) => {
    const isTaken = await answer;
    // One that is left is good for nothing any more, and goes when the container's end is heard of.
    await attempts.remove(reference).catch(() => {});
    return isTaken;
  };
  return {
    input: attempt.input,
    keepProgress,
    heartbeat,
    succeed: (result) => thenRemoved(succeed(result)),
    fail: (failure) => thenRemoved(fail(failure)),
  };
}

/** AWS Batch needs no heartbeat, and learns of a failure by the exit code. */
async function openJob(s3: S3Client, bucket: string, taskId: string): Promise<Omit<Task, 'keepProgress'>> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: inputKey(taskId) }));
  return {
    input: JSON.parse((await Body?.transformToString()) ?? ''),
    heartbeat: async () => true,
    async succeed(result) {
      await put(s3, bucket, resultKey(taskId), result);
      return true;
    },
    fail: async () => true,
  };
}

async function put(s3: S3Client, bucket: string, key: string, value: unknown): Promise<void> {
  const Body = JSON.stringify(value);
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body, ContentType: 'application/json' }));
}
