import { AwsError } from './aws-error.ts';
import type { RetryStrategy } from './batch-job.ts';
import type { ContainerDefinition } from './ecs-definitions.ts';

export interface JobQueue {
  readonly name: string;
  readonly arn: string;
  /** Jobs of a queue with more of it come first. */
  readonly priority: number;
  readonly isEnabled: boolean;
  readonly computeEnvironmentName: string;
}

export interface JobDefinition {
  readonly name: string;
  readonly arn: string;
  readonly container: ContainerDefinition;
  /** In processors, and in MiB. */
  readonly cpu: number;
  readonly memoryMb: number;
  readonly jobRoleArn?: string;
  readonly executionRoleArn?: string;
  /** What `Ref::name` in the command stands for. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly retryStrategy: RetryStrategy;
  readonly attemptDurationSeconds?: number;
}

export interface BatchDefinitions {
  createJobQueue(queue: JobQueue): void;
  createJobDefinition(definition: JobDefinition): void;
  queue(nameOrArn: string): JobQueue | undefined;
  /** @throws {AwsError} as Batch does. */
  queueOf(nameOrArn: string): JobQueue;
  /** By name, name and revision, or ARN. */
  find(reference: string): JobDefinition | undefined;
  /** As {@link find}. @throws {AwsError} as Batch does. */
  definitionOf(reference: string): JobDefinition;
}

/** The queues and job definitions that the templates have. There is one revision of each here. */
export function createBatchDefinitions(): BatchDefinitions {
  const queues = new Map<string, JobQueue>();
  const definitions = new Map<string, JobDefinition>();
  const queue = (nameOrArn: string) => {
    const found = queues.get(nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1));
    return nameOrArn.startsWith('arn:') && nameOrArn !== found?.arn ? undefined : found;
  };
  const find = (reference: string) => {
    const [, name = '', revision] = /^(?:arn:[^\/]*\/)?([^:\/]+)(?::(\d+))?$/v.exec(reference) ?? [];
    const found = definitions.get(name);
    const isRevision = revision === undefined || found?.arn.endsWith(`:${revision}`);
    const isThis = !reference.startsWith('arn:') || found?.arn.startsWith(reference);
    return isRevision && isThis ? found : undefined;
  };
  return {
    createJobQueue: (one) => void queues.set(one.name, one),
    createJobDefinition: (one) => void definitions.set(one.name, one),
    queue,
    queueOf(nameOrArn) {
      const found = queue(nameOrArn);
      if (found === undefined) throw clientError(`JobQueue ${nameOrArn.slice(0, 200)} not found.`);
      return found;
    },
    find,
    definitionOf(reference) {
      const found = find(reference);
      if (found === undefined) throw clientError(`JobDefinition ${reference.slice(0, 200)} not found.`);
      return found;
    },
  };
}

export function clientError(message: string): AwsError {
  return new AwsError('ClientException', `Error executing request, Exception : ${message}`);
}
