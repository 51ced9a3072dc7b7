import { setTimeout as sleep } from 'node:timers/promises';
import {
  isTooLarge,
  jsonText,
  parseTaskResource,
  tooLargeCause,
  type ChoiceState,
  type Failure,
  type Json,
  type Leaving,
  type ParallelState,
  type TaskState,
  type WaitState,
} from '../../../asl/src/index.ts';
import { noChoiceMatched } from '../states/choice.ts';
import { timeIsUp, type Bench } from './bench.ts';
import { callTask } from './call-task.ts';
import { performMap } from './perform-map.ts';

/** How the state's work ends, before Retry and Catch have had their say. */
export type Outcome = { readonly leaving: Leaving; readonly next?: string | undefined } | { readonly failure: Failure };

/** Does the work of the state, as an execution would. @throws {EvaluationError} where that cannot be worked out. */
export async function perform(bench: Bench): Promise<Outcome> {
  const { input, subject } = bench.test;
  const { state, rules } = subject;
  switch (state.Type) {
    case 'Pass': {
      const leaving = await bench.inspected((scope) => rules.pass(state, input, scope));
      if (state.Result !== undefined) showGivenResult(bench, state.Result);
      return { leaving };
    }
    case 'Succeed':
      return { leaving: await bench.inspected((scope) => rules.passThrough(state, input, scope)) };
    case 'Wait':
      return await wait(bench, state);
    case 'Choice':
      return await choose(bench, state);
    case 'Fail':
      return { failure: await bench.inspected((scope) => rules.fail(state, input, scope)) };
    case 'Task':
      return await performTask(bench, state);
    case 'Parallel':
      return await performParallel(bench, state);
    case 'Map':
      return await performMap(bench, state);
  }
}

/** A Result stands for itself: the service shows nothing of the input that it makes no use of. */
function showGivenResult({ inspection }: Bench, result: Json): void {
  if (inspection.afterResultPath === undefined) return;
  inspection.result = jsonText(result);
  delete inspection.afterInputPath;
  delete inspection.afterParameters;
}

async function wait(bench: Bench, state: WaitState): Promise<Outcome> {
  const { input, subject } = bench.test;
  const { clock, stopping } = bench.lab;
  const dueAtMs = await bench.inspected((scope) => subject.rules.waitUntil(state, input, scope));
  const restMs = dueAtMs - clock.now();
  // That the time will be up is known now.
  if (restMs > bench.remainingMs) throw timeIsUp();
  if (restMs > 0) await sleep(restMs, undefined, { signal: stopping }).catch(() => bench.requireRunning());
  return { leaving: await bench.inspected((scope) => subject.rules.passThrough(state, input, scope)) };
}

async function choose(bench: Bench, state: ChoiceState): Promise<Outcome> {
  const { input, subject } = bench.test;
  const { next, ...leaving } = await bench.inspected((scope) => subject.rules.choose(state, input, scope));
  if (next === undefined) throw noChoiceMatched();
  return { leaving, next };
}

async function performTask(bench: Bench, state: TaskState): Promise<Outcome> {
  const { input, mocked, subject } = bench.test;
  const plan = await bench.inspected((scope) => subject.rules.task(state, input, scope));
  const answer = mocked ?? (await callTask(bench, state, plan));
  if ('failure' in answer) return answer;
  const { result } = answer;
  if (isTooLarge(result)) {
    const resource = parseTaskResource(state.Resource);
    const what = resource?.kind === 'service' ? resource.service : state.Resource;
    return { failure: { error: 'States.DataLimitExceeded', cause: tooLargeCause(what), byTask: true } };
  }
  bench.inspection.result = bench.textOf(result);
  return { leaving: await bench.inspected((scope) => subject.rules.result(state, input, result, scope)) };
}

/** The service shows nothing of what the branches would have been given. */
async function performParallel(bench: Bench, state: ParallelState): Promise<Outcome> {
  const { input, mocked, subject } = bench.test;
  await bench.worked((scope) => subject.rules.branchInput(state, input, scope));
  if (mocked === undefined) throw new Error('a Parallel state is tested with a mock only');
  if ('failure' in mocked) return mocked;
  return { leaving: await bench.inspected((scope) => subject.rules.result(state, input, mocked.result, scope)) };
}
