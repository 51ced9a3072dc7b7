import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cpuMsSinceNow } from '../../../tests/effort.ts';
import { openApi, PASSING_DEFINITION, ROLE_ARN, WAITING_DEFINITION, type OpenApi } from './open-api.ts';

const ACTIONS = `CreateStateMachine DescribeStateMachine ListStateMachines UpdateStateMachine DeleteStateMachine
  StartExecution DescribeExecution ListExecutions StopExecution GetExecutionHistory SendTaskSuccess SendTaskFailure
  SendTaskHeartbeat DescribeStateMachineForExecution PublishStateMachineVersion ListStateMachineVersions
  DeleteStateMachineVersion CreateStateMachineAlias DescribeStateMachineAlias UpdateStateMachineAlias
  DeleteStateMachineAlias ListStateMachineAliases TagResource UntagResource ListTagsForResource
  ValidateStateMachineDefinition CreateActivity DescribeActivity ListActivities DeleteActivity GetActivityTask
  TestState`.split(/\s+/);

const MEMBERS = `name definition roleArn type loggingConfiguration tracingConfiguration encryptionConfiguration tags
  publish versionDescription stateMachineArn includedData maxResults nextToken input traceHeader executionArn
  statusFilter mapRunArn redriveFilter error cause reverseOrder includeExecutionData taskToken output revisionId
  description stateMachineVersionArn stateMachineAliasArn routingConfiguration resourceArn tagKeys severity
  activityArn workerName stateName mock context variables inspectionLevel revealSecrets stateConfiguration __proto__`.split(
  /\s+/,
);

/** Pieces that lead a request past the first check, and far enough to meet the second. */
function tellingValues(known: readonly string[]): fc.Arbitrary<unknown> {
  const text = fc.constantFrom(
    ...known,
    'orders',
    'PROD',
    'INITIAL',
    'WARNING',
    'STANDARD',
    'EXPRESS',
    'ALL',
    'RUNNING',
    'METADATA_ONLY',
    '{}',
    '[]',
    '{',
    '',
    'null',
    ROLE_ARN,
    'AWS_OWNED_KEY',
    PASSING_DEFINITION,
    WAITING_DEFINITION,
    'x'.repeat(300_000),
    '['.repeat(5000),
    '\ud800',
  );
  return fc.oneof(
    { weight: 4, arbitrary: text },
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.integer({ min: -2, max: 1002 }),
    fc.boolean(),
    fc.constant(null),
    fc.jsonValue({ maxDepth: 4 }),
    fc.array(fc.record({ stateMachineVersionArn: text, weight: fc.integer({ min: 0, max: 101 }) }), { maxLength: 3 }),
    fc.array(fc.oneof(text, fc.record({ key: text, value: text }, { requiredKeys: [] })), { maxLength: 60 }),
    fc.record({ level: text, enabled: fc.boolean(), type: text, destinations: fc.array(text) }, { requiredKeys: [] }),
  );
}

test('no request whatsoever fails the service or keeps it waiting', { timeout: 120_000 }, async () => {
  await using api = await openApi();
  const known = await populate(api);
  const body = fc.dictionary(fc.constantFrom(...MEMBERS), tellingValues(known), { maxKeys: 8 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...ACTIONS), body, async (action, request) => {
      const cpuMs = cpuMsSinceNow();
      const { status, text } = await api.call(action, request);
      assert.ok(status < 500, `${action}: ${status} ${text.slice(0, 500)}`);
      // Client and service are on one thread, whatever else the machine does.
      assert.ok(cpuMs() < 2_000, `${action} took ${cpuMs()} ms of computing`);
      assert.doesNotThrow(() => JSON.parse(text));
      assert.equal(Object.keys(Object.prototype).length, 0);
    }),
    { numRuns: 1500 },
  );
});

test('no bytes whatsoever fail the service', { timeout: 120_000 }, async () => {
  await using api = await openApi();
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.json().map((json) => Buffer.from(json)),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...ACTIONS), bytes, async (action, body) => {
      const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AWSStepFunctions.${action}` };
      const { status } = await api.send({ headers, body });
      assert.ok(status < 500, `${action}: ${status}`);
    }),
    { numRuns: 500 },
  );
});

/** Something to describe, to stop and to answer; gives its names. */
async function populate({ engine }: OpenApi): Promise<string[]> {
  const machine = { name: 'orders', definition: WAITING_DEFINITION, roleArn: ROLE_ARN, publish: true };
  const { stateMachineArn, stateMachineVersionArn = '' } = await engine.createStateMachine(machine);
  const { stateMachineAliasArn } = await engine.createStateMachineAlias({
    name: 'PROD',
    routingConfiguration: [{ stateMachineVersionArn, weight: 100 }],
  });
  const { executionArn } = await engine.startExecution({ stateMachineArn, name: 'one' });
  // No activity: a worker that asks for its tasks may well be kept waiting.
  return [stateMachineArn, stateMachineVersionArn, stateMachineAliasArn, executionArn];
}
