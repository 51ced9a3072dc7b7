import { isArray, isObject, jsonText, type Json, type JsonObject } from '../../../asl/src/index.ts';
import type { TaskHandler } from '../task-handler.ts';
import type { AwsConnection } from './aws/call.ts';
import { endpointVariable } from './endpoints.ts';
import { escapedQuery } from './escape.ts';
import { exchange, HttpFailure, type HttpRequest } from './http-exchange.ts';
import { headersOf, httpTaskResult, queryPairsOf, withoutNulls } from './http-task-result.ts';
import { signedHeaders, type SignableRequest } from './signature.ts';

/** Where an API is reached that a definition calls by its host name, such as `a1b2c3.execute-api.us-east-1.amazonaws.com`. */
export type ExecuteApi = (apiEndpoint: string) => string | undefined;

/** The service that runs the APIs which API Gateway manages; no SDK calls it, so its id is ours. */
const SERVICE_ID = 'Execute API';

/**
 * Runs `apigateway:invoke`.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/connect-api-gateway.html
 */
export function apiGatewayIntegration(connection: AwsConnection, executeApi: ExecuteApi | undefined): TaskHandler {
  return async ({ parameters }, signal) => {
    const fields = (isObject(parameters) ? parameters : {}) as ApiGatewayParameters;
    const base = baseOf(fields.ApiEndpoint, connection, executeApi);
    if (base === undefined) return unreached(noEndpoint(fields.ApiEndpoint));
    try {
      const reply = await exchange(await requestTo(base, fields, connection), connection.limits, signal);
      if (reply.statusCode >= 200 && reply.statusCode < 300) return { output: httpTaskResult(reply) };
      return { error: `ApiGateway.${reply.statusCode}`, cause: reply.body.toString() };
    } catch (thrown) {
      if (thrown instanceof HttpFailure) return unreached(thrown.message);
      throw thrown;
    }
  };
}

/** As {@link apiGatewayProblems} leaves them. */
type ApiGatewayParameters = JsonObject & {
  readonly ApiEndpoint: string;
  readonly Method: string;
  readonly Stage?: string | null;
  readonly Path?: string | null;
  readonly AllowNullValues?: boolean | null;
  readonly AuthType?: string | null;
};

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'];
const AUTH_TYPES = ['NO_AUTH', 'IAM_ROLE', 'RESOURCE_POLICY'];

const TEXTS = ['ApiEndpoint', 'Stage', 'Path'];
const LISTS_BY_NAME = ['Headers', 'QueryParameters'];
const FIELDS = [...TEXTS, ...LISTS_BY_NAME, 'Method', 'RequestBody', 'AllowNullValues', 'AuthType'];

/** What is wrong with the parameters, in the words of Step Functions. */
export function apiGatewayProblems(parameters: Json): string[] {
  const fields: JsonObject = isObject(parameters) ? parameters : {};
  const isOff = (name: string, isRight: (value: Json) => boolean): boolean => !isRight(fields[name] ?? null);
  return [
    ...['ApiEndpoint', 'Method']
      .filter((name) => fields[name] === undefined)
      .map((name) => `The field '${name}' is required but was missing`),
    ...Object.keys(fields)
      .filter((name) => !FIELDS.includes(name))
      .map((name) => `The field '${name}' is not supported by Step Functions`),
    ...TEXTS.filter((name) => isOff(name, (value) => value === null || typeof value === 'string')).map(
      (name) => `The value for the field '${name}' must be a STRING`,
    ),
    ...[
      ...LISTS_BY_NAME.filter((name) => isOff(name, isListsByName)),
      ...(isOff('Method', (value) => value === null || METHODS.some((method) => method === value)) ? ['Method'] : []),
      ...(isOff('AuthType', (value) => value === null || AUTH_TYPES.some((type) => type === value))
        ? ['AuthType']
        : []),
      ...(isOff('AllowNullValues', (value) => value === null || typeof value === 'boolean') ? ['AllowNullValues'] : []),
    ].map((name) => `The value of the field '${name}' has an invalid format`),
    ...forbiddenHeaders(fields['Headers']).map((name) => `The 'Headers' field contains unsupported values: ${name}`),
  ];
}

