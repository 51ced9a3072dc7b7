import { SignatureV4 } from '@smithy/signature-v4';
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import * as z from 'zod';

/** Amazon ECS API Reference, RunTask: the parameters that are used here. */
export interface RunTaskRequest {
  readonly cluster: string;
  readonly taskDefinition: string;
  readonly clientToken: string;
  readonly startedBy: string;
  readonly launchType?: 'FARGATE';
  readonly capacityProviderStrategy?: readonly { readonly capacityProvider: string }[];
  readonly networkConfiguration: { readonly awsvpcConfiguration: Network };
  readonly overrides: { readonly containerOverrides: readonly ContainerOverride[] };
}

export interface Network {
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly assignPublicIp: 'ENABLED' | 'DISABLED';
}

interface ContainerOverride {
  readonly name: string;
  readonly environment: readonly { readonly name: string; readonly value: string }[];
}

/** Starts a task of Amazon ECS, once for each `clientToken`. Gives its ARN; throws {@link NotStarted}. */
export type RunTask = (request: RunTaskRequest) => Promise<string>;

/** No task was started, or nobody knows. The message is what ECS said, or why it could not be asked. */
export class NotStarted extends Error {
  override readonly name = 'LongTask.NotStarted';
}

const replySchema = z.object({
  tasks: z.array(z.object({ taskArn: z.string() })).default([]),
  failures: z.array(z.object({ reason: z.string().optional(), detail: z.string().optional() })).default([]),
});
const refusalSchema = z.object({ __type: z.string().optional(), message: z.string().optional() });

/**
 * RunTask as a signed request of its own: it is the only call to ECS, and its client would be two thirds of the function.
 *
 * @param environment that of a Lambda function: credentials, region, and endpoints as every AWS SDK takes them.
 */
export function runTaskBy(environment: Readonly<Record<string, string | undefined>>): RunTask {
  const region = environment['AWS_REGION'] ?? 'us-east-1';
  const endpoint = new URL(
    environment['AWS_ENDPOINT_URL_ECS'] ??
      environment['AWS_ENDPOINT_URL'] ??
      `https://ecs.${region}.${suffixOf(region)}`,
  );
  const signer = new SignatureV4({
    service: 'ecs',
    region,
    sha256: Sha256,
    credentials: {
      accessKeyId: environment['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'] ?? '',
      ...(environment['AWS_SESSION_TOKEN'] !== undefined && { sessionToken: environment['AWS_SESSION_TOKEN'] }),
    },
  });
  return async (request) => {
    const body = JSON.stringify({ ...request, count: 1 });
    const { headers } = await signer.sign({
      method: 'POST',
      protocol: endpoint.protocol,
      hostname: endpoint.hostname,
      path: '/',
      headers: {
        host: endpoint.host,
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AmazonEC2ContainerServiceV20141113.RunTask',
      },
      body,
    });
    const { ok, text } = await asked(endpoint, { method: 'POST', headers, body });
    return taskArnOf(ok, text);
  };
}

const TIMEOUT_MS = 15_000;

async function asked(endpoint: URL, request: RequestInit): Promise<{ ok: boolean; text: string }> {
  try {
    const response = await fetch(endpoint, { ...request, signal: AbortSignal.timeout(TIMEOUT_MS) });
    return { ok: response.ok, text: await response.text() };
  } catch (error) {
    throw new NotStarted(`ECS could not be asked: ${String(error)}`, { cause: error });
  }
}

function suffixOf(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
}

/** A reply of 200 may tell of failures: there was no capacity, or no such task definition. */
function taskArnOf(isOk: boolean, text: string): string {
  if (!isOk) {
    const { __type = 'RunTask', message = text } = refusalSchema.parse(parsed(text));
    throw new NotStarted(`${__type.replace(/^.*#/v, '')}: ${message}`.slice(0, 1_000));
  }
  const { tasks, failures } = replySchema.parse(parsed(text));
  const [task] = tasks;
  if (task !== undefined) return task.taskArn;
  const reasons = failures.map(({ reason, detail }) => [reason, detail].filter(Boolean).join(': '));
  throw new NotStarted(reasons.join('; ') || 'ECS started no task, and did not say why');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** SHA-256 as the signer wants it. */
class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytes(secret));
  }

  update(chunk: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytes(chunk));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): never {
    throw new Error('a hash of the signer is used once');
  }
}

function bytes(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data);
}
