import { isObject, jsonText, parseTaskResource, type Json, type JsonObject } from '../../../asl/src/index.ts';
import type { TaskHandler, TaskResult } from '../task-handler.ts';
import { sdkMetadata } from './sdk-metadata.ts';

/** One call of Lambda's Invoke. It answers with what Lambda answered, errors included, and rejects where Lambda could not be reached. */
export type LambdaInvoke = (request: LambdaRequest, signal: AbortSignal) => Promise<LambdaReply>;

export interface LambdaRequest {
  /** A name or an ARN. */
  readonly functionName: string;
  readonly qualifier?: string;
  readonly invocationType?: string;
  readonly logType?: string;
  readonly clientContext?: string;
  /** JSON text. */
  readonly payload: string;
}

/** @see AWS Lambda API Reference, Invoke */
export interface LambdaReply {
  readonly statusCode: number;
  /** As sent, in their own spelling. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly requestId: string;
  readonly executedVersion?: string;
  /** There, with whatever value, if the function itself failed. */
  readonly functionError?: string;
  readonly logResult?: string;
  /** The function's result or error, or an error body of Lambda's where `statusCode` says so. */
  readonly payload: string;
  /** Lambda's own error, as `ResourceNotFoundException`, where it refused the call. */
  readonly errorCode?: string;
}

/**
 * Runs tasks whose resource is a function's ARN or `lambda:invoke`, and turns each reply into what Step Functions makes of it.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
 */
export function lambdaIntegration(invoke: LambdaInvoke): TaskHandler {
  return async (call, signal) => {
    const resource = parseTaskResource(call.resource);
    const bare = resource?.kind === 'lambda-function';
    const request = bare
      ? { functionName: resource.arn, payload: jsonText(call.parameters) }
      : requestFrom(call.parameters);
    let reply: LambdaReply;
    try {
      reply = await invoke(request, signal);
    } catch (thrown) {
      return {
        error: 'Lambda.SdkClientException',
        cause: `Unable to execute HTTP request: ${(thrown as Error).message}`,
      };
    }
    if (reply.statusCode >= 300) return refusal(reply);
    if (reply.functionError !== undefined) return functionFailure(reply.payload, bare);
    return { output: bare ? parsePayload(reply.payload) : serviceOutput(reply) };
  };
}

const TEXTS = ['FunctionName', 'Qualifier', 'InvocationType', 'LogType', 'ClientContext'];

/** What is wrong with the parameters of `lambda:invoke`, in the words of Step Functions. */
export function lambdaProblems(parameters: Json): string[] {
  const fields: JsonObject = isObject(parameters) ? parameters : {};
  return [
    ...(fields['FunctionName'] === undefined ? ["The field 'FunctionName' is required but was missing"] : []),
    ...Object.keys(fields)
      .filter((name) => name !== 'Payload' && !TEXTS.includes(name))
      .map((name) => `The field '${name}' is not supported by Step Functions`),
    ...TEXTS.filter((name) => typeof (fields[name] ?? '') !== 'string').map(
      (name) => `The value for the field '${name}' must be a STRING`,
    ),
  ];
}

function requestFrom(parameters: Json): LambdaRequest {
  const fields: JsonObject = isObject(parameters) ? parameters : {};
  const text = (name: string): string | undefined => (typeof fields[name] === 'string' ? fields[name] : undefined);
  const qualifier = text('Qualifier');
  const invocationType = text('InvocationType');
  const logType = text('LogType');
  const clientContext = text('ClientContext');
  return {
    functionName: text('FunctionName') ?? '',
    payload: payloadText(fields['Payload']),
    ...(qualifier !== undefined && { qualifier }),
    ...(invocationType !== undefined && { invocationType }),
    ...(logType !== undefined && { logType }),
    ...(clientContext !== undefined && { clientContext }),
  };
}

/** A text is taken for JSON text and sent as it is; Lambda refuses it if it is none. */
function payloadText(payload: Json | undefined): string {
  if (payload === undefined || payload === null) return '{}';
  return typeof payload === 'string' ? payload : jsonText(payload);
}

/** The reply as the optimised integration shows it, the SDK's metadata included. */
function serviceOutput(reply: LambdaReply): Json {
  const headers = reply.headers ?? {
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(reply.payload)),
    'X-Amz-Executed-Version': reply.executedVersion ?? '$LATEST',
    'x-amzn-RequestId': reply.requestId,
  };
  const lists = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
  return {
    ExecutedVersion: reply.executedVersion ?? '$LATEST',
    ...(reply.logResult !== undefined && { LogResult: reply.logResult }),
    ...(reply.payload !== '' && { Payload: parsePayload(reply.payload) }),
    ...sdkMetadata(reply.statusCode, lists, reply.requestId),
    StatusCode: reply.statusCode,
  };
}

function parsePayload(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** The name of the error is the one that the function's runtime gave it; the cause is the whole of what it said. */
function functionFailure(payload: string, bare: boolean): TaskResult {
  const said = parsePayload(payload);
  const errorType = isObject(said) ? said['errorType'] : undefined;
  if (typeof errorType !== 'string') {
    const cause = `The cause could not be determined because Lambda did not return an error type. Returned payload: ${payload}`;
    return { error: 'Lambda.Unknown', cause };
  }
  return { error: errorType, cause: bare ? payload : jsonText(said) };
}

/** Lambda did not run the function. */
function refusal(reply: LambdaReply): TaskResult {
  const body = parsePayload(reply.payload);
  const message = isObject(body) ? (body['Message'] ?? body['message']) : undefined;
  const code = reply.errorCode ?? 'AWSLambdaException';
  const details = `Service: AWSLambda; Status Code: ${reply.statusCode}; Error Code: ${code}; Request ID: ${reply.requestId}; Proxy: null`;
  // The SDK of Step Functions has no class for this one, so the task fails with that of all others.
  const name = code === 'AccessDeniedException' ? 'AWSLambdaException' : code;
  return { error: `Lambda.${name}`, cause: `${typeof message === 'string' ? message : reply.payload} (${details})` };
}
