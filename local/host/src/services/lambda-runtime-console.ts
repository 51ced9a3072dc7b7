import { format } from 'node:util';
import { writeLogLine } from './lambda-runtime-io.ts';

const LEVEL_OF = { trace: 'TRACE', debug: 'DEBUG', log: 'INFO', info: 'INFO', warn: 'WARN', error: 'ERROR' } as const;

let currentRequestId = '-';

/** The request that console lines belong to from now on. */
export function logForRequest(requestId: string): void {
  currentRequestId = requestId;
}

/**
 * Makes `console` write as Lambda's text format has it: time, request id, level, message, with tabs between. The line
 * feeds of one message become carriage returns, so that one call stays one line; the host turns them back.
 */
export function replaceConsole(): void {
  for (const [method, level] of Object.entries(LEVEL_OF)) {
    const write = (...args: unknown[]) => writeLogLine(logLine(level, format(...args)));
    Object.defineProperty(console, method, { configurable: true, enumerable: true, writable: true, value: write });
  }
}

function logLine(level: string, message: string): string {
  const line = [new Date().toISOString(), currentRequestId, level, message].join('\t');
  return line.replaceAll('\n', '\r');
}
