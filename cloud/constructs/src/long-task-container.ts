import { Aws, RemovalPolicy, Validations } from 'aws-cdk-lib';
import type { DockerImageAsset } from 'aws-cdk-lib/aws-ecr-assets';
import { AwsLogDriver, type LogDriver } from 'aws-cdk-lib/aws-ecs';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { JsonPath } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';

/** What a container is and how long it may run: a {@link LongTask} with everything decided. Durations are in seconds. */
export interface ContainerSpec {
  /** Of the state that runs it. */
  readonly stateName: string;
  readonly comment: string;
  /** JSONPath. */
  readonly taskId: string;
  /** JSONPath. */
  readonly input: string;
  readonly resultPath: string;
  readonly image: DockerImageAsset;
  readonly cpu: number;
  readonly memoryMiB: number;
  readonly readonlyRootFilesystem: boolean;
  /** Of the program. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly heartbeatSeconds: number;
  readonly attempts: number;
  /** What the program may do. */
  readonly role: Role;
}

/** What a container needs beside its image. */
export interface ContainerParts {
  /** What ECS may do to start it: read its image, and write its log. */
  readonly executionRole: Role;
  readonly logging: LogDriver;
}

export function containerParts(scope: Construct, { image }: ContainerSpec): ContainerParts {
  const executionRole = new Role(scope, 'ExecutionRole', { assumedBy: ECS_TASKS });
  image.repository.grantPull(executionRole);
  Validations.of(executionRole).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'ecr:GetAuthorizationToken knows no resources; "*" is the only one IAM takes for it.',
  });
  const logGroup = new LogGroup(scope, 'Log', {
    retention: RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  logGroup.grantWrite(executionRole);
  return { executionRole, logging: new AwsLogDriver({ logGroup, streamPrefix: 'long-task' }) };
}

export const ECS_TASKS = new ServicePrincipal('ecs-tasks.amazonaws.com');

/**
 * The environment of a container, given when it is started and not in its definition: so what a program is given for one
 * task stands in one place. `SUPERVISOR_` is what the program itself does not get.
 */
export function containerEnvironment({ environment, heartbeatSeconds }: ContainerSpec, bucketName: string) {
  return {
    ...environment,
    AWS_REGION: Aws.REGION,
    LONG_TASK_EXECUTION_ARN: JsonPath.executionId,
    SUPERVISOR_BUCKET: bucketName,
    // Three may be lost on the way.
    SUPERVISOR_HEARTBEAT_SECONDS: String(heartbeatSeconds / 4),
  };
}
