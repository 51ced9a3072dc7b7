import { AwsError } from './aws-error.ts';

/** A container as a task definition describes it. */
export interface ContainerDefinition {
  readonly name: string;
  readonly image: string;
  readonly isEssential: boolean;
  readonly entryPoint?: readonly string[];
  readonly command?: readonly string[];
  readonly workingDirectory?: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What is read from Secrets Manager when the task starts, by the name of the variable. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly stopTimeoutSeconds: number;
  /** Less than that of the task. @default that of the task */
  readonly memoryMb?: number;
  readonly logGroup?: string;
  readonly logStreamPrefix?: string;
}

export interface TaskDefinition {
  readonly family: string;
  readonly arn: string;
  /** In units of 1/1024 of a processor, and in MiB. */
  readonly cpu: number;
  readonly memoryMb: number;
  readonly taskRoleArn?: string;
  /** What images and secrets are fetched with on AWS. */
  readonly executionRoleArn?: string;
  readonly containers: readonly ContainerDefinition[];
}

/** ECS Developer Guide, "stopTimeout" and its default. */
export const STOP_TIMEOUT_SECONDS = 30;

export interface EcsDefinitions {
  createCluster(name: string, arn: string): void;
  createTaskDefinition(definition: TaskDefinition): void;
  /** @throws {AwsError} as ECS does. */
  clusterArn(nameOrArn: string | undefined): string;
  /** By family, family and revision, or ARN. */
  find(reference: string): TaskDefinition | undefined;
  /** As {@link find}. @throws {AwsError} as ECS does. */
  taskDefinition(reference: string): TaskDefinition;
}

/** The clusters and task definitions that the templates have. There is one revision of each here. */
export function createEcsDefinitions(): EcsDefinitions {
  const clusters = new Map<string, string>();
  const definitions = new Map<string, TaskDefinition>();

  function find(reference: string): TaskDefinition | undefined {
    const [, family = '', revision] = /^(?:arn:[^\/]*\/)?([^:\/]+)(?::(\d+))?$/v.exec(reference) ?? [];
    const definition = definitions.get(family);
    const isRevision = revision === undefined || definition?.arn.endsWith(`:${revision}`);
    const isThis = !reference.startsWith('arn:') || definition?.arn.startsWith(reference);
    return isRevision && isThis ? definition : undefined;
  }

  return {
    createCluster: (name, arn) => void clusters.set(name, arn),
    createTaskDefinition: (definition) => void definitions.set(definition.family, definition),
    clusterArn(nameOrArn = 'default') {
      const isArn = nameOrArn.startsWith('arn:');
      const arn = clusters.get(isArn ? nameOrArn.slice(nameOrArn.indexOf('/') + 1) : nameOrArn);
      if (arn === undefined || (isArn && nameOrArn !== arn)) {
        throw new AwsError('ClusterNotFoundException', 'Cluster not found.');
      }
      return arn;
    },
    find,
    taskDefinition(reference) {
      const definition = find(reference);
      if (definition === undefined) throw new AwsError('ClientException', 'TaskDefinition not found.');
      return definition;
    },
  };
}
