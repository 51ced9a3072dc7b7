import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { lineReader } from './lines.ts';
import { parseReport, type ProgramReport } from './report.ts';

export interface ProgramOptions {
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Comes as JSON on its standard input. */
  readonly input: unknown;
  readonly onReport: (report: ProgramReport) => void;
  /** A line on file descriptor 3 was no report. */
  readonly onNoReport: () => void;
  /** A line was longer than a report may be, which was then left out. */
  readonly onTooLong: (bytesMax: number) => void;
}

export interface RunningProgram {
  readonly ended: Promise<ProgramEnd>;
  /** Tells it to end, and kills it if it has not ended so many milliseconds later. */
  stop(killAfterMs: number): void;
}

export type ProgramEnd =
  | { readonly kind: 'exited'; readonly exitCode: number }
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'not started'; readonly reason: string };

/** A longer result is none that Step Functions takes. Step Functions quotas, "Maximum input or output size". */
const REPORT_BYTES_MAX = 262_144;

/** What a program has written before it ended is there at once, unless something that it started keeps the pipe open. */
const LAST_REPORTS_MS = 2_000;

/**
 * Starts a program of a process of its own. What it writes to its output and its errors goes where ours go; what it writes to
 * file descriptor 3 are its reports.
 */
export function startProgram(options: ProgramOptions): RunningProgram {
  const [file = '', ...rest] = options.command;
  const child = spawn(file, rest, { env: options.environment, stdio: ['pipe', 'inherit', 'inherit', 'pipe'] });
  const [input, , , reports] = child.stdio as unknown as [Writable, null, null, Readable];
  // It may end without having read all of it.
  input.on('error', () => {});
  input.end(JSON.stringify(options.input));
  const reportsRead = readReports(reports, options);
  const killWithUs = () => void child.kill('SIGKILL');
  process.once('exit', killWithUs);

  const { promise, resolve } = Promise.withResolvers<ProgramEnd>();
  child.once('error', (error) => resolve({ kind: 'not started', reason: error.message }));
  child.once('exit', (exitCode, signal) =>
    resolve(exitCode === null ? { kind: 'killed', signal: signal ?? 'unknown' } : { kind: 'exited', exitCode }),
  );
  let killing: NodeJS.Timeout | undefined;
  let hasEnded = false;
  const ended = promise.then(async (end) => {
    hasEnded = true;
    clearTimeout(killing);
    process.off('exit', killWithUs);
    if (end.kind !== 'not started') await withinMs(LAST_REPORTS_MS, reportsRead);
    reports.destroy();
    return end;
  });
  return {
    ended,
    stop(killAfterMs) {
      if (hasEnded) return;
      child.kill('SIGTERM');
      killing ??= setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    },
  };
}

async function readReports(reports: Readable, { onReport, onNoReport, onTooLong }: ProgramOptions): Promise<void> {
  const read = lineReader(
    REPORT_BYTES_MAX,
    (line) => {
      const report = parseReport(line);
      if (report === undefined) onNoReport();
      else onReport(report);
    },
    () => onTooLong(REPORT_BYTES_MAX),
  );
  reports.on('data', read);
  reports.on('error', () => {});
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  // After an error as well.
  reports.once('close', resolve);
  await closed;
  // The last line may lack its end.
  read(Buffer.from('\n'));
}

async function withinMs(milliseconds: number, work: Promise<void>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  await Promise.race([work, late]);
  clearTimeout(timer);
}
