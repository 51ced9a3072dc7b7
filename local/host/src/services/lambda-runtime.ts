/**
 * The program of a function instance: loads the handler, then answers one event after the other. It is started by
 * `lambda-instance.ts` with the function's environment, and ends with the host.
 *
 * It follows Lambda's own Node.js runtime where a function could tell the difference.
 *
 * @see https://github.com/aws/aws-lambda-nodejs-runtime-interface-client, whose versions 3 and 4 serve nodejs22.x and nodejs24.x
 */
import { flushCompileCache } from 'node:module';
import type { Frame, InvokeHeader } from './lambda-frames.ts';
import { answerForUncaughtErrors, callWithCallback } from './lambda-runtime-callback.ts';
import { logForRequest, replaceConsole } from './lambda-runtime-console.ts';
import { errorLogText, formatError, runtimeError } from './lambda-runtime-errors.ts';
import { defineAwsLambdaGlobal, loadHandler } from './lambda-runtime-handler.ts';
import type { Handler } from './lambda-runtime-handler.ts';
import { receiveFromHost, replaceOutputStreams, sendToHost } from './lambda-runtime-io.ts';
import { joinTimeOfHost, moveOnTo } from './lambda-runtime-time.ts';

/** A synchronous answer is limited to 6 MB, and a little for the envelope. Lambda quotas, "Invocation payload". */
const RESPONSE_BYTES_MAX = 6_291_556;

const environment = process.env;
const runtimeVersion = Number(/\d+/v.exec(environment['AWS_EXECUTION_ENV'] ?? '')?.[0]);
const hasCallbacks = runtimeVersion < 24;

// No top-level await: when a handler waits for something that can no longer come, the loop runs empty and the process
// ends with 0, "Runtime exited without providing a reason". With one, Node would end it with 13.
void run();

async function run(): Promise<void> {
  delete environment['NODE_COMPILE_CACHE'];
  joinTimeOfHost(environment);
  replaceOutputStreams();
  replaceConsole();
  defineAwsLambdaGlobal();
  const handler = await initialize();
  if (hasCallbacks) answerForUncaughtErrors();
  sendToHost({ kind: 'ready' });
  flushCompileCache();
  for (;;) await answer(handler, receiveFromHost());
}

async function initialize(): Promise<Handler> {
  try {
    return await loadHandler(environment['LAMBDA_TASK_ROOT'] ?? '', environment['_HANDLER'] ?? '', runtimeVersion);
  } catch (error) {
    console.error('Init Error', `\t${errorLogText(error)}`);
    sendFailure('initError', error);
    process.exit(1);
  }
}

async function answer(handler: Handler, { header, body }: Frame<InvokeHeader>): Promise<void> {
  moveOnTo(header.offsetMs);
  logForRequest(header.requestId);
  environment['_X_AMZN_TRACE_ID'] = header.traceId;
  // The loop turns once before the handler runs: a connection that was closed while we were blocked is seen as closed,
  // and an HTTP agent does not take it for the next request.
  await loopTurn();
  try {
    const event: unknown = JSON.parse(body);
    const context = invocationContext(header);
    const result = await (hasCallbacks ? callWithCallback(handler, event, context) : handler(event, context));
    await loopTurn();
    sendResult(result);
  } catch (error) {
    await loopTurn();
    console.error('Invoke Error', `\t${errorLogText(error)}`);
    sendFailure('error', error);
  }
}

function invocationContext(header: InvokeHeader): object {
  return {
    functionName: environment['AWS_LAMBDA_FUNCTION_NAME'],
    functionVersion: environment['AWS_LAMBDA_FUNCTION_VERSION'],
    memoryLimitInMB: environment['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
    logGroupName: environment['AWS_LAMBDA_LOG_GROUP_NAME'],
    logStreamName: environment['AWS_LAMBDA_LOG_STREAM_NAME'],
    clientContext: header.clientContext === undefined ? undefined : (JSON.parse(header.clientContext) as unknown),
    identity: undefined,
    invokedFunctionArn: header.functionArn,
    awsRequestId: header.requestId,
    getRemainingTimeInMillis: () => header.deadlineMs - Date.now(),
  };
}

function sendResult(result: unknown): void {
  const text = resultText(result);
  if (Buffer.byteLength(text) <= RESPONSE_BYTES_MAX) return sendToHost({ kind: 'response' }, text);
  const errorType = 'Function.ResponseSizeTooLarge';
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${RESPONSE_BYTES_MAX} bytes).`;
  return sendToHost({ kind: 'error', errorType }, JSON.stringify({ errorType, errorMessage }));
}

function resultText(result: unknown): string {
  try {
    // A function or a symbol has no JSON text; Lambda's answer is then an empty body, which no caller can read.
    return JSON.stringify(result ?? null) ?? 'null';
  } catch {
    throw runtimeError('Runtime.JSONStringifyError', 'Unable to stringify response body');
  }
}

function sendFailure(kind: 'initError' | 'error', thrown: unknown): void {
  const failure = formatError(thrown);
  sendToHost({ kind, errorType: failure.errorType }, JSON.stringify(failure));
}

function loopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
