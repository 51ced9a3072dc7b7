import { Aspects, Aws, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/**
 * A key of AWS KMS whose use is in the account's own hands and in its trail. It stays when the stack goes, as what it has
 * encrypted does.
 */
export class OwnKey extends Key {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      description: 'Encrypts confirmations, their logs and the key of links',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  /** Encrypts all logs under `scope`, whoever makes them. */
  encryptLogs(scope: Construct): void {
    this.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal(`logs.${Aws.REGION}.amazonaws.com`)],
        actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
        resources: ['*'],
        // Amazon CloudWatch Logs User Guide, "Encrypt log data using AWS KMS"
        conditions: {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn': `arn:${Aws.PARTITION}:logs:${Aws.REGION}:${Aws.ACCOUNT_ID}:log-group:*`,
          },
        },
      }),
    );
    Aspects.of(scope).add({
      visit: (one) => {
        if (one instanceof CfnLogGroup) one.kmsKeyId = this.keyArn;
      },
    });
  }
}
