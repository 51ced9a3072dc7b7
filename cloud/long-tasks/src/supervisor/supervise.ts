import { constants } from 'node:os';
import type { Failure } from '../answer-task-token.ts';
import { heartbeats } from './heartbeats.ts';
import { type Log, reasonOf } from './log.ts';
import { type ProgramEnd, startProgram } from './program.ts';
import { progressWriter } from './progress-writer.ts';
import type { Task } from './task.ts';
import { type Patience, untilReached } from './until-reached.ts';

export interface Supervision {
  readonly task: Task;
  readonly command: readonly string[];
  /** Of the program. */
  readonly environment: Readonly<Record<string, string>>;
  readonly heartbeatMs: number;
  readonly stopMs: number;
  /** Progress is kept at most this often. */
  readonly progressMs: number;
  readonly patience: Patience;
  /** Aborted when the container is told to stop. */
  readonly told: AbortSignal;
  readonly now: () => Date;
  readonly log: Log;
}

/**
 * Runs a program to its end and answers for it. Gives the exit code of the container: that of the program, or 128 and the
 * number of the signal that ended it, as shells do; 0 if nobody waits for it any more.
 *
 * Of a program that was told to stop nothing is answered, unless it ended well all the same: whoever stopped the container
 * knows why, and what watches containers says it.
 */
export async function supervise(supervision: Supervision): Promise<number> {
  const { task, told, log, stopMs, patience } = supervision;
  // Somebody may have stopped the execution, or the container, while that was being started.
  if (!(await untilReached(task.heartbeat, patience, log))) {
    log('long-task.abandoned');
    return ABANDONED;
  }
  if (told.aborted) {
    log('long-task.stopped');
    return TOLD_TO_STOP;
  }
  const said: Said = {};
  const progress = progressWriter(task.keepProgress, supervision.progressMs, (error) =>
    log('long-task.progress-not-kept', { reason: reasonOf(error) }),
  );
  log('long-task.begun');
  const program = startProgram({
    command: supervision.command,
    environment: supervision.environment,
    input: task.input,
    onReport(report) {
      if (report.kind === 'result') said.result = report.result;
      else if (report.kind === 'failure') said.failure = report;
      else progress.say({ ...report.progress, at: supervision.now().toISOString() });
    },
    onNoReport: () => log('long-task.report-ignored'),
    onTooLong(bytesMax) {
      said.tooLong = `A line on file descriptor 3 has more than the ${bytesMax} bytes that a result may have`;
    },
  });
  let isWaitedFor = true;
  let hasEnded = false;
  // Its heart beats on while it is answered for, which may take some tries, and a heartbeat may then find it answered.
  const stopHeartbeats = heartbeats(supervision, () => {
    if (hasEnded) return;
    isWaitedFor = false;
    log('long-task.abandoned');
    program.stop(stopMs);
  });
  const onTold = () => {
    log('long-task.told-to-stop');
    program.stop(stopMs);
  };
  told.addEventListener('abort', onTold);
  if (told.aborted) onTold();

  const outcome = outcomeOf(await program.ended, said);
  hasEnded = true;
  await progress.flush();
  try {
    if (isWaitedFor) await answer(outcome, supervision);
  } finally {
    // A container that cannot answer must not seem alive.
    await stopHeartbeats();
  }
  return isWaitedFor ? outcome.exitCode : ABANDONED;
}

/** Nobody waits for it any more: nothing has failed. */
const ABANDONED = 0;

/** As shells say of a program that SIGTERM has ended. A job whose container exits with 0 would have succeeded. */
const TOLD_TO_STOP = 128 + constants.signals.SIGTERM;

/** What the program has said, each the last of its kind. */
interface Said {
  result?: unknown;
  failure?: Failure;
  tooLong?: string;
}

type Outcome =
  | { readonly kind: 'succeeded'; readonly result: unknown; readonly exitCode: 0 }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly exitCode: number };

/** The exit code decides; what the program said tells with what, or why. */
function outcomeOf(end: ProgramEnd, { result, failure, tooLong }: Said): Outcome {
  const exitCode = exitCodeOf(end);
  if (exitCode !== 0) return { kind: 'failed', failure: failureOf(end, failure), exitCode };
  if (tooLong === undefined) return { kind: 'succeeded', result: result ?? null, exitCode };
  return { kind: 'failed', failure: { error: 'LongTask.ResultTooLong', cause: tooLong }, exitCode: 1 };
}

async function answer(outcome: Outcome, { task, told, log, patience }: Supervision): Promise<void> {
  if (outcome.kind === 'succeeded') {
    const isTaken = await untilReached(() => task.succeed(outcome.result), patience, log);
    return log('long-task.succeeded', { isTaken });
  }
  const { failure, exitCode } = outcome;
  if (told.aborted) return log('long-task.stopped', { exitCode });
  const isTaken = await untilReached(() => task.fail(failure), patience, log);
  log('long-task.failed', { ...failure, exitCode, isTaken });
}

function failureOf(end: ProgramEnd, said: Failure | undefined): Failure {
  const seen = describe(end);
  if (said === undefined) return { error: 'LongTask.Failed', cause: seen };
  return { error: said.error, cause: said.cause === '' ? seen : `${said.cause} (${seen})` };
}

function describe(end: ProgramEnd): string {
  switch (end.kind) {
    case 'exited':
      return `The program exited with ${end.exitCode}`;
    case 'killed':
      return `The program was ended by ${end.signal}${end.signal === 'SIGKILL' ? ', as happens when memory runs out' : ''}`;
    case 'not started':
      return `The program could not be started: ${end.reason}`;
  }
}

/** 127: the shell's word for a program that could not be started. */
function exitCodeOf(end: ProgramEnd): number {
  switch (end.kind) {
    case 'exited':
      return end.exitCode;
    case 'killed':
      return 128 + (constants.signals[end.signal as NodeJS.Signals] ?? 0);
    case 'not started':
      return 127;
  }
}
