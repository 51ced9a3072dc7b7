import {
  isArray,
  isObject,
  parseTaskResource,
  type Failure,
  type Json,
  type MapState,
  type ParallelState,
  type State,
  type TaskState,
} from '../../../asl/src/index.ts';
import { InvalidDefinition, ValidationException } from '../errors.ts';
import type { Mock, StateConfiguration, TestState } from './api.ts';
import { findState, graphsWithin, stateNotFound } from './find-state.ts';
import { mockResultFault } from './mock-schema.ts';
import { parseJsonText } from '../parse-json-text.ts';

/** What is taken for the outcome of the state's work. */
export type MockedOutcome = { readonly result: Json; readonly resultText: string } | { readonly failure: Failure };

type MockableState = TaskState | MapState | ParallelState;

/** Looks at what a request says of its mock, before anybody looks at the definition. @throws {ValidationException} */
export function checkMockRequest({ mock, context, revealSecrets, stateConfiguration = {} }: TestState): void {
  if (mock === undefined) {
    const unmockable = { ...given(stateConfiguration), ...(context !== undefined && { context }) };
    for (const field of Object.keys(unmockable))
      throw new ValidationException(`TestState does not support ${capitalized(field)} when a mock is not specified.`);
    return;
  }
  if ((mock.result === undefined) === (mock.errorOutput === undefined))
    throw new ValidationException('A test mock should have only one of the following fields: [result, errorOutput].');
  if (revealSecrets === true)
    throw new ValidationException('TestState does not support RevealSecrets when a mock is specified.');
}

/**
 * What the mock stands for; `undefined` where there is none and the state does its work itself.
 *
 * @throws {ValidationException} if a mock does not fit the state.
 * @throws {InvalidDefinition} if a state cannot be tested without one.
 */
export function parseMock(state: State, { mock, stateConfiguration = {} }: TestState): MockedOutcome | undefined {
  if (mock === undefined) {
    requireTestable(state);
    return undefined;
  }
  if (!isMockable(state)) {
    throw new ValidationException(`State type '${state.Type}' is not supported when a mock is specified`);
  }
  return mock.errorOutput === undefined
    ? mockedResult(state, mock)
    : { failure: mockedFailure(state, mock.errorOutput, stateConfiguration) };
}

function isMockable(state: State): state is MockableState {
  return state.Type === 'Task' || state.Type === 'Map' || state.Type === 'Parallel';
}

function requireTestable(state: State): void {
  if (state.Type === 'Map' || state.Type === 'Parallel') {
    const supported = 'Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]';
    throw new InvalidDefinition(`TestState API does not support Map or Parallel states. ${supported}`);
  }
  if (state.Type !== 'Task') return;
  const resource = parseTaskResource(state.Resource);
  const answersAtOnce =
    resource?.kind === 'lambda-function' || (resource?.kind === 'service' && resource.pattern === 'REQUEST_RESPONSE');
  if (!answersAtOnce) {
    const what = "Activity tasks, nor the '.sync' and '.waitForTaskToken' service integration patterns";
    throw new InvalidDefinition(
      `TestState API does not support ${what}, when a mock is not specified: '${state.Resource}'`,
    );
  }
}

function mockedResult(
  state: MockableState,
  { result: resultText = '', fieldValidationMode = 'STRICT' }: Mock,
): MockedOutcome {
  const result = parseJsonText(resultText, () => new ValidationException('Mocked result must be a valid JSON.'));
  if (state.Type === 'Task') {
    const fault = mockResultFault(state.Resource, result, fieldValidationMode);
    if (fault !== undefined) throw new ValidationException(fault);
  } else if (state.Type === 'Map' && state.ResultWriter?.Resource !== undefined) {
    // What is written to S3 comes back as the place where it is.
    if (!isObject(result)) throw new ValidationException('Mocked result must be a JSON object.');
  } else if (!isArray(result)) throw new ValidationException('Mocked result must be an array.');
  return { result, resultText };
}

/** An error comes from the task itself, or from the state within that the test names. */
function mockedFailure(
  state: MockableState,
  errorOutput: NonNullable<Mock['errorOutput']>,
  { errorCausedByState: name }: StateConfiguration,
): Failure {
  if (errorOutput.error === undefined)
    throw new ValidationException("A mocked errorOutput must have the field 'error'.");
  const origin = state.Type === 'Task' || name === undefined ? state : findState(graphsWithin(state), name);
  if (origin === undefined) throw stateNotFound();
  return { ...given(errorOutput), ...(origin.Type === 'Task' && { byTask: true }) };
}

/** Without members that are `undefined`. */
function given<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
