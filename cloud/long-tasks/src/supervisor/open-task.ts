import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { answersTo } from '../answer-task-token.ts';
import { attemptStore } from '../attempt-store.ts';
import { inputKey, progressKey, resultKey } from '../keys.ts';
import type { Progress } from '../progress.ts';
import type { SupervisorConfig } from './config.ts';
import type { Task } from './task.ts';

/** Patient clients: what a program has worked on for hours must not be lost for a minute without a network. */
const PATIENT = { maxAttempts: 8 };

/** Undefined: the attempt was answered, and nobody waits for it. */
export async function openTask({ bucket, taskId, reference }: SupervisorConfig): Promise<Task | undefined> {
  const s3 = new S3Client(PATIENT);
  const keepProgress = (progress: Progress) => put(s3, bucket, progressKey(taskId), progress);
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
    await attempts.remove(reference);
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
