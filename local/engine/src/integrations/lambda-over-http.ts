import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { LambdaInvoke, LambdaReply, LambdaRequest } from './lambda.ts';

/** Lambda's reply is 6 MB at the most, and an error body a little more. */
const REPLY_BYTES_MAX = 7 * 1024 * 1024;

/**
 * Invokes functions at an endpoint, in Lambda's own REST protocol: our host, another emulator, or anything that speaks it.
 * The request is not signed.
 *
 * @see AWS Lambda API Reference, Invoke
 */
export function lambdaOverHttp(endpoint: string): LambdaInvoke {
  const base = new URL(endpoint);
  const secure = base.protocol === 'https:';
  const agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const send = secure ? httpsRequest : httpRequest;
  return (request, signal) => {
    const url = new URL(
      `${base.pathname.replace(/\/$/, '')}/2015-03-31/functions/${encodeURIComponent(request.functionName)}/invocations`,
      base,
    );
    if (request.qualifier !== undefined) url.searchParams.set('Qualifier', request.qualifier);
    const options: RequestOptions = { method: 'POST', agent, signal, headers: headersFor(request) };
    return new Promise((resolve, reject) => {
      const sent = send(url, options, (response) => collect(response, resolve, reject));
      sent.on('error', reject);
      sent.end(request.payload);
    });
  };
}

function headersFor(request: LambdaRequest): Record<string, string | number> {
  return {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(request.payload),
    'x-amz-invocation-type': request.invocationType ?? 'RequestResponse',
    ...(request.logType !== undefined && { 'x-amz-log-type': request.logType }),
    ...(request.clientContext !== undefined && { 'x-amz-client-context': request.clientContext }),
  };
}

function collect(
  response: IncomingMessage,
  resolve: (reply: LambdaReply) => void,
  reject: (error: Error) => void,
): void {
  const parts: Buffer[] = [];
  let bytes = 0;
  response.on('data', (part: Buffer) => {
    bytes += part.length;
    if (bytes > REPLY_BYTES_MAX) response.destroy(new Error(`the reply is longer than ${REPLY_BYTES_MAX} bytes`));
    else parts.push(part);
  });
  response.on('error', reject);
  response.on('end', () => resolve(replyFrom(response, Buffer.concat(parts).toString())));
}

function replyFrom(response: IncomingMessage, payload: string): LambdaReply {
  const header = (name: string): string | undefined => {
    const value = response.headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
  const functionError = header('x-amz-function-error');
  const executedVersion = header('x-amz-executed-version');
  const logResult = header('x-amz-log-result');
  const errorCode = header('x-amzn-errortype')?.split(':')[0];
  return {
    statusCode: response.statusCode ?? 0,
    headers: spelledAsSent(response.rawHeaders),
    requestId: header('x-amzn-requestid') ?? '',
    payload,
    ...(functionError !== undefined && { functionError }),
    ...(executedVersion !== undefined && { executedVersion }),
    ...(logResult !== undefined && { logResult }),
    ...(errorCode !== undefined && { errorCode }),
  };
}

function spelledAsSent(rawHeaders: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let index = 0; index + 1 < rawHeaders.length; index += 2)
    headers[rawHeaders[index] ?? ''] = rawHeaders[index + 1] ?? '';
  return headers;
}
