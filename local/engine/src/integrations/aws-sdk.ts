import { isObject, type Json, type ServiceIntegration } from '../../../asl/src/index.ts';
import type { TaskHandler, TaskResult } from '../task-handler.ts';
import { callAws, type AwsConnection } from './aws/call.ts';
import { sdkCodec } from './aws/codec.ts';
import { operationOf, serviceModel } from './aws/model-files.ts';
import { sdkExceptionName, sdkServiceName } from './aws/names.ts';
import { parameterProblems } from './aws/parameter-problems.ts';
import type { AwsRefusal } from './aws/reply.ts';

/** Runs `aws-sdk:<service>:<action>`. @see https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html */
export function awsSdkIntegration(
  connection: AwsConnection,
): (resource: ServiceIntegration) => TaskHandler | undefined {
  return (resource) => {
    const target = targetOf(resource);
    if (target === undefined) return undefined;
    return async ({ parameters }, signal) => {
      const answer = await callAws(target, isObject(parameters) ? parameters : {}, target.codec, connection, signal);
      const service = sdkServiceName(target.codec.model.serviceId);
      if (answer.kind === 'output') return { output: answer.output };
      if (answer.kind === 'refusal') return refused(answer, service);
      const cause = `Unable to execute HTTP request: ${answer.reason}${ATTEMPTS}`;
      return { error: `${service}.SdkClientException`, cause };
    };
  };
}

export function awsSdkProblems(resource: ServiceIntegration, parameters: Json): string[] {
  const target = targetOf(resource);
  if (target === undefined) return [];
  return parameterProblems(
    parameters,
    target.operation,
    target.codec,
    (value, _name, isTopLevel) => isTopLevel || typeof value === 'object',
  );
}

/** @returns why this release cannot call it, `undefined` if it can */
export function awsSdkObstacle({ service, action, pattern }: ServiceIntegration): string | undefined {
  const name = service.slice('aws-sdk:'.length);
  const model = serviceModel(name);
  if (model === undefined) return `the service '${name}' is not known`;
  const found = operationOf(model, action);
  if (found === undefined) return `the service '${name}' has no action '${action}'`;
  if (found.operation.eventStream === true) return `the action '${action}' streams events`;
  return pattern === 'REQUEST_RESPONSE' || pattern === 'WAIT_FOR_TASK_TOKEN'
    ? undefined
    : 'an SDK integration cannot wait for a job';
}

function targetOf(resource: ServiceIntegration) {
  const model = serviceModel(resource.service.slice('aws-sdk:'.length));
  if (model === undefined || awsSdkObstacle(resource) !== undefined) return undefined;
  const found = operationOf(model, resource.action);
  return found === undefined ? undefined : { ...found, codec: sdkCodec(model) };
}

/** The SDK says so since 2025. A call is made once here. */
const ATTEMPTS = ' (SDK Attempt Count: 1)';

/** Recorded in 2023, when the SDK did not yet count attempts, and not since. */
const RECORDED_WITHOUT_ATTEMPTS: ReadonlySet<string> = new Set(['DynamoDb', 'S3']);

function refused(
  { errorName, message, statusCode, requestId, extendedRequestId }: AwsRefusal,
  service: string,
): TaskResult {
  const details = [
    `Service: ${service}`,
    `Status Code: ${statusCode}`,
    `Request ID: ${requestId ?? 'null'}`,
    ...(extendedRequestId === undefined ? [] : [`Extended Request ID: ${extendedRequestId}`]),
  ];
  return {
    error: `${service}.${errorName === undefined ? `${service}Exception` : sdkExceptionName(errorName)}`,
    cause: `${message ?? 'null'} (${details.join(', ')})${RECORDED_WITHOUT_ATTEMPTS.has(service) ? '' : ATTEMPTS}`,
  };
}
