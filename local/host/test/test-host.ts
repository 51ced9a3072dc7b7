import { after } from 'node:test';
import { GetObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, GetExecutionHistoryCommand, SFNClient } from '@aws-sdk/client-sfn';
import type { Host, HostOptions } from '../src/host.ts';
import { startHost } from '../src/host.ts';
import { createLog } from '../src/log.ts';
import { freshPath } from './assembly-files.ts';

/** A host at free ports, with clients for it. It ends with its test file at the latest. */
export interface TestHost extends Host {
  /** What it has logged. */
  readonly logged: readonly string[];
  readonly sfn: SFNClient;
  readonly s3: S3Client;
}

export async function startTestHost(
  options: Pick<HostOptions, 'assemblyDir'> & Partial<HostOptions>,
): Promise<TestHost> {
  const logged: string[] = [];
  const log = createLog({ write: (line) => logged.push(line), form: 'json', level: 'debug' });
  // The apps of most tests grant nobody anything; those about permissions say so.
  const defaults = { dataDir: freshPath(), host: '127.0.0.1', port: 0, awsPort: 0, iam: 'off' as const, log };
  const host = await startHost({ ...defaults, ...options });
  after(() => host.close());
  return { ...host, logged, ...clientsOf(host.awsUrl) };
}

export function clientsOf(endpoint: string): Pick<TestHost, 'sfn' | 's3'> {
  const settings = { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'any', secretAccessKey: 'any' } };
  return { sfn: new SFNClient(settings), s3: new S3Client(settings) };
}

export async function until<T>(attempt: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const result = await attempt();
    if (result !== undefined) return result;
    if (performance.now() > deadline) throw new Error('it did not come about within 30 seconds');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export function ended({ sfn }: Pick<TestHost, 'sfn'>, executionArn: string) {
  return until(async () => {
    const execution = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    return execution.status === 'RUNNING' ? undefined : execution;
  });
}

/** The task's function has returned, and only its token is waited for. */
export function rested({ sfn }: Pick<TestHost, 'sfn'>, executionArn: string) {
  return until(async () => {
    const { events } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
    return events?.find(({ type }) => type === 'TaskSubmitted');
  });
}

/** Undefined where there is no such object. */
export async function objectText(
  { s3 }: Pick<TestHost, 's3'>,
  bucket: string,
  key: string,
): Promise<string | undefined> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return await Body?.transformToString();
  } catch (error) {
    if (error instanceof S3ServiceException && error.name === 'NoSuchKey') return undefined;
    throw error;
  }
}

/** Calls a function by its name, as an SDK client would. */
export async function invoke({ awsUrl }: Pick<TestHost, 'awsUrl'>, name: string, payload: unknown): Promise<unknown> {
  const url = `${awsUrl}/2015-03-31/functions/${encodeURIComponent(name)}/invocations`;
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(payload) });
  return response.json();
}
