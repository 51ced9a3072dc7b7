import { isObject, jsonText, type Json, type JsonObject } from '../../../asl/src/index.ts';
import type { HttpTaskRequest, HttpTaskResponse, TaskHandler } from '../task-handler.ts';
import { plainText } from './aws/scalars.ts';
import { escapedQuery } from './escape.ts';
import { exchange, HttpFailure, type HttpLimits, type HttpReply, type HttpRequest } from './http-exchange.ts';
import { ConnectionFailure, howToName } from './http-connections.ts';
import { headersOf, httpTaskResult, queryPairsOf } from './http-task-result.ts';

/**
 * What an EventBridge connection adds to every request made with it: its authorization, as the header that it becomes, and its
 * further parameters. They are secrets, and stand before what the definition gives under the same names.
 */
export interface HttpConnection {
  readonly headers?: Readonly<Record<string, string>>;
  readonly queryParameters?: Readonly<Record<string, string>>;
  readonly bodyParameters?: Readonly<Record<string, string>>;
  /** Told when the API does not take the authorization: what was granted is good no more. */
  readonly onUnauthorized?: () => void;
}

/**
 * Finds a connection by its ARN, or its name. `undefined` where nobody knows of it.
 *
 * @throws {ConnectionFailure} if it is known, and cannot be used.
 */
export type FindConnection = (
  arn: string,
  signal: AbortSignal,
) => HttpConnection | undefined | Promise<HttpConnection | undefined>;

export interface HttpTaskOptions {
  readonly region: string;
  readonly limits: HttpLimits;
  readonly connections: FindConnection;
}

/** An HTTP task is over after this long. @see connect-third-party-apis.html, "States.Http.Socket" */
const TIMEOUT_MS_MAX = 60_000;

/**
 * Runs `http:invoke`.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html
 */
export function httpTaskIntegration({ region, limits, connections }: HttpTaskOptions): TaskHandler {
  return async ({ parameters }, signal, watch) => {
    const fields = (isObject(parameters) ? parameters : {}) as HttpTaskParameters;
    const connectionArn = connectionArnOf(fields) ?? '';
    const connection = await usable(connections, connectionArn, signal);
    if ('error' in connection) return connection;
    const request = requestFrom(fields, connection, region);
    const show = (reply?: HttpReply): void =>
      watch?.({
        request: shownRequest(request),
        requestWithoutSecrets: shownRequest(requestFrom(fields, {}, region)),
        ...(reply !== undefined && { response: shownResponse(reply, request) }),
      });
    try {
      const timeoutMs = Math.min(limits.timeoutMs, TIMEOUT_MS_MAX);
      const reply = await exchange(request, { ...limits, timeoutMs }, signal);
      show(reply);
      if (reply.statusCode >= 200 && reply.statusCode < 300) return { output: httpTaskResult(reply) };
      if (reply.statusCode === 401) connection.onUnauthorized?.();
      return { error: `States.Http.StatusCode.${reply.statusCode}`, cause: reply.body.toString() };
    } catch (thrown) {
      if (!(thrown instanceof HttpFailure)) throw thrown;
      show();
      return { error: 'States.Http.Socket', cause: thrown.message };
    }
  };
}

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'];
const FIELDS = [
  'ApiEndpoint',
  'Method',
  'Authentication',
  'InvocationConfig',
  'Headers',
  'QueryParameters',
  'RequestBody',
  'Transform',
];

/** What is wrong with the parameters, in the words of Step Functions. */
export function httpTaskProblems(parameters: Json): string[] {
  const fields: JsonObject = isObject(parameters) ? parameters : {};
  const required = ['ApiEndpoint', 'Method'].filter((name) => typeof fields[name] !== 'string');
  const hasConnection = connectionArnOf(fields) !== undefined;
  return [
    ...[...required, ...(hasConnection ? [] : ['Authentication'])].map(
      (name) => `The field '${name}' is required but was missing`,
    ),
    ...Object.keys(fields)
      .filter((name) => !FIELDS.includes(name))
      .map((name) => `The field '${name}' is not supported by Step Functions`),
    ...[
      ...(isApi(fields['ApiEndpoint']) ? [] : ['ApiEndpoint']),
      ...(METHODS.some((method) => method === (fields['Method'] ?? method)) ? [] : ['Method']),
      ...['Headers', 'QueryParameters', 'Transform'].filter((name) => !isObject(fields[name] ?? {})),
      ...(encodingOf(fields) === undefined ? ['Transform'] : []),
    ].map((name) => `The value of the field '${name}' has an invalid format`),
  ];
}

