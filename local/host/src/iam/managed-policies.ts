import type { Json } from '../template.ts';

const LOGS = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];
const XRAY = [
  'xray:PutTraceSegments',
  'xray:PutTelemetryRecords',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'xray:GetSamplingStatisticSummaries',
];
const NETWORK = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];
const PULL_IMAGES = [
  'ecr:GetAuthorizationToken',
  'ecr:BatchCheckLayerAvailability',
  'ecr:GetDownloadUrlForLayer',
  'ecr:BatchGetImage',
];

/** What those policies of AWS allow that the CDK and common apps attach to roles. AWS Managed Policy Reference. */
const ACTIONS_OF: Readonly<Record<string, readonly string[]>> = {
  'service-role/AWSLambdaBasicExecutionRole': LOGS,
  'service-role/AWSLambdaVPCAccessExecutionRole': [...LOGS, ...NETWORK],
  'service-role/AWSLambdaRole': ['lambda:InvokeFunction'],
  'service-role/AmazonECSTaskExecutionRolePolicy': [...PULL_IMAGES, 'logs:CreateLogStream', 'logs:PutLogEvents'],
  AWSXRayDaemonWriteAccess: XRAY,
  AmazonS3FullAccess: ['s3:*', 's3-object-lambda:*'],
  AmazonS3ReadOnlyAccess: ['s3:Get*', 's3:List*', 's3:Describe*', 's3-object-lambda:Get*', 's3-object-lambda:List*'],
  AWSStepFunctionsFullAccess: ['states:*'],
  AmazonSNSFullAccess: ['sns:*'],
  AmazonSESFullAccess: ['ses:*'],
  AmazonEventBridgeFullAccess: ['events:*', 'schemas:*', 'scheduler:*', 'pipes:*'],
  CloudWatchLogsFullAccess: ['logs:*', 'cloudwatch:GenerateQuery'],
  AdministratorAccess: ['*'],
};

const ARN = /^arn:aws:iam::aws:policy\/(.+)$/v;

export function isManagedByAws(arn: string): boolean {
  return ARN.test(arn);
}

/** The document of a policy that AWS manages; undefined for one that is not known here. */
export function managedPolicyDocument(arn: string): Json | undefined {
  const [, name = ''] = ARN.exec(arn) ?? [];
  const actions = Object.hasOwn(ACTIONS_OF, name) ? ACTIONS_OF[name] : undefined;
  if (actions === undefined) return undefined;
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] };
}

export function knownManagedPolicies(): string[] {
  return Object.keys(ACTIONS_OF).map((name) => name.slice(name.indexOf('/') + 1));
}
