import { formatTimestamp, isObject, type Json, type JsonObject } from '../../../asl/src/index.ts';
import { ValidationException } from '../errors.ts';
import type { StateUnderTest } from './find-state.ts';
import type { Lab } from './lab.ts';
import { parseJsonText } from '../parse-json-text.ts';

/**
 * The context object of a state that is tested: it tells of an execution that there is not, with the role that the test names,
 * if it names one. There is no task token, for nobody could answer it; a test that needs one brings a context object along.
 */
export function madeUpContext(
  { name, state }: StateUnderTest,
  facts: { readonly input: Json; readonly roleArn: string | undefined; readonly retryCount: number | undefined },
  { region, accountId, clock }: Lab,
): JsonObject {
  const [machineName, executionName] = [crypto.randomUUID(), crypto.randomUUID()];
  const prefix = `arn:aws:states:${region}:${accountId}`;
  const now = formatTimestamp(clock.now());
  const countsRetries = 'Retry' in state || ['Task', 'Parallel', 'Map'].includes(state.Type);
  return {
    Execution: {
      Id: `${prefix}:express:${machineName}:${executionName}`,
      Input: facts.input,
      Name: executionName,
      ...(facts.roleArn !== undefined && { RoleArn: facts.roleArn }),
      StartTime: now,
    },
    StateMachine: { Id: `${prefix}:stateMachine:${machineName}`, Name: machineName },
    State: { Name: name, EnteredTime: now, ...(countsRetries && { RetryCount: facts.retryCount ?? 0 }) },
  };
}

type MemberType = 'string' | 'number' | 'any';

const MEMBERS: Readonly<Record<string, Readonly<Record<string, MemberType>>>> = {
  Execution: {
    Id: 'string',
    Input: 'any',
    Name: 'string',
    RoleArn: 'string',
    StartTime: 'string',
    RedriveCount: 'number',
    RedriveTime: 'string',
  },
  State: { EnteredTime: 'string', Name: 'string', RetryCount: 'number' },
  StateMachine: { Id: 'string', Name: 'string' },
  Task: { Token: 'string' },
};

/**
 * Reads a context object that the test brings along. It is used as it is: what it leaves out is not there.
 *
 * @throws {ValidationException} if it holds what no context object can.
 */
export function parseContext(text: string): JsonObject {
  const context = parseJsonText(text, () => invalid('it must be a valid JSON object'));
  if (!isObject(context)) throw invalid('it must be a valid JSON object');
  if ('Map' in context) throw invalid("'Map' field is not supported when mocking a Context object");
  for (const [name, members] of Object.entries(MEMBERS)) {
    const value = context[name];
    if (value === undefined) continue;
    if (!isObject(value)) throw invalid(`${name} must be an object`);
    checkMembers(name, value, members);
  }
  return context;
}

function checkMembers(name: string, given: JsonObject, members: Readonly<Record<string, MemberType>>): void {
  for (const [member, type] of Object.entries(members)) {
    const value = given[member];
    if (value === undefined || type === 'any' || typeof value === type) continue;
    throw invalid(`${name}.${member} must be a ${type}`);
  }
}

function invalid(what: string): ValidationException {
  return new ValidationException(`Invalid Context object provided: ${what}`);
}
