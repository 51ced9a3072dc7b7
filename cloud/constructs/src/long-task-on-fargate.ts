import { Aws, Duration, Names, Stack, Validations } from 'aws-cdk-lib';
import {
  Cluster,
  ContainerImage,
  ContainerInsights,
  CpuArchitecture,
  FargateTaskDefinition,
  OperatingSystemFamily,
} from 'aws-cdk-lib/aws-ecs';
import { Policy as IamPolicy, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import {
  Errors,
  IntegrationPattern,
  JitterType,
  JsonPath,
  type RetryProps,
  type StateMachine,
  TaskInput,
  Timeout,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { join } from 'node:path';
import { STARTED_BY } from '../../long-tasks/src/index.ts';
import { containerEnvironment, containerParts, type ContainerSpec } from './long-task-container.ts';
import { LongTasks, type LongTasksProps, type LongTaskStates } from './long-tasks.ts';
import { NodeFunction } from './node-function.ts';

const HANDLER = join(import.meta.dirname, '../../long-tasks/src/handlers/start-long-task.ts');
const CONTAINER_NAME = 'program';

/**
 * The function that starts containers was ended before it had answered. If one was started, it finds that nobody waits.
 * Step Functions Developer Guide, "Handle Lambda service exceptions"; AWS Lambda names the first two itself.
 */
const WHEN_START_DIES = ['Sandbox.Timedout', 'Runtime.ExitError', 'Lambda.Unknown'];

const WHEN_THROTTLED: RetryProps = {
  errors: ['Lambda.TooManyRequestsException'],
  interval: Duration.seconds(1),
  maxAttempts: 8,
  jitterStrategy: JitterType.FULL,
};

/**
 * Long tasks as tasks of Amazon ECS, on Fargate, that wait for their task token. A container that lives but does nothing is
 * found by its missing heartbeat, and one that is gone by the event of its end.
 */
export class FargateLongTasks extends LongTasks {
  readonly cluster: Cluster;
  /** Starts containers: the only one that hands on a task token, and it hands on a reference. */
  readonly start: NodeFunction;
  readonly #roles: Role[] = [];

  constructor(scope: Construct, id: string, props: LongTasksProps = {}) {
    super(scope, id, props);
    const { vpc, subnets, securityGroup, assignsPublicIp } = this.network;
    const isSpot = props.spot === true;
    this.cluster = new Cluster(this, 'Cluster', {
      vpc,
      containerInsightsV2: ContainerInsights.ENABLED,
      enableFargateCapacityProviders: isSpot,
    });
    this.start = new NodeFunction(this, 'Start', {
      description: 'Starts the container of a long task, and keeps the token that it answers',
      entry: HANDLER,
      environment: {
        ...this.functionEnvironment,
        CLUSTER_ARN: this.cluster.clusterArn,
        CAPACITY: isSpot ? 'FARGATE_SPOT' : 'FARGATE',
        SUBNETS: subnets.subnetIds.join(','),
        SECURITY_GROUPS: securityGroup.securityGroupId,
        ASSIGN_PUBLIC_IP: assignsPublicIp ? 'ENABLED' : 'DISABLED',
      },
    });
    this.grantObjects(this.start, 'attempts', ['PutObject']);
    this.grantObjects(this.watch, 'attempts', ['GetObject', 'DeleteObject']);
    // Without it S3 answers 403 for an attempt that has answered by itself.
    this.watch.addToRolePolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn] }));
    this.watchFor('Ends the wait for a container that has stopped', {
      source: ['aws.ecs'],
      detailType: ['ECS Task State Change'],
      detail: {
        clusterArn: [this.cluster.clusterArn],
        lastStatus: ['STOPPED'],
        startedBy: [{ prefix: STARTED_BY }],
      },
    });
  }

  override get functions(): readonly NodeFunction[] {
    return [this.start];
  }

  override statesOf(scope: Construct, spec: ContainerSpec): LongTaskStates {
    const { stateName, comment, role, input, resultPath, attempts } = spec;
    this.#roles.push(role);
    this.grantObjects(role, 'attempts', ['GetObject', 'DeleteObject']);
    this.grantObjects(role, 'tasks', ['PutObject']);
    const run = new LambdaInvoke(scope, 'Run', {
      stateName,
      comment,
      lambdaFunction: this.start,
      integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
      payload: TaskInput.fromObject({
        taskId: JsonPath.stringAt(spec.taskId),
        taskToken: JsonPath.taskToken,
        input: input === '$' ? JsonPath.entirePayload : JsonPath.objectAt(input),
        taskDefinition: this.#define(scope, spec),
        containerName: CONTAINER_NAME,
        environment: containerEnvironment(spec, this.bucket.bucketName),
      }),
      taskTimeout: Timeout.duration(Duration.seconds(spec.timeoutSeconds)),
      heartbeatTimeout: Timeout.duration(Duration.seconds(spec.heartbeatSeconds)),
      resultPath,
    });
    // CDK's own Retry leaves out that Lambda takes no more at the moment. Nothing was tried then.
    run.addRetry(WHEN_THROTTLED);
    // The program is not to blame for these. What it ends with itself is its answer.
    if (attempts > 1) {
      run.addRetry({
        errors: ['LongTask.NotStarted', 'LongTask.HostLost', ...WHEN_START_DIES, Errors.HEARTBEAT_TIMEOUT],
        interval: Duration.seconds(10),
        backoffRate: 2,
        maxAttempts: attempts - 1,
      });
    }
    return { first: run, last: run };
  }

  /**
   * IAM's reference names no resource type for these, but the service evaluates one: the state machine of the task
   * (aws/aws-cdk#8486). A policy of its own, as with {@link Confirmations}: in a default one the two would wait for each other.
   */
  protected override grantAnswer(stateMachine: StateMachine): void {
    const statement = (...actions: string[]) =>
      new PolicyStatement({
        actions: actions.map((action) => `states:${action}`),
        resources: [stateMachine.stateMachineArn],
      });
    const answer = new IamPolicy(stateMachine, 'AnswerLongTasks', {
      statements: [statement('SendTaskSuccess', 'SendTaskFailure', 'SendTaskHeartbeat')],
    });
    for (const role of this.#roles) answer.attachToRole(role);
    const fail = new IamPolicy(stateMachine, 'FailLongTasks', { statements: [statement('SendTaskFailure')] });
    if (this.watch.role !== undefined) fail.attachToRole(this.watch.role);
  }

  /** Gives the name of its family. That runs the revision that is deployed, for an older one is gone after a deployment. */
  #define(scope: Construct, spec: ContainerSpec): string {
    const family = Names.uniqueResourceName(scope, { maxLength: 100, separator: '-' });
    const { executionRole, logging } = containerParts(scope, spec);
    const definition = new FargateTaskDefinition(scope, 'TaskDefinition', {
      family,
      cpu: spec.cpu,
      memoryLimitMiB: spec.memoryMiB,
      taskRole: spec.role,
      executionRole,
      runtimePlatform: { cpuArchitecture: CpuArchitecture.ARM64, operatingSystemFamily: OperatingSystemFamily.LINUX },
    });
    definition.addContainer(CONTAINER_NAME, {
      image: ContainerImage.fromDockerImageAsset(spec.image),
      readonlyRootFilesystem: spec.readonlyRootFilesystem,
      logging,
    });
    this.#grantRun(family, spec.role, executionRole);
    return family;
  }

  #grantRun(family: string, ...roles: Role[]): void {
    const resource = `task-definition/${family}:*`;
    this.start.addToRolePolicy(
      new PolicyStatement({
        actions: ['ecs:RunTask'],
        resources: [`arn:${Aws.PARTITION}:ecs:${Aws.REGION}:${Aws.ACCOUNT_ID}:${resource}`],
        conditions: { ArnEquals: { 'ecs:cluster': this.cluster.clusterArn } },
      }),
    );
    this.start.addToRolePolicy(
      new PolicyStatement({
        actions: ['iam:PassRole'],
        resources: roles.map(({ roleArn }) => roleArn),
        conditions: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
      }),
    );
    Validations.of(this.start.role ?? Stack.of(this)).acknowledge({
      id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>:${resource}]`,
      reason: 'What is wild is only the revision: an execution runs the one that is deployed when it gets there.',
    });
  }
}
