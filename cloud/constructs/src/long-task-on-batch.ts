import { Aws, Duration, Names, Size, Stack, Validations } from 'aws-cdk-lib';
import {
  Action,
  EcsFargateContainerDefinition,
  EcsJobDefinition,
  FargateComputeEnvironment,
  JobQueue,
  Reason,
  type RetryStrategy,
} from 'aws-cdk-lib/aws-batch';
import { ContainerImage, CpuArchitecture, OperatingSystemFamily } from 'aws-cdk-lib/aws-ecs';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { JsonPath, Pass, type QueryLanguage, type RetryProps, type StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { BatchSubmitJob, type BatchSubmitJobProps, CallAwsService } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { inputKey, resultKey } from '../../long-tasks/src/index.ts';
import { containerEnvironment, containerParts, type ContainerSpec } from './long-task-container.ts';
import { LongTasks, type LongTasksProps, type LongTaskStates } from './long-tasks.ts';

export interface BatchLongTasksProps extends LongTasksProps {
  /** How much runs at a time, in vCPUs; the rest waits in the queue. @default 16 */
  readonly maxvCpus?: number;
}

/** A job waits for room as long as that, beside the time that its attempts may take. */
const QUEUED_SECONDS_MAX = Duration.days(1).toSeconds();

/**
 * AWS Batch tries again what the program is not to blame for: AWS Batch User Guide, "Automated job retries"; Amazon ECS
 * Developer Guide, "Stopped tasks error codes". Whatever the program ends with is its answer.
 */
const RETRY_STRATEGIES: readonly RetryStrategy[] = [
  { action: Action.RETRY, on: Reason.SPOT_INSTANCE_RECLAIMED },
  { action: Action.RETRY, on: Reason.custom({ onStatusReason: 'Your Spot Task was interrupted*' }) },
  {
    action: Action.RETRY,
    on: Reason.custom({ onStatusReason: 'Timeout waiting for network interface provisioning*' }),
  },
  { action: Action.RETRY, on: Reason.CANNOT_PULL_CONTAINER },
  { action: Action.EXIT, on: Reason.custom({ onReason: '*' }) },
];

/**
 * Long tasks as jobs of AWS Batch, on Fargate. They queue for room, Batch tries again what a lost host has ended, and Step
 * Functions ends a job whose execution is stopped.
 */
export class BatchLongTasks extends LongTasks {
  readonly jobQueue: JobQueue;
  readonly #jobDefinitionNames: string[] = [];

  constructor(scope: Construct, id: string, props: BatchLongTasksProps = {}) {
    super(scope, id, props);
    const { vpc, subnets, securityGroup } = this.network;
    const computeEnvironment = new FargateComputeEnvironment(this, 'ComputeEnvironment', {
      vpc,
      vpcSubnets: { subnets: subnets.subnets },
      securityGroups: [securityGroup],
      maxvCpus: props.maxvCpus ?? 16,
      spot: props.spot ?? false,
    });
    this.jobQueue = new JobQueue(this, 'JobQueue', { computeEnvironments: [{ computeEnvironment, order: 1 }] });
    this.watchFor('Counts jobs that have failed', {
      source: ['aws.batch'],
      detailType: ['Batch Job State Change'],
      detail: { jobQueue: [this.jobQueue.jobQueueArn], status: ['FAILED'] },
    });
  }

  override statesOf(scope: Construct, spec: ContainerSpec): LongTaskStates {
    this.grantObjects(spec.role, 'tasks', ['GetObject', 'PutObject']);
    const storeInput = this.#onObject(scope, 'Input', spec, {
      comment: 'What the program is given, by way of S3: a job takes no more than a few kilobytes, and shows them',
      action: 'putObject',
      parameters: { Body: spec.input === '$' ? JsonPath.entirePayload : JsonPath.objectAt(spec.input) },
      resultPath: JsonPath.DISCARD,
    });
    const run = this.#run(scope, spec);
    storeInput.next(run);
    const last = this.#readResult(scope, spec, run);
    return { first: storeInput, last };
  }

  protected override grantAnswer(stateMachine: StateMachine): void {
    const here = `<AWS::Region>:<AWS::AccountId>`;
    const acknowledge = (resource: string, reason: string) =>
      Validations.of(stateMachine).acknowledge({ id: `AwsSolutions-IAM5[Resource::${resource}]`, reason });
    acknowledge(`arn:<AWS::Partition>:batch:${here}:job/*`, 'Which job is to be ended is known when it was submitted.');
    for (const name of this.#jobDefinitionNames) {
      acknowledge(
        `arn:<AWS::Partition>:batch:${here}:job-definition/${name}:*`,
        'What is wild is only the revision: an execution runs the one that is deployed when it gets there.',
      );
    }
    this.acknowledgeObjects({ grantPrincipal: stateMachine.role }, 'tasks');
    this.grantKey(stateMachine);
  }

  #run(scope: Construct, spec: ContainerSpec): SubmitJob {
    const { image, cpu, memoryMiB, role, readonlyRootFilesystem } = spec;
    const container = new EcsFargateContainerDefinition(scope, 'Container', {
      ...containerParts(scope, spec),
      image: ContainerImage.fromDockerImageAsset(image),
      cpu: cpu / 1024,
      memory: Size.mebibytes(memoryMiB),
      jobRole: role,
      readonlyRootFilesystem,
      assignPublicIp: this.network.assignsPublicIp,
      fargateCpuArchitecture: CpuArchitecture.ARM64,
      fargateOperatingSystemFamily: OperatingSystemFamily.LINUX,
    });
    // Named, so that it can be submitted without a revision: that of an older execution is gone after a deployment.
    const jobDefinitionName = Names.uniqueResourceName(scope, { maxLength: 100, separator: '-' });
    // oxlint-disable-next-line no-new -- it is known by its name
    new EcsJobDefinition(scope, 'JobDefinition', {
      jobDefinitionName,
      container,
      retryAttempts: spec.attempts,
      retryStrategies: [...RETRY_STRATEGIES],
      timeout: Duration.seconds(spec.timeoutSeconds),
    });
    this.#jobDefinitionNames.push(jobDefinitionName);
    const run = new SubmitJob(scope, 'Run', {
      stateName: spec.stateName,
      comment: spec.comment,
      jobName: jobDefinitionName,
      jobDefinitionArn: jobDefinitionName,
      jobQueueArn: this.jobQueue.jobQueueArn,
      containerOverrides: {
        environment: {
          ...containerEnvironment(spec, this.bucket.bucketName),
          LONG_TASK_ID: JsonPath.stringAt(spec.taskId),
        },
      },
      stateTimeoutSeconds: spec.attempts * spec.timeoutSeconds + QUEUED_SECONDS_MAX,
      resultPath: JsonPath.DISCARD,
    });
    run.addRetry(WHEN_BATCH_FAILS);
    return run;
  }

  #readResult(scope: Construct, spec: ContainerSpec, run: SubmitJob): SubmitJob | CallAwsService | Pass {
    const { resultPath, stateName } = spec;
    if (resultPath === JsonPath.DISCARD) return run;
    const read = this.#onObject(scope, 'Result', spec, {
      comment: 'What the program has given',
      action: 'getObject',
      resultSelector: { result: JsonPath.stringToJson(JsonPath.stringAt('$.Body')) },
      ...(resultPath === '$' ? { outputPath: '$.result' } : { resultPath }),
    });
    run.next(read);
    if (resultPath === '$') return read;
    const unwrap = new Pass(scope, 'Take', {
      stateName: `${stateName}Take`,
      comment: 'Out of what was put around it to read it',
      inputPath: `${resultPath}.result`,
      resultPath,
    });
    read.next(unwrap);
    return unwrap;
  }

  #onObject(
    scope: Construct,
    which: 'Input' | 'Result',
    { stateName, taskId }: ContainerSpec,
    { action, parameters, ...props }: ObjectCall,
  ): CallAwsService {
    const keyOf = which === 'Input' ? inputKey : resultKey;
    const key = JsonPath.format(keyOf('{}'), JsonPath.stringAt(taskId));
    const call = new CallAwsService(scope, which, {
      stateName: `${stateName}${which}`,
      service: 's3',
      action,
      parameters: { Bucket: this.bucket.bucketName, Key: key, ...parameters },
      iamAction: action === 'putObject' ? 's3:PutObject' : 's3:GetObject',
      iamResources: [this.bucket.arnForObjects('tasks/*')],
      ...props,
    });
    call.addRetry(WHEN_S3_FAILS);
    return call;
  }
}

