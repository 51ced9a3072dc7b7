import { isObject, type Json, type JsonObject, type ServiceIntegration } from '../../../asl/src/index.ts';
import type { TaskHandler, TaskResult } from '../task-handler.ts';
import { submittedJob } from './aws-jobs.ts';
import { callAws, type AwsConnection } from './aws/call.ts';
import { capitalized } from './aws/names.ts';
import { parameterProblems } from './aws/parameter-problems.ts';
import type { AwsOutput, AwsRefusal } from './aws/reply.ts';
import { submitsJob } from './job-kinds.ts';
import { optimisedCall, type OptimisedCall, type OptimisedService } from './optimised-services.ts';
import { sdkMetadata } from './sdk-metadata.ts';

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
      if (answer.kind === 'output') {
        const failure = service.failure?.(answer.output);
        return failure ?? { output: shown(answer, service), ...jobOf(resource, answer, parameters) };
      }
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

/** What a definition may call, in the patterns that the service has. */
function targetOf(resource: ServiceIntegration): OptimisedCall | undefined {
  const { service, action, pattern } = resource;
  const target = optimisedCall(service, action);
  if (target?.service.actions.includes(action) !== true) return undefined;
  if (pattern === 'WAIT_FOR_TASK_TOKEN') return target.service.withoutToken === true ? undefined : target;
  return pattern === 'REQUEST_RESPONSE' || (pattern === 'RUN_JOB' && submitsJob(resource)) ? target : undefined;
}

function jobOf({ service, action, pattern }: ServiceIntegration, { output }: AwsOutput, parameters: JsonObject) {
  const job = pattern === 'RUN_JOB' ? submittedJob(`${service}:${action}`, output, parameters) : undefined;
  return job === undefined ? {} : { job };
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