/** Only this machine may be spoken to in plain text. */
function isApi(value: Json | undefined): boolean {
  if (value === undefined) return true;
  const url = typeof value === 'string' ? URL.parse(value) : null;
  return (
    url?.protocol === 'https:' ||
    (url?.protocol === 'http:' && /^(127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/.test(url.hostname))
  );
}

function connectionArnOf(fields: JsonObject): string | undefined {
  for (const holder of [fields['Authentication'], fields['InvocationConfig']]) {
    const arn = isObject(holder) ? holder['ConnectionArn'] : undefined;
    if (typeof arn === 'string' && arn !== '') return arn;
  }
  return undefined;
}

/** The connection, or the failure of a task that cannot have it. */
async function usable(
  find: FindConnection,
  arn: string,
  signal: AbortSignal,
): Promise<HttpConnection | { error: string; cause: string }> {
  const error = 'States.TaskFailed';
  try {
    const found = await find(arn, signal);
    if (found !== undefined) return found;
    const cause = `The connection '${arn}' is not known here, so the request cannot be authorized. ${howToName()}.`;
    return { error, cause };
  } catch (thrown) {
    if (!(thrown instanceof ConnectionFailure)) throw thrown;
    return { error, cause: `The connection '${arn}' cannot be used: ${thrown.message}.` };
  }
}

type ArrayFormat = 'INDICES' | 'REPEAT' | 'COMMAS' | 'BRACKETS' | 'NONE';
const ARRAY_FORMATS: readonly string[] = ['INDICES', 'REPEAT', 'COMMAS', 'BRACKETS', 'NONE'];

/** How the body is written; `undefined` where `Transform` asks for what there is not. */
function encodingOf({ Transform: transform }: JsonObject & { Transform?: Json }): 'json' | ArrayFormat | undefined {
  const fields = isObject(transform) ? transform : {};
  const encoding = fields['RequestBodyEncoding'] ?? 'NONE';
  if (encoding === 'NONE') return 'json';
  if (encoding !== 'URL_ENCODED') return undefined;
  const options = fields['RequestEncodingOptions'];
  const format = (isObject(options) ? options['ArrayFormat'] : undefined) ?? 'INDICES';
  return typeof format === 'string' && ARRAY_FORMATS.includes(format) ? (format as ArrayFormat) : undefined;
}

/** As {@link httpTaskProblems} leaves them. */
type HttpTaskParameters = JsonObject & { readonly ApiEndpoint: string; readonly Method: string };

function requestFrom(fields: HttpTaskParameters, connection: HttpConnection, region: string): HttpRequest {
  const url = new URL(fields.ApiEndpoint);
  const given = fields['QueryParameters'];
  const query = [
    ...url.searchParams,
    ...queryPairsOf({ ...(isObject(given) ? given : {}), ...connection.queryParameters }),
  ];
  const encoding = encodingOf(fields) ?? 'json';
  const body = bodyOf(withParameters(fields['RequestBody'], connection.bodyParameters), encoding);
  return {
    method: fields.Method,
    base: url,
    path: url.pathname + escapedQuery(query),
    headers: {
      'content-type': encoding === 'json' ? 'application/json' : 'application/x-www-form-urlencoded',
      'user-agent': `Amazon|StepFunctions|HttpInvoke|${region}`,
      range: 'bytes=0-262144',
      ...headersOf(fields['Headers']),
      ...headersOf(connection.headers),
      host: url.host,
    },
    body,
  };
}

function shownRequest({ method, base, path, headers, body }: HttpRequest): HttpTaskRequest {
  return { protocol: protocolOf(base), method, url: `${base.origin}${path}`, headers, body: body.toString() };
}

function shownResponse({ statusCode, statusText, headers, body }: HttpReply, { base }: HttpRequest): HttpTaskResponse {
  return { protocol: protocolOf(base), statusCode, statusMessage: statusText, headers, body: body.toString() };
}

function protocolOf({ protocol }: URL): string {
  return protocol.slice(0, -1);
}

function withParameters(body: Json | undefined, parameters: HttpConnection['bodyParameters']): Json | undefined {
  if (parameters === undefined) return body;
  return isObject(body) || body === undefined ? { ...body, ...parameters } : body;
}

function bodyOf(body: Json | undefined, encoding: 'json' | ArrayFormat): Buffer {
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (typeof body === 'string') return Buffer.from(body);
  if (encoding === 'json' || !isObject(body)) return Buffer.from(jsonText(body));
  return Buffer.from(escapedQuery(formPairs(body, '', encoding)).slice(1));
}

/** Members of members are named `outer[inner]`. */
function formPairs(value: Json, name: string, format: ArrayFormat): [string, string][] {
  if (Array.isArray(value)) return listPairs(value as readonly Json[], name, format);
  if (!isObject(value)) return [[name, value === null ? '' : plainText(value)]];
  return Object.entries(value).flatMap(([key, member]) =>
    formPairs(member, name === '' ? key : `${name}[${key}]`, format),
  );
}

function listPairs(items: readonly Json[], name: string, format: ArrayFormat): [string, string][] {
  switch (format) {
    case 'INDICES':
      return items.flatMap((item, index) => formPairs(item, `${name}[${index}]`, format));
    case 'BRACKETS':
      return items.flatMap((item) => formPairs(item, `${name}[]`, format));
    case 'REPEAT':
      return items.flatMap((item) => formPairs(item, name, format));
    case 'COMMAS':
    case 'NONE':
      return [[name, items.map(plainText).join(',')]];
  }
}
