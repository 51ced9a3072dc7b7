import { GetObjectCommand, NoSuchKey, type S3Client } from '@aws-sdk/client-s3';
import { progressKey } from './keys.ts';
import { type Progress, progressSchema } from './progress.ts';

/** How far a long task has come. Undefined: its program has not said. */
export type ReadProgress = (taskId: string) => Promise<Progress | undefined>;

/** Needs `s3:ListBucket` beside `s3:GetObject`: without it S3 calls what is not there forbidden. */
export function readProgressIn(bucket: string, s3: Pick<S3Client, 'send'>): ReadProgress {
  return async (taskId) => {
    try {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: progressKey(taskId) }));
      return progressSchema.parse(JSON.parse((await Body?.transformToString()) ?? ''));
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  };
}
