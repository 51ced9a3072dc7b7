import { DeleteObjectCommand, GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { attemptKey } from './keys.ts';

/**
 * One attempt of a task that waits for its token. The token is in this object and in the calls to Step Functions; all else
 * that ECS, CloudTrail and logs show knows the attempt by its reference.
 */
export interface Attempt {
  readonly taskId: string;
  readonly taskToken: string;
  readonly input: unknown;
}

export interface AttemptStore {
  put(reference: string, attempt: Attempt): Promise<void>;
  /** Undefined: it was answered. */
  read(reference: string): Promise<Attempt | undefined>;
  remove(reference: string): Promise<void>;
}

const attemptSchema = z.object({ taskId: z.string(), taskToken: z.string().min(1), input: z.json() });

/** Of a token, which nobody can find out from it: a token is long and random. 43 characters, as `clientToken` and `startedBy` take. */
export function referenceOf(taskToken: string): string {
  return createHash('sha256').update(taskToken).digest('base64url');
}

export function isReference(value: string): boolean {
  return /^[\w\-]{43}$/v.test(value);
}

export function attemptStore(s3: Pick<S3Client, 'send'>, bucket: string): AttemptStore {
  const named = (reference: string) => ({ Bucket: bucket, Key: attemptKey(reference) });
  return {
    async put(reference, attempt) {
      const Body = JSON.stringify(attempt);
      await s3.send(new PutObjectCommand({ ...named(reference), Body, ContentType: 'application/json' }));
    },

    async read(reference) {
      try {
        const { Body } = await s3.send(new GetObjectCommand(named(reference)));
        return parseAttempt((await Body?.transformToString()) ?? '');
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },

    async remove(reference) {
      await s3.send(new DeleteObjectCommand(named(reference)));
    },
  };
}

/** Without the cause of a failure: it could show what the text holds. */
function parseAttempt(text: string): Attempt {
  try {
    return attemptSchema.parse(JSON.parse(text));
  } catch {
    throw new Error('what is kept of an attempt is no attempt');
  }
}
