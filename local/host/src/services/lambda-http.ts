import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Environment } from '../cloud-assembly.ts';
import type { Access } from '../iam/access.ts';
import { AccessRefused } from '../iam/caller.ts';
import type { Log } from '../log.ts';
import {
  InvalidRequestContentException,
  LambdaError,
  RequestTooLargeException,
  ServiceException,
} from './lambda-errors.ts';
import { toInvoke } from './lambda-permissions.ts';
import type { InvokeRequest, InvokeResponse, InvocationType } from './lambda.ts';
import { readRequestBody } from './request-body.ts';

/** Lambda quotas, "Invocation payload (request and response)": 6 MB. */
export const SYNCHRONOUS_PAYLOAD_BYTES_MAX = 6_291_456;

const INVOCATIONS = /^\/2015-03-31\/functions\/([^\/]+)\/invocations\/?$/v;

/**
 * Speaks the REST protocol of Invoke, as the SDKs and the AWS CLI do. Other actions of Lambda are refused by name.
 *
 * @see Lambda API Reference, "Invoke"
 */
export function createInvokeEndpoint(
  invoke: (request: InvokeRequest) => Promise<InvokeResponse>,
  access: Access,
  environment: Environment,
  log: Log,
) {
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const received = await parseInvokeRequest(request);
      if (received === undefined) return;
      const { body, ...invokeRequest } = received;
      access.require(access.callerOf(request, body), [toInvoke(environment, invokeRequest)]);
      sendResult(response, await invoke({ ...invokeRequest, payload: parsePayload(body) }));
    } catch (thrown) {
      const error = thrown instanceof AccessRefused ? refusedByAccess(thrown) : thrown;
      if (!(error instanceof LambdaError)) log.error('lambda.endpoint.failed', { error });
      sendError(response, error instanceof LambdaError ? error : new ServiceException('Service error.'));
    }
  }
  return (request: IncomingMessage, response: ServerResponse): void => {
    void answer(request, response);
  };
}

/** Undefined if the client has gone: then there is nobody to answer. */
async function parseInvokeRequest(
  request: IncomingMessage,
): Promise<(Omit<InvokeRequest, 'payload'> & { body: Buffer }) | undefined> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://lambda.invalid');
  const [, encodedName] = INVOCATIONS.exec(pathname) ?? [];
  if (encodedName === undefined) throw unknownOperation(`${request.method} ${pathname}`);
  if (request.method !== 'POST')
    throw new LambdaError('MethodNotAllowedException', 405, { message: 'Invoke is a POST.' });
  const functionName = decodeName(encodedName);
  const qualifier = searchParams.get('Qualifier');
  const body = await readRequestBody(request, SYNCHRONOUS_PAYLOAD_BYTES_MAX).catch(() => 'gone' as const);
  if (body === 'gone') return undefined;
  if (body === undefined) {
    const limit = `Request must be smaller than ${SYNCHRONOUS_PAYLOAD_BYTES_MAX} bytes for the InvokeFunction operation`;
    throw new RequestTooLargeException(limit);
  }
  const clientContext = headerOf(request, 'x-amz-client-context');
  return {
    functionName,
    ...(qualifier === null ? {} : { qualifier }),
    body,
    // Checked by the service, as are the two below.
    invocationType: (headerOf(request, 'x-amz-invocation-type') ?? 'RequestResponse') as InvocationType,
    logType: (headerOf(request, 'x-amz-log-type') ?? 'None') as 'None' | 'Tail',
    ...(clientContext === undefined ? {} : { clientContext }),
  };
}

function refusedByAccess({ reason, message }: AccessRefused): LambdaError {
  const names = { denied: 'AccessDeniedException', key: 'UnrecognizedClientException' };
  const name = reason === 'denied' || reason === 'key' ? names[reason] : 'InvalidSignatureException';
  return new LambdaError(name, 403, { Message: message });
}

/** The text, once it is known to be JSON. No payload at all is an empty event. */
function parsePayload(body: Buffer): string {
  if (body.length === 0) return '{}';
  const text = body.toString('utf8');
  try {
    JSON.parse(text);
    return text;
  } catch (error) {
    throw new InvalidRequestContentException(
      `Could not parse request body into json: ${error instanceof Error ? error.message : ''}`,
    );
  }
}

function sendResult(response: ServerResponse, result: InvokeResponse): void {
  response.statusCode = result.statusCode;
  response.setHeader('x-amzn-RequestId', result.requestId);
  response.setHeader('X-Amz-Executed-Version', result.executedVersion);
  if (result.functionError !== undefined) response.setHeader('X-Amz-Function-Error', result.functionError);
  if (result.logTail !== undefined) response.setHeader('X-Amz-Log-Result', result.logTail);
  if (result.statusCode === 200) response.setHeader('Content-Type', 'application/json');
  response.end(result.payload);
}

function sendError(response: ServerResponse, error: LambdaError): void {
  response.statusCode = error.statusCode;
  response.setHeader('x-amzn-ErrorType', error.name);
  response.setHeader('Content-Type', 'application/json');
  if (error.statusCode === 405) response.setHeader('Allow', 'POST');
  response.end(JSON.stringify(error.body));
}

function unknownOperation(operation: string): LambdaError {
  const message = `This machine answers POST /2015-03-31/functions/{FunctionName}/invocations only, not ${operation}.`;
  return new LambdaError('UnknownOperationException', 404, { message });
}

function decodeName(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