/** An HTTP header has a list of values, as recorded; so has a query parameter. */
function isListsByName(value: Json): boolean {
  if (value === null) return true;
  return isObject(value) && Object.values(value).every((item) => item === null || isArray(item));
}

function forbiddenHeaders(headers: Json | undefined): string[] {
  return isObject(headers) ? Object.keys(headers).filter((name) => FORBIDDEN.test(name)) : [];
}

/** @see connect-api-gateway.html, "Headers" */
const FORBIDDEN =
  /^(authorization|connection|content-md5|expect|host|max-forwards|proxy-authenticate|server|te|transfer-encoding|trailer|upgrade|via|www-authenticate|x-(amz|amzn|forwarded).*)$/i;

interface Base {
  readonly url: URL;
  /** What the request calls the API. */
  readonly host: string;
}

function baseOf(
  apiEndpoint: string,
  { endpoints }: AwsConnection,
  executeApi: ExecuteApi | undefined,
): Base | undefined {
  const own = executeApi?.(apiEndpoint);
  if (own !== undefined) return { url: new URL(own), host: new URL(own).host };
  const endpoint = endpoints(SERVICE_ID);
  if (endpoint === undefined || !/^[A-Za-z0-9.-]+$/.test(apiEndpoint)) return undefined;
  const url = new URL(endpoint);
  const isAws = /(^|\.)amazonaws\.com(\.cn)?$/;
  if (!isAws.test(url.hostname)) return { url, host: apiEndpoint };
  // Whoever names AWS itself as the endpoint reaches each API at its own host there, and nothing else.
  return isAws.test(apiEndpoint) ? { url: new URL(`https://${apiEndpoint}`), host: apiEndpoint } : undefined;
}

async function requestTo(
  { url, host }: Base,
  fields: ApiGatewayParameters,
  connection: AwsConnection,
): Promise<HttpRequest> {
  const { Stage: stage, Path: path, AuthType: authType, AllowNullValues: keepsNulls } = fields;
  const parts = [url.pathname, stage ?? '', path ?? ''].map((part) => part.replace(/^\/+|\/+$/g, ''));
  const body = bodyOf(fields['RequestBody'], keepsNulls === true);
  const query = queryPairsOf(
    keepsNulls === true ? fields['QueryParameters'] : withoutNulls(fields['QueryParameters'] ?? {}),
  );
  const request: SignableRequest = {
    method: fields.Method,
    base: url,
    host,
    path: `/${parts
      .filter((part) => part !== '')
      .map(escapedPath)
      .join('/')}`,
    query,
    headers: {
      accept: 'application/json',
      ...(body.length > 0 && { 'content-type': 'application/json' }),
      ...headersOf(fields['Headers']),
    },
    body,
  };
  const scope = { service: 'execute-api', region: connection.region, credentials: connection.credentials };
  return {
    method: request.method,
    base: url,
    path: request.path + escapedQuery(query),
    headers: authType === 'IAM_ROLE' ? await signedHeaders(request, scope) : { ...request.headers, host },
    body,
  };
}

/** A text is sent as JSON, too, as recorded; a body of null is none. */
function bodyOf(given: Json | undefined, keepsNulls: boolean): Buffer {
  if (given === undefined || given === null) return Buffer.alloc(0);
  return Buffer.from(jsonText(keepsNulls ? given : withoutNulls(given)));
}

/** The author may have escaped the path already. */
function escapedPath(path: string): string {
  return path.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]/gu, (character) => encodeURIComponent(character));
}

function unreached(reason: string): { error: string; cause: string } {
  return { error: 'ApiGateway.SdkClientException', cause: `Unable to execute HTTP request: ${reason}` };
}

function noEndpoint(apiEndpoint: string): string {
  return `there is no endpoint for the API '${apiEndpoint}'. Set ${endpointVariable(SERVICE_ID)}, or AWS_ENDPOINT_URL for all services`;
}
