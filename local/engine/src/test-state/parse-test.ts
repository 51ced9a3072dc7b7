import { describeProblems, isObject, type Json, type JsonObject } from '../../../asl/src/index.ts';
import { InvalidDefinition, InvalidExecutionInput, ValidationException } from '../errors.ts';
import { unsupported } from '../unsupported.ts';
import type { InspectionLevel, StateConfiguration, TestState } from './api.ts';
import { findStateUnderTest, type StateUnderTest } from './find-state.ts';
import type { Lab } from './lab.ts';
import { checkMockRequest, parseMock, type MockedOutcome } from './mock.ts';
import { parseJsonText } from '../parse-json-text.ts';
import { madeUpContext, parseContext } from './test-context.ts';

/** A test, with everything that was text read. */
export interface Test {
  readonly subject: StateUnderTest;
  readonly input: Json;
  readonly inputText: string;
  readonly variables: JsonObject;
  readonly context: JsonObject;
  readonly mocked: MockedOutcome | undefined;
  readonly configuration: StateConfiguration;
  readonly roleArn: string | undefined;
  readonly inspectionLevel: InspectionLevel;
  readonly revealSecrets: boolean;
}

/** @throws what the service has to say of a request that cannot be carried out. */
export function parseTest(request: TestState, lab: Lab): Test {
  checkMockRequest(request);
  const { roleArn, stateConfiguration: configuration = {}, input: inputText = '{}' } = request;
  const subject = findStateUnderTest(request.definition, request.stateName);
  const mocked = parseMock(subject.state, request);
  if (mocked === undefined) requireSupported(subject, request.stateName);
  const input = parseJsonText(inputText, (detail) => new InvalidExecutionInput(detail));
  const facts = { input, roleArn, retryCount: configuration.retrierRetryCount };
  const context = request.context === undefined ? madeUpContext(subject, facts, lab) : parseContext(request.context);
  return {
    subject,
    input,
    inputText,
    variables: parseVariables(request),
    context,
    mocked,
    configuration,
    roleArn,
    inspectionLevel: request.inspectionLevel ?? 'INFO',
    revealSecrets: request.revealSecrets ?? false,
  };
}

/** @throws {InvalidDefinition} naming what this release cannot run. With a mock, nothing is run. */
function requireSupported({ name, state }: StateUnderTest, stateName: string | undefined): void {
  const problems = unsupported({ StartAt: name, States: { [name]: state } });
  const located = problems.map((problem) =>
    stateName === undefined
      ? { ...problem, location: problem.location?.replace(`/States/${name}`, '') ?? '/' }
      : problem,
  );
  if (located.length > 0) throw new InvalidDefinition(describeProblems(located));
}

function parseVariables({ variables: text = '{}' }: TestState): JsonObject {
  const refusal = (): ValidationException => new ValidationException('Variables must be a valid JSON object.');
  const variables = parseJsonText(text, refusal);
  if (!isObject(variables)) throw refusal();
  return variables;
}
