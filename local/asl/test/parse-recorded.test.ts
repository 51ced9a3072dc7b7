import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseDefinition, parseState, type WorkflowType } from '../src/parse.ts';
import { describeProblems, type Problem } from '../src/problem.ts';

/** Recordings of the service, beside the repository where they are at hand. */
const cases = join(import.meta.dirname, '../../../../shared/conformance/cases');
const skip = existsSync(cases) ? false : 'the recorded cases are not beside the repository';

interface Recorded {
  readonly id: string;
  readonly text: string;
  readonly type: WorkflowType;
  readonly isState: boolean;
  /** The recorded refusal: the message of an InvalidDefinition, or the diagnostics of a validation. */
  readonly refusal: string | readonly unknown[] | undefined;
}

test('each definition that the service took is taken', { skip }, () => {
  const accepted = recordings().filter(({ refusal }) => refusal === undefined);
  assert(accepted.length >= 800, `looked at ${accepted.length} definitions`);
  for (const recorded of accepted) assert.deepEqual(refusalOf(recorded), [], recorded.id);
});

test('each definition that the service refused is refused in its words', { skip }, () => {
  const refused = recordings().filter(({ refusal }) => refusal !== undefined);
  assert(refused.length >= 60, `looked at ${refused.length} definitions`);
  for (const recorded of refused) {
    const problems = refusalOf(recorded);
    if (typeof recorded.refusal !== 'string') assert.deepEqual(problems, recorded.refusal, recorded.id);
    else if (isOfService(recorded.refusal)) assert.equal(describeProblems(problems), recorded.refusal, recorded.id);
    else checkLabelReason(describeProblems(problems), recorded.refusal);
  }
});

function isOfService(message: string): boolean {
  return message.startsWith('Invalid State Machine Definition: ');
}

/** The refusals of a Label were recorded from LocalStack, as Python errors. We give their reasons in the form of the service. */
function checkLabelReason(message: string, recorded: string): void {
  const reasons = ['Label cannot be empty', 'Label cannot exceed 40 characters', 'Label contains invalid character: '];
  const reason = reasons.find((one) => recorded.includes(one));
  assert(reason !== undefined, recorded);
  assert(message.startsWith(`Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: ${reason}`), message);
  assert(message.endsWith(" at /States/MapState/Label'"), message);
}

function refusalOf({ text, type, isState }: Recorded): readonly Problem[] {
  const parsed = isState ? parseState(text, { type }) : parseDefinition(text, { type });
  return 'problems' in parsed ? parsed.problems : [];
}

function recordings(): readonly Recorded[] {
  return readdirSync(cases, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.json'))
    .flatMap((file): unknown[] => JSON.parse(readFileSync(join(cases, file), 'utf8')).cases)
    .flatMap(recordingsIn);
}

interface RecordedStep {
  readonly op?: string;
  readonly params?: { readonly definition?: unknown; readonly type?: WorkflowType };
  readonly expect?: { readonly diagnostics?: readonly unknown[] };
  readonly expectError?: { readonly code: string; readonly message: string };
}

interface RecordedCase {
  readonly id: string;
  readonly type?: WorkflowType;
  readonly definition?: unknown;
  readonly definitionText?: string;
  readonly steps?: readonly RecordedStep[];
}

function recordingsIn(recorded: unknown): readonly Recorded[] {
  const { id, type = 'STANDARD', definition, definitionText, steps = [] } = recorded as RecordedCase;
  const own = definitionText ?? definition;
  const executed = own === undefined ? [] : [{ id, text: textOf(own), type, isState: false, refusal: undefined }];
  const requested = steps.flatMap(({ op = '', params = {}, expect, expectError }): Recorded[] => {
    if (params.definition === undefined) return [];
    const text = textOf(params.definition);
    // What TestState says of the state types that it does not run at all is not about the definition.
    const isOfDefinition =
      expectError?.code === 'InvalidDefinition' && !expectError.message.startsWith('TestState API');
    const refusal = isOfDefinition ? expectError.message : expect?.diagnostics?.length ? expect.diagnostics : undefined;
    const isState = op === 'TestState' && !Object.hasOwn(JSON.parse(text), 'States');
    return [{ id: `${id} ${op}`, text, type: params.type ?? 'STANDARD', isState, refusal }];
  });
  return [...executed, ...requested];
}

function textOf(definition: unknown): string {
  const value =
    typeof definition === 'object' && definition !== null && '$json' in definition ? definition.$json : definition;
  return (typeof value === 'string' ? value : JSON.stringify(value))
    .replaceAll('${s0.activityArn}', 'arn:aws:states:us-east-1:111111111111:activity:recorded')
    .replaceAll('${s0.Role.Arn}', 'arn:aws:iam::111111111111:role/recorded');
}
