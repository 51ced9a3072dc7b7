import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { nodeBundle } from './node-bundle.ts';

export interface NodeFunctionProps {
  /** The file that exports `handler`; an absolute path. */
  readonly entry: string;
  readonly description: string;
  /** @default - none */
  readonly environment?: Record<string, string>;
  /** @default Duration.seconds(30) */
  readonly timeout?: Duration;
  /** In MiB. CPU comes with memory: with less than this, loading the function takes longer than it costs less. @default 512 */
  readonly memorySize?: number;
  /** @default RetentionDays.ONE_MONTH */
  readonly logRetention?: RetentionDays;
}

/** A Lambda function as we run them: Node 24 on arm64, one minified module, traced, with a log of its own that ends. */
export class NodeFunction extends LambdaFunction {
  constructor(scope: Construct, id: string, props: NodeFunctionProps) {
    super(scope, id, {
      description: props.description,
      code: nodeBundle(props.entry),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: props.timeout ?? Duration.seconds(30),
      memorySize: props.memorySize ?? 512,
      tracing: Tracing.ACTIVE,
      ...(props.environment && { environment: props.environment }),
      ...ownLogAndRole(scope, id, props.logRetention ?? RetentionDays.ONE_MONTH),
    });
  }
}

/**
 * The log has no name of its own, so that a second stack can live in the account. The role may write to this log and to
 * no other; `AWSLambdaBasicExecutionRole`, which CDK gives otherwise, may write to every log of the account.
 */
function ownLogAndRole(scope: Construct, id: string, retention: RetentionDays) {
  const logGroup = new LogGroup(scope, `${id}Log`, { retention, removalPolicy: RemovalPolicy.DESTROY });
  const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  logGroup.grantWrite(role);
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason:
      'xray:PutTraceSegments and xray:PutTelemetryRecords know no resources; "*" is the only one IAM takes for them.',
  });
  return { logGroup, role };
}
