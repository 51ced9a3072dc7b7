import {
  isArray,
  isObject,
  jsonText,
  type Json,
  type JsonObject,
  type ServiceIntegration,
} from '../../../asl/src/index.ts';
import type { TaskCall } from '../effect.ts';
import type { TaskHandler, TaskResult } from '../task-handler.ts';
import { callAws, type AwsConnection } from './aws/call.ts';
import { optimisedCodec } from './aws/codec.ts';
import { operationOf, serviceModel } from './aws/model-files.ts';
import { capitalized } from './aws/names.ts';
import { parameterProblems } from './aws/parameter-problems.ts';
import type { AwsOutput, AwsRefusal } from './aws/reply.ts';
import { sdkMetadata } from './sdk-metadata.ts';

/** What Step Functions does of its own around the call of a service, and how the first AWS SDK for Java calls that service. */
interface OptimisedService {
  /** The service in our models. */
  readonly sdkName: string;
  /** What error names begin with. */
  readonly errorPrefix: string;
  /** The service in causes. */
  readonly serviceName: string;
  /** The error that stands for all that have no class of their own. */
  readonly baseException: string;
  readonly actions: readonly string[];
  /** Parameters that take any JSON, as its text. */
  readonly textParameters?: readonly string[];
  readonly prepared?: (parameters: JsonObject, call: TaskCall) => JsonObject;
  /** A reply of 200 that is a failure all the same. */
  readonly failure?: (output: JsonObject) => TaskResult | undefined;
  readonly withoutMetadata?: boolean;
}

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html */
const SERVICES: Readonly<Record<string, OptimisedService>> = {
  batch: {
    sdkName: 'batch',
    errorPrefix: 'Batch',
    serviceName: 'AWSBatch',
    baseException: 'AWSBatchException',
    actions: ['submitJob'],
  },
  dynamodb: {
    sdkName: 'dynamodb',
    errorPrefix: 'DynamoDB',
    serviceName: 'AmazonDynamoDBv2',
    baseException: 'AmazonDynamoDBException',
    actions: ['getItem', 'putItem', 'updateItem', 'deleteItem'],
  },
  ecs: {
    sdkName: 'ecs',
    errorPrefix: 'ECS',
    serviceName: 'AmazonECS',
    baseException: 'AmazonECSException',
    actions: ['runTask'],
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

export function optimisedIntegration(
  connection: AwsConnection,
): (resource: ServiceIntegration) => TaskHandler | undefined {
  return (resource) => {
    const target = targetOf(resource);
    if (target === undefined) return undefined;
    const { service, codec } = target;
    return async (call, signal) => {
      const given: JsonObject = isObject(call.parameters) ? call.parameters : {};
      const parameters = service.prepared?.(given, call) ?? given;
      const answer = await callAws(target, parameters, codec, connection, signal);
      if (answer.kind === 'refusal') return refused(answer, service);
      if (answer.kind === 'output') return service.failure?.(answer.output) ?? { output: shown(answer, service) };
      const cause = `Unable to execute HTTP request: ${answer.reason}`;
      return { error: `${service.errorPrefix}.SdkClientException`, cause };
    };
  };
}

export function optimisedProblems(resource: ServiceIntegration, parameters: Json): string[] {
  const target = targetOf(resource);
  if (target === undefined) return [];
  const { textParameters = [] } = target.service;
  return parameterProblems(parameters, target.operation, target.codec, (_value, name) => textParameters.includes(name));
}

export function isOptimised(resource: ServiceIntegration): boolean {
  return targetOf(resource) !== undefined;
}

function targetOf({ service: name, action }: ServiceIntegration) {
  const service = Object.hasOwn(SERVICES, name) ? SERVICES[name] : undefined;
  if (service === undefined || !service.actions.includes(action)) return undefined;
  const model = serviceModel(service.sdkName);
  const found = model === undefined ? undefined : operationOf(model, action);
  return model === undefined || found === undefined ? undefined : { ...found, service, codec: optimisedCodec(model) };
}

function shown({ output, http, requestId }: AwsOutput, { withoutMetadata }: OptimisedService): JsonObject {
  if (withoutMetadata === true) return output;
  const all = { ...output, ...sdkMetadata(http.statusCode, http.headers, requestId) };
  return Object.fromEntries(Object.entries(all).sort(([left], [right]) => (left < right ? -1 : 1)));
}

function refused(
  { code, errorName, message, statusCode, requestId }: AwsRefusal,
  service: OptimisedService,
): TaskResult {
  const details = [
    `Service: ${service.serviceName}`,
    `Status Code: ${statusCode}`,
    `Error Code: ${code}`,
    `Request ID: ${requestId ?? 'null'}`,
    'Proxy: null',
  ];
  return {
    error: `${service.errorPrefix}.${errorName === undefined ? service.baseException : exceptionName(errorName)}`,
    cause: `${message ?? 'null'} (${details.join('; ')})`,
  };
}

function exceptionName(errorName: string): string {
  return errorName.endsWith('Exception') ? capitalized(errorName) : `${capitalized(errorName)}Exception`;
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

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html, "AmazonECS.Unknown" */
function failedTasks(output: JsonObject): TaskResult | undefined {
  const { Failures: failures } = output as { Failures?: Json };
  return isArray(failures) && failures.length > 0 ? { error: 'AmazonECS.Unknown', cause: jsonText(output) } : undefined;
}
