import type { Handler } from './lambda-runtime-handler.ts';
import { errorLogText, formatError, runtimeError } from './lambda-runtime-errors.ts';
import { sendToHost } from './lambda-runtime-io.ts';

/**
 * Calls a handler as the runtimes up to nodejs22.x do, which still know callbacks: `callback(error, result)` and
 * `context.succeed`, `fail` and `done`. A result by callback is held back until the event loop is empty, unless
 * `context.callbackWaitsForEmptyEventLoop` was set to false. An empty loop without a result means null.
 */
export function callWithCallback(handler: Handler, event: unknown, context: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let waitsForEmptyEventLoop = true;
    let settle = () => resolve(null);
    const settleWhenEmpty = () => settle();
    process.once('beforeExit', settleWhenEmpty);

    let isDone = false;
    const finish = (waits: boolean, outcome: () => void) => {
      if (isDone) return;
      isDone = true;
      settle = outcome;
      if (waits) return;
      process.off('beforeExit', settleWhenEmpty);
      settle();
    };
    const succeed = (result?: unknown) => finish(false, () => resolve(result));
    const fail = (error?: unknown) => finish(false, () => reject(error ?? 'handled'));
    const done = (error: unknown, result?: unknown) => (isAbsent(error) ? succeed(result) : fail(error));
    const callback = (error: unknown, result?: unknown) =>
      isAbsent(error) ? finish(waitsForEmptyEventLoop, () => resolve(result)) : fail(error);

    Object.assign(context, { succeed, fail, done });
    Object.defineProperty(context, 'callbackWaitsForEmptyEventLoop', {
      enumerable: true,
      get: () => waitsForEmptyEventLoop,
      set: (waits: boolean) => {
        waitsForEmptyEventLoop = waits;
      },
    });

    try {
      const result = handler(event, context, callback);
      if (isThenable(result)) result.then(succeed, fail);
    } catch (error) {
      fail(error);
    }
  });
}

/** Up to nodejs22.x the runtime answers for what the function let fall, and then ends. Later ones leave it to Node. */
export function answerForUncaughtErrors(): void {
  process.on('uncaughtException', (error) => {
    console.error('Uncaught Exception', `\t${errorLogText(error)}`);
    sendFailureAndExit(error, 129);
  });
  process.on('unhandledRejection', (reason) => {
    const error = runtimeError('Runtime.UnhandledPromiseRejection', String(reason));
    console.error('Unhandled Promise Rejection', `\t${errorLogText(error)}`);
    sendFailureAndExit(error, 128);
  });
}

function sendFailureAndExit(error: unknown, exitCode: number): never {
  const failure = formatError(error);
  sendToHost({ kind: 'error', errorType: failure.errorType }, JSON.stringify(failure));
  process.exit(exitCode);
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
