import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sdkActionName, sdkExceptionName, sdkParameterName, sdkServiceName } from '../src/integrations/aws/names.ts';

function check(made: (name: string) => string, cases: Readonly<Record<string, string>>): void {
  for (const [given, expected] of Object.entries(cases)) assert.equal(made(given), expected, given);
}

test('a service is called in a resource what the SDK for Java calls its package', () => {
  check((id) => sdkServiceName(id).toLowerCase(), {
    DynamoDB: 'dynamodb',
    SFN: 'sfn',
    'CloudWatch Logs': 'cloudwatchlogs',
    'Secrets Manager': 'secretsmanager',
    'Database Migration Service': 'databasemigration',
    'Application Discovery Service': 'applicationdiscovery',
    'Elastic Load Balancing v2': 'elasticloadbalancingv2',
    SESv2: 'sesv2',
    'Route 53': 'route53',
  });
});

test('error names begin with the service as the SDK for Java writes it', () => {
  check(sdkServiceName, {
    DynamoDB: 'DynamoDb',
    SFN: 'Sfn',
    S3: 'S3',
    SQS: 'Sqs',
    EC2: 'Ec2',
    'CloudWatch Logs': 'CloudWatchLogs',
  });
});

test('parameters have the names of the methods of the SDK for Java, with a capital', () => {
  check(sdkParameterName, {
    TableName: 'TableName',
    taskArn: 'TaskArn',
    DBInstanceIdentifier: 'DbInstanceIdentifier',
    ETag: 'ETag',
    SSEKMSKeyId: 'SsekmsKeyId',
    ChecksumCRC32: 'ChecksumCRC32',
    MD5OfMessageBody: 'Md5OfMessageBody',
    ARN: 'Arn',
    VPCId: 'VpcId',
  });
});

test('an action begins with a small letter', () => {
  check(sdkActionName, {
    PutItem: 'putItem',
    DescribeDBInstances: 'describeDBInstances',
    ListObjectsV2: 'listObjectsV2',
  });
});

test('an error is called what its class in the SDK for Java is called', () => {
  check(sdkExceptionName, {
    NoSuchBucket: 'NoSuchBucketException',
    ResourceNotFoundException: 'ResourceNotFoundException',
    InvalidToken: 'InvalidTokenException',
    DBInstanceNotFoundFault: 'DbInstanceNotFoundException',
    KMSInvalidStateException: 'KmsInvalidStateException',
  });
});
