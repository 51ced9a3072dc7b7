import { ServiceException } from './lambda-errors.ts';
import type { ProcessEnd } from './lambda-process.ts';
import type { InvocationStatus } from './lambda-report.ts';

/** Why an instance can serve no more. */
export type Ending =
  | ProcessEnd
  | { kind: 'initError'; errorType: string; payload: string }
  | { kind: 'timeout' }
  | { kind: 'memory' }
  | { kind: 'dismissed' };

/** What the invocation is told that ran in an instance when it ended. */
export interface Failure {
  status: InvocationStatus;
  errorType: string;
  /** The error object, JSON text. */
  payload: string;
}

/** Go's words for signals, which Lambda uses. */
const SIGNAL_TEXT: Partial<Record<NodeJS.Signals, string>> = {
  SIGABRT: 'aborted',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGHUP: 'hangup',
  SIGILL: 'illegal instruction',
  SIGINT: 'interrupt',
  SIGKILL: 'killed',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
  SIGTRAP: 'trace/breakpoint trap',
};

/** @throws {ServiceException} if the end was not the function's doing. */
export function failureOf(ending: Ending, requestId: string, timeoutSeconds: number, nowMs: number): Failure {
  switch (ending.kind) {
    case 'exit':
      return errorOf('Runtime.ExitError', `RequestId: ${requestId} Error: ${exitText(ending)}`);
    case 'memory':
      return errorOf('Runtime.OutOfMemory', `RequestId: ${requestId} Error: Runtime exited with error: signal: killed`);
    case 'timeout': {
      const message = `${new Date(nowMs).toISOString()} ${requestId} Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
      return { ...errorOf('Sandbox.Timedout', message), status: 'timeout' };
    }
    case 'initError':
      return { status: 'error', errorType: ending.errorType, payload: ending.payload };
    case 'notStarted':
      throw new ServiceException(`The function instance could not be started: ${ending.reason}`);
    case 'dismissed':
      throw new ServiceException('The Lambda service was closed while the function ran.');
  }
}

function errorOf(errorType: string, errorMessage: string): Failure {
  return { status: 'error', errorType, payload: JSON.stringify({ errorType, errorMessage }) };
}

function exitText({ code, signal }: { code: number | null; signal: NodeJS.Signals | null }): string {
  if (signal !== null) return `Runtime exited with error: signal: ${SIGNAL_TEXT[signal] ?? signal}`;
  return code === 0 ? 'Runtime exited without providing a reason' : `Runtime exited with error: exit status ${code}`;
}
