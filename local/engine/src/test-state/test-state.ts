import {
  assignVariables,
  EvaluationError,
  isTooLarge,
  jsonText,
  tooLargeCause,
  type Failure,
  type JsonObject,
} from '../../../asl/src/index.ts';
import type { TestedState, TestState } from './api.ts';
import { Bench } from './bench.ts';
import type { Lab } from './lab.ts';
import { parseTest } from './parse-test.ts';
import { perform, type Outcome } from './perform.ts';
import { routeFailure } from './route-failure.ts';

/**
 * Runs one state by itself, and tells how data went through it. A task without a mock is really called; nothing is stored.
 *
 * @throws {InvalidDefinition}, {InvalidExecutionInput} or {ValidationException} for what cannot be tested.
 * @throws {ServiceUnavailable} if the engine stops before the state has ended.
 * @see Step Functions API Reference, TestState
 */
export async function testState(request: TestState, lab: Lab): Promise<TestedState> {
  const bench = new Bench(parseTest(request, lab), lab);
  const tested = await conclude(bench);
  return bench.test.inspectionLevel === 'INFO' ? tested : { ...tested, inspectionData: bench.inspection };
}

async function conclude(bench: Bench): Promise<TestedState> {
  showVariables(bench, bench.test.variables);
  const outcome = await attempt(() => performed(bench));
  if (!('failure' in outcome)) return left(bench, outcome, 'SUCCEEDED');
  const { failure } = outcome;
  const { input, configuration, subject } = bench.test;
  const { route, details } = routeFailure(subject.state, failure, configuration.retrierRetryCount ?? 0);
  if (Object.keys(details).length > 0) bench.inspection.errorDetails = details;
  if (route.to === 'nobody') return { status: 'FAILED', ...shown(failure) };
  if (route.to === 'retry') return { status: 'RETRIABLE', ...shown(failure) };
  const { catcher, index } = route;
  const caught = await attempt(async () => {
    const leaving = await bench.worked((scope) => subject.rules.caught(catcher, index, input, failure, scope));
    return checked(bench, { leaving, next: catcher.Next });
  });
  // What a catcher cannot work out, no other catcher is asked about.
  if ('failure' in caught) return { status: 'FAILED', ...shown(caught.failure) };
  return { ...left(bench, caught, 'CAUGHT_ERROR'), ...shown(failure) };
}

async function performed(bench: Bench): Promise<Outcome> {
  const outcome = await perform(bench);
  return 'failure' in outcome ? outcome : checked(bench, outcome);
}

type Left = Exclude<Outcome, { failure: Failure }>;

/** Looks at what the state leaves behind. @throws {EvaluationError} if that is too much. */
function checked(bench: Bench, { leaving, ...rest }: Left): Left {
  const { subject, variables } = bench.test;
  if (isTooLarge(leaving.output)) throw new EvaluationError('States.DataLimitExceeded', tooLargeCause(subject.name));
  if (leaving.assigned !== undefined) showVariables(bench, assignVariables(variables, leaving.assigned));
  return { leaving, ...rest };
}

async function attempt<T>(work: () => Promise<T>): Promise<T | { readonly failure: Failure }> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof EvaluationError)) throw thrown;
    return { failure: thrown.statesError };
  }
}

function left(bench: Bench, { leaving, next }: Left, status: 'SUCCEEDED' | 'CAUGHT_ERROR'): TestedState {
  const { state } = bench.test.subject;
  const nextState = next ?? ('Next' in state ? state.Next : undefined);
  return { status, output: bench.textOf(leaving.output), ...(nextState !== undefined && { nextState }) };
}

function showVariables(bench: Bench, variables: JsonObject): void {
  if (Object.keys(variables).length > 0) bench.inspection.variables = jsonText(variables);
}

function shown({ error, cause }: Failure): Pick<TestedState, 'error' | 'cause'> {
  return { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
}
