import {
  EvaluationError,
  type Failure,
  type Json,
  type JsonObject,
  type TaskPlan,
  type TaskState,
} from '../../../asl/src/index.ts';
import type { TaskCall } from '../effect.ts';
import type { TaskResult } from '../task-handler.ts';
import type { Bench } from './bench.ts';
import { httpWatch } from './inspect-http.ts';

/**
 * Really makes the call of a task, within its TimeoutSeconds and the time that is left for the test.
 *
 * @throws {EvaluationError} States.Runtime where the call cannot be made with these parameters.
 */
export async function callTask(
  bench: Bench,
  { Resource: resource }: TaskState,
  { parameters, timeoutSeconds = Infinity }: TaskPlan,
): Promise<{ readonly result: Json } | { readonly failure: Failure }> {
  const fault = bench.lab.parameterFault(resource, parameters);
  if (fault !== undefined) throw new EvaluationError('States.Runtime', fault);
  const { context, roleArn = '', subject } = bench.test;
  const call = { executionArn: executionArnIn(context), stateName: subject.name, resource, parameters, roleArn };
  bench.requireTime();
  const answer = await answerWithin(Math.min(timeoutSeconds * 1000, bench.remainingMs), bench, call);
  bench.requireRunning();
  if (answer === undefined) return { failure: { error: 'States.Timeout', byTask: true } };
  return 'output' in answer ? { result: answer.output } : { failure: { ...answer, byTask: true } };
}

/** The answer; `undefined` where the call is told that nobody waits for it any more. It may take its own time to end. */
async function answerWithin(ms: number, bench: Bench, call: TaskCall): Promise<TaskResult | undefined> {
  const { lab } = bench;
  const over = new AbortController();
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const giveUp = (): void => {
    over.abort();
    resolve(undefined);
  };
  const timer = setTimeout(giveUp, ms);
  lab.stopping.addEventListener('abort', giveUp, { once: true });
  try {
    return await Promise.race([lab.taskHandler(call, over.signal, httpWatch(bench)).catch(faultOf), promise]);
  } finally {
    clearTimeout(timer);
    lab.stopping.removeEventListener('abort', giveUp);
  }
}

function faultOf(thrown: unknown): TaskResult {
  return { error: 'States.TaskFailed', cause: thrown instanceof Error ? thrown.message : String(thrown) };
}

function executionArnIn({ Execution: execution }: JsonObject & { Execution?: Json }): string {
  const { Id: id } = (execution ?? {}) as { Id?: Json };
  return typeof id === 'string' ? id : '';
}
