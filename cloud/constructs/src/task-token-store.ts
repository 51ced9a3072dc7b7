import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, Grant, type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  type CfnBucket,
  type IBucket,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

export interface TaskTokenStoreProps {
  /** How long a wait may last. What is stored outlives it. */
  readonly longestWait: Duration;
}

/**
 * How much longer than the longest wait an object lives: a decision must still be there when a workflow that was down for
 * days comes to ask for it.
 */
const MARGIN_DAYS = 30;

const ACCESS_LOG_DAYS = 90;

/**
 * The bucket of the confirmation protocol: `waits/{id}.json` hold task tokens while something waits, and
 * `decisions/{id}.json` hold what was decided.
 *
 * Not versioned, on purpose: a token that was used is deleted, and a version of it would keep it. A decision needs no
 * versions, since the bucket's policy lets nobody write over anything without having read it.
 */
export class TaskTokenStore extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { longestWait }: TaskTokenStoreProps) {
    super(scope, id);
    const accessLog = new Bucket(this, 'AccessLog', {
      ...PRIVATE,
      lifecycleRules: [{ expiration: Duration.days(ACCESS_LOG_DAYS) }],
    });
    Validations.of(accessLog).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'This bucket is where access logs go; logging the access to it into itself would never end.',
    });
    const bucket = new Bucket(this, 'Bucket', {
      ...PRIVATE,
      // A Bucket is an IBucket; CDK's declarations just do not say so under exactOptionalPropertyTypes.
      serverAccessLogsBucket: accessLog as IBucket,
      serverAccessLogsPrefix: 'task-token-store/',
      lifecycleRules: [{ expiration: Duration.days(Math.ceil(longestWait.toDays({ integral: false })) + MARGIN_DAYS) }],
    });
    bucket.addToResourcePolicy(conditionalWritesOnly(bucket));
    this.bucket = bucket;
  }

  /** For what opens waits: it stores tokens, and looks whether something has been decided. */
  grantOpenWaits(grantee: IGrantable): Grant {
    return this.#grant(grantee, { waits: ['GetObject', 'PutObject', 'DeleteObject'], decisions: ['GetObject'] });
  }

  /** For what decides, be it for a person or for a deadline: it finds waits, and writes decisions. */
  grantDecide(grantee: IGrantable): Grant {
    return this.#grant(grantee, { waits: ['GetObject', 'DeleteObject'], decisions: ['GetObject', 'PutObject'] });
  }

  #grant(grantee: IGrantable, { waits, decisions }: Record<'waits' | 'decisions', ObjectAction[]>): Grant {
    const on = (prefix: string, actions: ObjectAction[]) => {
      this.#acknowledgeObjects(grantee, prefix);
      return Grant.addToPrincipal({
        grantee,
        actions: actions.map((action) => `s3:${action}`),
        resourceArns: [this.bucket.arnForObjects(`${prefix}/*`)],
      });
    };
    // Without s3:ListBucket S3 answers 403 for an object that is not there, and "no decision yet" would be an error.
    // A condition on s3:prefix would not do: a GetObject has no prefix, so it would not hold.
    const list = Grant.addToPrincipal({ grantee, actions: ['s3:ListBucket'], resourceArns: [this.bucket.bucketArn] });
    return on('waits', waits).combine(on('decisions', decisions)).combine(list);
  }

  #acknowledgeObjects({ grantPrincipal }: IGrantable, prefix: string): void {
    if (!Construct.isConstruct(grantPrincipal)) return;
    const bucket = Stack.of(this).getLogicalId(this.bucket.node.defaultChild as CfnBucket);
    Validations.of(grantPrincipal).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${bucket}.Arn>/${prefix}/*]`,
      reason: `An object is named after its order, so which ones are under ${prefix}/ is not known before. The actions are named one by one.`,
    });
  }
}

type ObjectAction = 'GetObject' | 'PutObject' | 'DeleteObject';

const PRIVATE: BucketProps = {
  encryption: BucketEncryption.S3_MANAGED,
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  // Waits and decisions belong to people; deleting the stack is not deciding for them.
  removalPolicy: RemovalPolicy.RETAIN,
};

/**
 * Refuses to write an object without `If-None-Match` or `If-Match`, whoever asks: the protocol rests on nobody overwriting
 * what they have not read, so a mistake in our own code must fail and not decide.
 *
 * @see Amazon S3 User Guide, "Enforce conditional writes on Amazon S3 buckets"
 */
function conditionalWritesOnly(bucket: Bucket): PolicyStatement {
  return new PolicyStatement({
    sid: 'ConditionalWritesOnly',
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions: ['s3:PutObject'],
    resources: [bucket.arnForObjects('*')],
    conditions: { Null: { 's3:if-none-match': 'true', 's3:if-match': 'true' } },
  });
}
