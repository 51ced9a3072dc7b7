import { exchange, type HttpReply } from './http-exchange.ts';
import type { LambdaInvoke, LambdaReply, LambdaRequest } from './lambda.ts';

/** Lambda's reply is 6 MB at the most, and an error body a little more; a function runs for a quarter of an hour at the most. */
const LIMITS = { replyBytesMax: 7 * 1024 * 1024, timeoutMs: 16 * 60 * 1000 };

/**
 * Invokes functions at an endpoint, in Lambda's own REST protocol: our host, another emulator, or anything that speaks it.
 * The request is not signed.
 *
 * @see AWS Lambda API Reference, Invoke
 */
export function lambdaOverHttp(endpoint: string): LambdaInvoke {
  const base = new URL(endpoint);
  return async (request, signal) => {
    const qualifier = request.qualifier === undefined ? '' : `?Qualifier=${encodeURIComponent(request.qualifier)}`;
    const path = `/2015-03-31/functions/${encodeURIComponent(request.functionName)}/invocations${qualifier}`;
    const reply = await exchange(
      {
        method: 'POST',
        base,
        path: base.pathname.replace(/\/$/, '') + path,
        headers: headersFor(request),
        body: Buffer.from(request.payload),
      },
      LIMITS,
      signal,
    );
    return replyFrom(reply);
  };
}

function headersFor(request: LambdaRequest): Record<string, string> {
  return {
    'content-type': 'application/json',
    'x-amz-invocation-type': request.invocationType ?? 'RequestResponse',
    ...(request.logType !== undefined && { 'x-amz-log-type': request.logType }),
    ...(request.clientContext !== undefined && { 'x-amz-client-context': request.clientContext }),
  };
}

function replyFrom(reply: HttpReply): LambdaReply {
  const functionError = reply.header('x-amz-function-error');
  const executedVersion = reply.header('x-amz-executed-version');
  const logResult = reply.header('x-amz-log-result');
  const errorCode = reply.header('x-amzn-errortype')?.split(':')[0];
  return {
    statusCode: reply.statusCode,
    headers: Object.fromEntries(Object.entries(reply.headers).map(([name, values]) => [name, values.at(-1) ?? ''])),
    requestId: reply.header('x-amzn-requestid') ?? '',
    payload: reply.body.toString(),
    ...(functionError !== undefined && { functionError }),
    ...(executedVersion !== undefined && { executedVersion }),
    ...(logResult !== undefined && { logResult }),
    ...(errorCode !== undefined && { errorCode }),
  };
}
