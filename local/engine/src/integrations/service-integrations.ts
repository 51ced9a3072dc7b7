import { jsonText, parseTaskResource, type Json, type ServiceIntegration } from '../../../asl/src/index.ts';
import type { TaskHandler, TaskResult } from '../task-handler.ts';
import { apiGatewayIntegration, apiGatewayProblems, type ExecuteApi } from './api-gateway.ts';
import { awsSdkIntegration, awsSdkObstacle, awsSdkProblems } from './aws-sdk.ts';
import type { AwsConnection } from './aws/call.ts';
import { MissingParameter } from './aws/request.ts';
import { LOCAL_CREDENTIALS, type AwsCredentials, type CredentialsFor } from './credentials.ts';
import type { Endpoints } from './endpoints.ts';
import type { HttpLimits } from './http-exchange.ts';
import { httpConnections } from './http-connections.ts';
import { httpTaskIntegration, httpTaskProblems, type FindConnection } from './http-task.ts';
import { lambdaIntegration, lambdaProblems, type LambdaInvoke } from './lambda.ts';
import { isOptimised, optimisedIntegration, optimisedProblems } from './optimised.ts';

export interface ServiceIntegrationsOptions {
  readonly lambda: LambdaInvoke;
  readonly endpoints: Endpoints;
  readonly region: string;
  /** @default a name that says nothing, for services that do not look at signatures */
  readonly credentials?: AwsCredentials;
  /** Those for a service in particular. @default the same for all */
  readonly credentialsFor?: CredentialsFor;
  /** Where the APIs of API Gateway are. @default the endpoint of `Execute API` */
  readonly executeApi?: ExecuteApi;
  /** Finds the connections of HTTP tasks. @default EventBridge and Secrets Manager are asked, where they have endpoints */
  readonly connections?: FindConnection;
  /** Runs the tasks that call Step Functions itself. @default such a task fails */
  readonly states?: TaskHandler;
  readonly limits?: Partial<HttpLimits>;
}

/** Far more than the 256 KiB that a state can take, and time enough for the slowest service that answers at once. */
export const LIMITS_DEFAULT: HttpLimits = { replyBytesMax: 6 * 1024 * 1024, timeoutMs: 300_000 };

/**
 * Runs every task whose resource {@link supportsResource} says can be run, by calling the service at its endpoint. A task with
 * any other resource fails, and says so.
 */
export function serviceIntegrations(options: ServiceIntegrationsOptions): TaskHandler {
  const { endpoints, region, credentials = LOCAL_CREDENTIALS, credentialsFor, executeApi } = options;
  const limits = { ...LIMITS_DEFAULT, ...options.limits };
  const connection: AwsConnection = {
    endpoints,
    region,
    credentials,
    limits,
    ...(credentialsFor !== undefined && { credentialsFor }),
  };
  const lambda = lambdaIntegration(options.lambda);
  const awsSdk = awsSdkIntegration(connection);
  const optimised = optimisedIntegration(connection);
  const apiGateway = apiGatewayIntegration(connection, executeApi);
  const connections = options.connections ?? httpConnections({ aws: connection });
  const http = httpTaskIntegration({ region, limits, connections });

  const handlerOf = (resource: ServiceIntegration): TaskHandler | undefined => {
    if (resource.service.startsWith('aws-sdk:')) return awsSdk(resource);
    if (resource.service === 'states') return options.states;
    if (!isOwn(resource)) return optimised(resource);
    switch (`${resource.service}:${resource.action}`) {
      case 'lambda:invoke':
        return lambda;
      case 'apigateway:invoke':
        return apiGateway;
      case 'http:invoke':
        return http;
      default:
        return undefined;
    }
  };

  return async (call, signal, watch) => {
    const resource = parseTaskResource(call.resource);
    if (resource?.kind === 'lambda-function') return lambda(call, signal);
    const handler = resource?.kind === 'service' ? handlerOf(resource) : undefined;
    if (handler === undefined) return cannotRun(call.resource);
    const fault = parameterFault(call.resource, call.parameters);
    if (fault !== undefined) return { error: 'States.Runtime', cause: fault };
    try {
      return await handler(call, signal, watch);
    } catch (thrown) {
      if (!(thrown instanceof MissingParameter)) throw thrown;
      return { error: 'States.Runtime', cause: faultText(call.parameters, [thrown.message]) };
    }
  };
}

/** Whether {@link serviceIntegrations} can run a resource. Activities and `states:…` are the engine's own, and not asked for here. */
export function supportsResource(resource: string): boolean {
  const parsed = parseTaskResource(resource);
  if (parsed?.kind === 'lambda-function') return true;
  if (parsed?.kind !== 'service') return false;
  if (parsed.service.startsWith('aws-sdk:')) return awsSdkObstacle(parsed) === undefined;
  return isOwn(parsed) || isOptimised(parsed);
}

/**
 * What Step Functions finds wrong with parameters before it makes a call: the task is not scheduled then, and its execution
 * fails with `States.Runtime`. The answer depends on nothing but its arguments.
 *
 * @returns the sentence about the parameters, without the one about the state; `undefined` if the call can be made
 */
export function parameterFault(resource: string, parameters: Json): string | undefined {
  const parsed = parseTaskResource(resource);
  const problems = parsed?.kind === 'service' ? problemsOf(parsed, parameters) : [];
  return problems.length === 0 ? undefined : faultText(parameters, problems);
}

function problemsOf(resource: ServiceIntegration, parameters: Json): string[] {
  if (resource.service.startsWith('aws-sdk:')) return awsSdkProblems(resource, parameters);
  if (resource.service === 'lambda') return lambdaProblems(parameters);
  if (resource.service === 'apigateway') return apiGatewayProblems(parameters);
  if (resource.service === 'http') return httpTaskProblems(parameters);
  return optimisedProblems(resource, parameters);
}

function faultText(parameters: Json, problems: readonly string[]): string {
  return `The Parameters '${jsonText(parameters)}' could not be used to start the Task: [${problems.join(', ')}]`;
}

/** The calls that have a handler to themselves. */
const OWN: ReadonlySet<string> = new Set(['lambda:invoke', 'apigateway:invoke', 'http:invoke']);

/** Whether the call has a handler to itself, in this pattern. An HTTP task has no way to hand on a task token. */
function isOwn({ service, action, pattern }: ServiceIntegration): boolean {
  if (!OWN.has(`${service}:${action}`)) return false;
  return pattern === 'REQUEST_RESPONSE' || (pattern === 'WAIT_FOR_TASK_TOKEN' && service !== 'http');
}

function cannotRun(resource: string): TaskResult {
  const parsed = parseTaskResource(resource);
  const obstacle =
    parsed?.kind === 'service' && parsed.service.startsWith('aws-sdk:') ? awsSdkObstacle(parsed) : undefined;
  const cause = `The resource '${resource}' is not supported by this release${obstacle === undefined ? '' : `: ${obstacle}`}.`;
  return { error: 'States.Runtime', cause };
}
