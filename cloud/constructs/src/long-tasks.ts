/* oxlint-disable no-new -- a construct is made for what it adds to its scope */
import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import type { Connections, IConnectable, IVpc } from 'aws-cdk-lib/aws-ec2';
import type { EventPattern } from 'aws-cdk-lib/aws-events';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, type CfnBucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import type { INextable, State, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { join } from 'node:path';
import { FunctionRule } from './function-rule.ts';
import type { ContainerSpec } from './long-task-container.ts';
import { LongTasksNetwork } from './long-tasks-network.ts';
import { NodeFunction } from './node-function.ts';

export interface LongTasksProps {
  /** Where containers run: its private subnets, if it has any. @default - a VPC of their own, see {@link LongTasksNetwork} */
  readonly vpc?: IVpc;
  /** Takes spare capacity at about a third of the price, which AWS may take back; then the task is tried again. @default false */
  readonly spot?: boolean;
  /** Encrypts inputs, results, progress and tokens. @default - a key of Amazon S3's own */
  readonly encryptionKey?: IKey;
  /** Where access to those is logged. @default - it is not */
  readonly accessLog?: IBucket;
  /** What the id of a task is called in logs. @default 'taskId' */
  readonly idName?: string;
}

/** One long task, as {@link LongTasks} make states of it. */
export interface LongTaskStates {
  readonly first: State;
  readonly last: State & INextable;
}

/** Inputs, results and tokens are of use while a task runs, which is 14 days at most, and then for whoever looks into a failure. */
const KEPT = Duration.days(30);

const HANDLERS = join(import.meta.dirname, '../../long-tasks/src/handlers');

/**
 * What all long tasks of an app share: where they run, and the bucket of what they are given and give. One is enough for any
 * number of {@link LongTask} in any number of state machines, as long as the ids of those that run at a time differ.
 */
export abstract class LongTasks extends Construct implements IConnectable {
  /** `tasks/{taskId}/` and `attempts/`; see `cloud/long-tasks/src/keys.ts`. */
  readonly bucket: Bucket;
  readonly network: LongTasksNetwork;
  /** Ends the wait for containers that have stopped, and counts those that failed. */
  readonly watch: NodeFunction;
  protected readonly functionEnvironment: Readonly<Record<string, string>>;
  readonly #encryptionKey: IKey | undefined;
  readonly #served = new Set<StateMachine>();

  constructor(scope: Construct, id: string, props: LongTasksProps) {
    super(scope, id);
    const { vpc, encryptionKey, accessLog, idName = 'taskId' } = props;
    this.#encryptionKey = encryptionKey;
    this.bucket = longTasksBucket(this, encryptionKey, accessLog);
    this.network = new LongTasksNetwork(this, 'Network', vpc);
    this.functionEnvironment = {
      LONG_TASKS_BUCKET: this.bucket.bucketName,
      CONFIRMATION_ID_NAME: idName,
      POWERTOOLS_SERVICE_NAME: 'long-tasks',
    };
    this.watch = new NodeFunction(this, 'Watch', {
      description: 'Ends the wait for containers that have stopped, and counts those that failed',
      entry: join(HANDLERS, 'watch-long-tasks.ts'),
      environment: this.functionEnvironment,
    });
    this.node.addValidation({
      validate: () =>
        this.#served.size > 0 ? [] : ['Say which state machine has these long tasks: longTasks.serve(stateMachine).'],
    });
  }

  /** What containers may be reached by and may reach: `longTasks.connections.allowTo(database, Port.tcp(5432))`. */
  get connections(): Connections {
    return this.network.securityGroup.connections;
  }

  /** Lets the containers of its tasks answer the state machine. */
  serve(stateMachine: StateMachine): void {
    this.#served.add(stateMachine);
    this.grantAnswer(stateMachine);
  }

  /** For an API: it shows how far tasks have come. */
  grantReadProgress(grantee: IGrantable): void {
    this.grantObjects(grantee, 'tasks', ['GetObject']);
    // Without s3:ListBucket S3 answers 403 for an object that is not there, and "nothing said yet" would be an error.
    Grant.addToPrincipal({ grantee, actions: ['s3:ListBucket'], resourceArns: [this.bucket.bucketArn] });
  }

  /** What its states call. */
  get functions(): readonly NodeFunction[] {
    return [];
  }

  /** The states that run a container to its end and give its result. */
  abstract statesOf(scope: Construct, spec: ContainerSpec): LongTaskStates;

  protected abstract grantAnswer(stateMachine: StateMachine): void;

  protected watchFor(description: string, eventPattern: EventPattern): void {
    new FunctionRule(this, 'Stopped', { description, eventPattern, calls: this.watch });
  }

  protected grantObjects(grantee: IGrantable, prefix: 'tasks' | 'attempts', actions: readonly ObjectAction[]): void {
    Grant.addToPrincipal({
      grantee,
      actions: actions.map((action) => `s3:${action}`),
      resourceArns: [this.bucket.arnForObjects(`${prefix}/*`)],
    });
    this.acknowledgeObjects(grantee, prefix);
    this.grantKey(grantee);
  }

  protected grantKey(grantee: IGrantable): void {
    if (this.#encryptionKey === undefined) return;
    const actions = ['kms:Decrypt', 'kms:GenerateDataKey'];
    Grant.addToPrincipal({ grantee, actions, resourceArns: [this.#encryptionKey.keyArn] });
  }

  protected acknowledgeObjects({ grantPrincipal }: IGrantable, prefix: string): void {
    if (!Construct.isConstruct(grantPrincipal)) return;
    const bucket = Stack.of(this).getLogicalId(this.bucket.node.defaultChild as CfnBucket);
    Validations.of(grantPrincipal).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${bucket}.Arn>/${prefix}/*]`,
      reason: `An object is named after its task, so which ones are under ${prefix}/ is not known before. The actions are named one by one.`,
    });
  }
}

type ObjectAction = 'GetObject' | 'PutObject' | 'DeleteObject';

function longTasksBucket(scope: Construct, encryptionKey: IKey | undefined, accessLog: IBucket | undefined): Bucket {
  return new Bucket(scope, 'Bucket', {
    ...(encryptionKey === undefined
      ? { encryption: BucketEncryption.S3_MANAGED }
      : { encryption: BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }),
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    // A bucket that is not empty cannot be deleted, and emptying it would take a function that may empty it at any time.
    removalPolicy: RemovalPolicy.RETAIN,
    lifecycleRules: [{ expiration: KEPT, abortIncompleteMultipartUploadAfter: Duration.days(1) }],
    ...(accessLog && { serverAccessLogsBucket: accessLog, serverAccessLogsPrefix: 'long-tasks/' }),
  });
}
