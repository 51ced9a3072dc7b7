import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { silentLog } from '../src/log.ts';
import { openS3, type S3Options, type S3Service } from '../src/services/s3.ts';
import { served } from './served.ts';

export const Bucket = 'orders';

/** As a handler would send them, but for the signature's value: nobody knows a secret here. */
export const SIGNED = { authorization: 'AWS4-HMAC-SHA256 Credential=any' };

export interface RunningS3 {
  service: S3Service;
  client: S3Client;
  endpoint: string;
}

/** An S3 behind a socket, with the bucket `orders`. It ends with the test. */
export async function startS3(t: TestContext, options: Partial<S3Options> = {}): Promise<RunningS3> {
  const service = openS3({ file: ':memory:', region: 'eu-west-1', log: silentLog, ...options });
  service.createBucket(Bucket);
  const port = await served(t, (message, response) => service.handle(message, response));
  const endpoint = `http://127.0.0.1:${port}`;
  const client = createClient(endpoint);
  t.after(() => {
    client.destroy();
    service.close();
  });
  return { service, client, endpoint };
}

export function createClient(endpoint: string): S3Client {
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  return new S3Client({ endpoint, region: 'eu-west-1', credentials, maxAttempts: 1 });
}

/** A folder that goes with the test. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 's3-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** For `assert.rejects`. */
export function s3Error(name: string, status: number) {
  return (error: unknown): boolean =>
    error instanceof S3ServiceException && error.name === name && error.$metadata.httpStatusCode === status;
}

/** A clock that stands still until it is set. */
export class SteppedClock {
  private nowMs: number;

  constructor(start: string) {
    this.nowMs = Date.parse(start);
  }

  now(): number {
    return this.nowMs;
  }

  set(instant: string): void {
    this.nowMs = Date.parse(instant);
  }
}
