import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, Grant, type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
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
  /** How long what was decided, by whom and why, can be looked up. @default Duration.days(2557), which are seven years */
  readonly recordRetention?: Duration;
  /** Encrypts tokens and records. @default - a key of Amazon S3's own */
  readonly encryptionKey?: IKey;
}

/** No execution lives longer than a year, so no token does; then something may still have to look at what became of it. */
const WAIT_DAYS = 400;

const RECORD_RETENTION = Duration.days(2557);

const ACCESS_LOG_DAYS = 90;

/**
 * The bucket of the confirmation protocol: `waits/{id}.json` hold task tokens while something waits, and
 * `records/{id}.json` hold everything that was said and done about it.
 *
 * Not versioned, on purpose: a token that was used is deleted, and a version of it would keep it. A record needs no
 * versions: each entry of it holds the digest of the one before, and the bucket's policy lets nobody write over anything
 * without having read it.
 */
export class TaskTokenStore extends Construct {
  readonly bucket: Bucket;
  /** Where the access to it is logged. */
  readonly accessLog: Bucket;

  constructor(scope: Construct, id: string, props: TaskTokenStoreProps = {}) {
    super(scope, id);
    const { recordRetention = RECORD_RETENTION, encryptionKey } = props;
    // With S3's own key also where there is another: S3 delivers access logs to no bucket that a key of KMS encrypts.
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
      ...(encryptionKey && { encryption: BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }),
      // A Bucket is an IBucket; CDK's declarations just do not say so under exactOptionalPropertyTypes.
      serverAccessLogsBucket: accessLog as IBucket,
      serverAccessLogsPrefix: 'task-token-store/',
      lifecycleRules: [
        { prefix: 'waits/', expiration: Duration.days(WAIT_DAYS) },
        { prefix: 'records/', expiration: recordRetention },
      ],
    });
    bucket.addToResourcePolicy(conditionalWritesOnly(bucket));
    this.bucket = bucket;
    this.accessLog = accessLog;
  }

  /** For what opens waits: it stores tokens. */
  grantOpenWaits(grantee: IGrantable): Grant {
    return this.#grant(grantee, ['GetObject', 'PutObject', 'DeleteObject']);
  }

  /** For what answers, be it for a person or for a deadline: it finds waits, and ends them. */
  grantAnswer(grantee: IGrantable): Grant {
    return this.#grant(grantee, ['GetObject', 'DeleteObject']);
  }

  #grant(grantee: IGrantable, onWaits: ObjectAction[]): Grant {
    const on = (prefix: string, actions: ObjectAction[]) => {
      this.#acknowledgeObjects(grantee, prefix);
      return Grant.addToPrincipal({
        grantee,
        actions: actions.map((action) => `s3:${action}`),
        resourceArns: [this.bucket.arnForObjects(`${prefix}/*`)],
      });
    };
    // Without s3:ListBucket S3 answers 403 for an object that is not there, and "nothing said yet" would be an error.
    // A condition on s3:prefix would not do: a GetObject has no prefix, so it would not hold.
    const list = Grant.addToPrincipal({ grantee, actions: ['s3:ListBucket'], resourceArns: [this.bucket.bucketArn] });
    const { encryptionKey } = this.bucket;
    if (encryptionKey !== undefined) {
      // Named one by one: what CDK grants with the bucket has wildcards.
      const actions = ['kms:Decrypt', 'kms:GenerateDataKey'];
      Grant.addToPrincipal({ grantee, actions, resourceArns: [encryptionKey.keyArn] });
    }
    // Nobody may delete a record.
    return on('waits', onWaits)
      .combine(on('records', ['GetObject', 'PutObject']))
      .combine(list);
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
  // Waits and records belong to people; deleting the stack is not deciding for them.
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
