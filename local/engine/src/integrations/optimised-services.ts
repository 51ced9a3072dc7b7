import { isArray, isObject, jsonText, type Json, type JsonObject } from '../../../asl/src/index.ts';
import type { TaskCall } from '../effect.ts';
import type { TaskResult } from '../task-handler.ts';
import { optimisedCodec, type Codec } from './aws/codec.ts';
import { operationOf, serviceModel, type NamedOperation } from './aws/model-files.ts';

/** What Step Functions does of its own around the call of a service, and how the first AWS SDK for Java calls that service. */
export interface OptimisedService {
  /** The service in our models. */
  readonly sdkName: string;
  /** What error names begin with. */
  readonly errorPrefix: string;
  /** The service in causes. */
  readonly serviceName: string;
  /** The error that stands for all that have no class of their own. */
  readonly baseException: string;
  /** What a definition may call. A job is asked for and cancelled by others. */
  readonly actions: readonly string[];
  /** Parameters that take any JSON, as its text. */
  readonly textParameters?: readonly string[];
  readonly prepared?: (parameters: JsonObject, call: TaskCall) => JsonObject;
  /** A reply of 200 that is a failure all the same. */
  readonly failure?: (output: JsonObject) => TaskResult | undefined;
  readonly withoutMetadata?: boolean;
  /** It has no way to hand on a task token. @see integrate-optimized.html */
  readonly withoutToken?: boolean;
}

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html */
const SERVICES: Readonly<Record<string, OptimisedService>> = {
  athena: {
    sdkName: 'athena',
    errorPrefix: 'Athena',
    serviceName: 'AmazonAthena',
    baseException: 'AmazonAthenaException',
    actions: ['startQueryExecution', 'stopQueryExecution', 'getQueryExecution', 'getQueryResults'],
    withoutToken: true,
  },
  batch: {
    sdkName: 'batch',
    errorPrefix: 'Batch',
    serviceName: 'AWSBatch',
    baseException: 'AWSBatchException',
    actions: ['submitJob'],
    withoutToken: true,
  },
  codebuild: {
    sdkName: 'codebuild',
    errorPrefix: 'CodeBuild',
    serviceName: 'AWSCodeBuild',
    baseException: 'AWSCodeBuildException',
    actions: [
      'startBuild',
      'stopBuild',
      'batchDeleteBuilds',
      'batchGetReports',
      'startBuildBatch',
      'stopBuildBatch',
      'retryBuildBatch',
      'deleteBuildBatch',
    ],
    withoutToken: true,
  },
  databrew: {
    sdkName: 'databrew',
    errorPrefix: 'DataBrew',
    serviceName: 'AWSGlueDataBrew',
    baseException: 'AWSGlueDataBrewException',
    actions: ['startJobRun'],
    withoutToken: true,
  },
  dynamodb: {
    sdkName: 'dynamodb',
    errorPrefix: 'DynamoDB',
    serviceName: 'AmazonDynamoDBv2',
    baseException: 'AmazonDynamoDBException',
    actions: ['getItem', 'putItem', 'updateItem', 'deleteItem'],
    withoutToken: true,
  },
  ecs: {
    sdkName: 'ecs',
    errorPrefix: 'ECS',
    serviceName: 'AmazonECS',
    baseException: 'AmazonECSException',
    actions: ['runTask'],
    prepared: startedByStepFunctions,
    failure: failedTasks,
  },
  events: {
    sdkName: 'eventbridge',
    errorPrefix: 'EventBridge',
    serviceName: 'AmazonEventBridge',
    baseException: 'AmazonEventBridgeException',
    actions: ['putEvents'],
    textParameters: ['Detail'],
    prepared: withResources,
    failure: failedEntries,
    withoutMetadata: true,
  },
  glue: {
    sdkName: 'glue',
    errorPrefix: 'Glue',
    serviceName: 'AWSGlue',
    baseException: 'AWSGlueException',
    actions: ['startJobRun'],
    withoutToken: true,
  },
  mediaconvert: {
    sdkName: 'mediaconvert',
    errorPrefix: 'MediaConvert',
    serviceName: 'AWSMediaConvert',
    baseException: 'AWSMediaConvertException',
    actions: ['createJob'],
    withoutToken: true,
  },
  sagemaker: {
    sdkName: 'sagemaker',
    errorPrefix: 'SageMaker',
    serviceName: 'AmazonSageMaker',
    baseException: 'AmazonSageMakerException',
    actions: [
      'createEndpoint',
      'createEndpointConfig',
      'createHyperParameterTuningJob',
      'createLabelingJob',
      'createModel',
      'createProcessingJob',
      'createTrainingJob',
      'createTransformJob',
      'updateEndpoint',
    ],
    withoutToken: true,
  },
  sns: {
    sdkName: 'sns',
    errorPrefix: 'SNS',
    serviceName: 'AmazonSNS',
    baseException: 'AmazonSNSException',
    actions: ['publish'],
    textParameters: ['Message'],
  },
  sqs: {
    sdkName: 'sqs',
    errorPrefix: 'SQS',
    serviceName: 'AmazonSQS',
    baseException: 'AmazonSQSException',
    actions: ['sendMessage'],
    textParameters: ['MessageBody'],
  },
};

export function optimisedService(name: string): OptimisedService | undefined {
  return Object.hasOwn(SERVICES, name) ? SERVICES[name] : undefined;
}

export interface OptimisedCall extends NamedOperation {
  readonly service: OptimisedService;
  readonly codec: Codec;
}

/** How an operation of a service is called in the manner of its optimised integration, whether or not a definition may call it. */
export function optimisedCall(name: string, action: string): OptimisedCall | undefined {
  const service = optimisedService(name);
  const model = service && serviceModel(service.sdkName);
  const found = model && operationOf(model, action);
  return service === undefined || model === undefined || found === undefined
    ? undefined
    : { ...found, service, codec: optimisedCodec(model) };
}

/**
 * Events tell which state machine and which execution they come from.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/connect-eventbridge.html
 */
function withResources(parameters: JsonObject, { executionArn }: TaskCall): JsonObject {
  const [partition = 'aws', , region = '', accountId = '', , stateMachineName = ''] = executionArn.split(':').slice(1);
  const stateMachineArn = `arn:${partition}:states:${region}:${accountId}:stateMachine:${stateMachineName}`;
  const entries = isArray(parameters['Entries']) ? parameters['Entries'] : [];
  return { ...parameters, Entries: entries.map((entry) => withSources(entry, [stateMachineArn, executionArn])) };
}

function withSources(entry: Json, arns: readonly string[]): Json {
  if (!isObject(entry)) return entry;
  const resources = isArray(entry['Resources']) ? entry['Resources'] : [];
  return { ...entry, Resources: [...resources, ...arns] };
}

function failedEntries(output: JsonObject): TaskResult | undefined {
  const { FailedEntryCount: count } = output as { FailedEntryCount?: Json };
  return typeof count === 'number' && count > 0
    ? { error: 'EventBridge.FailedEntry', cause: jsonText(output) }
    : undefined;
}

/** A task that is waited for says who started it, as in the tasks that causes show. */
function startedByStepFunctions(parameters: JsonObject, { resource }: TaskCall): JsonObject {
  return resource.endsWith('.sync') ? { StartedBy: 'AWS Step Functions', ...parameters } : parameters;
}

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html, "AmazonECS.Unknown" */
function failedTasks(output: JsonObject): TaskResult | undefined {
  const { Failures: failures } = output as { Failures?: Json };
  return isArray(failures) && failures.length > 0 ? { error: 'AmazonECS.Unknown', cause: jsonText(output) } : undefined;
}