interface ObjectCall {
  readonly comment: string;
  readonly action: 'putObject' | 'getObject';
  readonly parameters?: Record<string, unknown>;
  readonly resultPath?: string;
  readonly outputPath?: string;
  readonly resultSelector?: Record<string, unknown>;
}

/** Whatever S3 says, asking again does no harm. */
const WHEN_S3_FAILS: RetryProps = { errors: ['States.TaskFailed'], interval: Duration.seconds(2), maxAttempts: 5 };

/** It was not submitted, or nobody knows. A job that has failed is `States.TaskFailed`, and not among these. */
const WHEN_BATCH_FAILS: RetryProps = {
  errors: ['Batch.AWSBatchException', 'Batch.ServerException', 'Batch.SdkClientException'],
  interval: Duration.seconds(5),
  maxAttempts: 5,
};

interface SubmitJobProps extends BatchSubmitJobProps {
  readonly stateTimeoutSeconds: number;
}

/** CDK's task, with a timeout of the state itself, and with what its role needs rather than with any job definition. */
class SubmitJob extends BatchSubmitJob {
  protected override readonly taskPolicies: PolicyStatement[];
  readonly #timeoutSeconds: number;

  constructor(scope: Construct, id: string, { stateTimeoutSeconds, ...props }: SubmitJobProps) {
    super(scope, id, props);
    this.#timeoutSeconds = stateTimeoutSeconds;
    const arn = (resource: string) => `arn:${Aws.PARTITION}:batch:${Aws.REGION}:${Aws.ACCOUNT_ID}:${resource}`;
    const definition = `job-definition/${props.jobDefinitionArn}`;
    const rule = Stack.of(this).formatArn({
      service: 'events',
      resource: 'rule/StepFunctionsGetEventsForBatchJobsRule',
    });
    // Step Functions Developer Guide, "IAM policies for calling AWS Batch".
    this.taskPolicies = [
      new PolicyStatement({
        actions: ['batch:SubmitJob'],
        resources: [arn(definition), arn(`${definition}:*`), props.jobQueueArn],
      }),
      // IAM knows no resources for it.
      new PolicyStatement({ actions: ['batch:DescribeJobs'], resources: ['*'] }),
      new PolicyStatement({ actions: ['batch:TerminateJob'], resources: [arn('job/*')] }),
      new PolicyStatement({
        actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
        resources: [rule],
      }),
    ];
  }

  override toStateJson(topLevelQueryLanguage?: QueryLanguage): object {
    return { ...super.toStateJson(topLevelQueryLanguage), TimeoutSeconds: this.#timeoutSeconds };
  }
}
