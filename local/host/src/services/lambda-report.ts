import type { Log } from '../log.ts';

/** How an invocation ended, in the words of Lambda's Telemetry API. `error` is a runtime that broke, `failure` a handler that threw. */
export type InvocationStatus = 'success' | 'failure' | 'error' | 'timeout';

export interface InvocationReport {
  functionName: string;
  requestId: string;
  durationMs: number;
  /** Of the instance's first invocation only. */
  initDurationMs: number | undefined;
  memorySizeMb: number;
  maxMemoryUsedMb: number;
  status: InvocationStatus;
  errorType: string | undefined;
}

export function startText(requestId: string): string {
  return `START RequestId: ${requestId} Version: $LATEST`;
}

/** Writes the END and REPORT records and gives their texts. */
export function logReport(log: Log, report: InvocationReport): string[] {
  const billedDurationMs = Math.ceil(report.durationMs + (report.initDurationMs ?? 0));
  const end = `END RequestId: ${report.requestId}`;
  const text = reportText(report, billedDurationMs);
  log.debug('lambda.end', { functionName: report.functionName, requestId: report.requestId, text: end });
  log.info('lambda.report', {
    functionName: report.functionName,
    requestId: report.requestId,
    status: report.status,
    errorType: report.errorType,
    durationMs: rounded(report.durationMs),
    billedDurationMs,
    initDurationMs: report.initDurationMs === undefined ? undefined : rounded(report.initDurationMs),
    memorySizeMb: report.memorySizeMb,
    maxMemoryUsedMb: report.maxMemoryUsedMb,
    text,
  });
  return [end, text];
}

function reportText(report: InvocationReport, billedDurationMs: number): string {
  const parts = [
    `REPORT RequestId: ${report.requestId}`,
    `Duration: ${report.durationMs.toFixed(2)} ms`,
    `Billed Duration: ${billedDurationMs} ms`,
    `Memory Size: ${report.memorySizeMb} MB`,
    `Max Memory Used: ${report.maxMemoryUsedMb} MB`,
  ];
  if (report.initDurationMs !== undefined) parts.push(`Init Duration: ${report.initDurationMs.toFixed(2)} ms`);
  if (report.status === 'timeout') parts.push('Status: timeout');
  if (report.status === 'error') parts.push('Status: error', `Error Type: ${report.errorType}`);
  return parts.join('\t');
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}
