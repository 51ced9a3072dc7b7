import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  ListExecutionsCommand,
  StartExecutionCommand,
  StartSyncExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openApi, PASSING_DEFINITION, ROLE_ARN, WAITING_DEFINITION } from './open-api.ts';
import { openSdk } from './open-sdk.ts';

const sdk = await openSdk();
const { api, sfn } = sdk;
after(() => sdk[Symbol.asyncDispose]());

async function express(name: string, state: object, more: object = {}): Promise<string> {
  const definition = JSON.stringify({ StartAt: 'Only', States: { Only: state }, ...more });
  const { stateMachineArn } = await sfn.send(
    new CreateStateMachineCommand({ name, definition, roleArn: ROLE_ARN, type: 'EXPRESS' }),
  );
  assert.ok(stateMachineArn !== undefined);
  return stateMachineArn;
}

test('StartSyncExecution answers with the end of the execution', async () => {
  const stateMachineArn = await express('adds', { Type: 'Pass', Result: { sum: 3 }, End: true });
  const ended = await sfn.send(new StartSyncExecutionCommand({ stateMachineArn, name: 'one', input: '{"a":1}' }));
  const { executionArn, status, input, output, name, billingDetails, inputDetails } = ended;
  assert.match(executionArn ?? '', /^arn:aws:states:eu-west-1:123456789012:express:adds:one:[0-9a-f-]{36}$/);
  assert.deepEqual([status, name, input, output], ['SUCCEEDED', 'one', '{"a":1}', '{"sum":3}']);
  assert.deepEqual(billingDetails, { billedDurationInMilliseconds: 100, billedMemoryUsedInMB: 64 });
  assert.deepEqual(inputDetails, { included: true });
  const brief = await sfn.send(new StartSyncExecutionCommand({ stateMachineArn, includedData: 'METADATA_ONLY' }));
  assert.deepEqual([brief.status, brief.input, brief.output], ['SUCCEEDED', undefined, undefined]);
});

test('an Express Map may have more items than a history has room for', async () => {
  const ItemProcessor = { StartAt: 'Pass', States: { Pass: { Type: 'Pass', End: true } } };
  const stateMachineArn = await express('many', { Type: 'Map', ItemProcessor, End: true });
  const input = JSON.stringify(Array.from({ length: 10_000 }, (_, index) => index));
  const { status, output } = await sfn.send(new StartSyncExecutionCommand({ stateMachineArn, input }));
  assert.deepEqual([status, output], ['SUCCEEDED', input]);
});

test('a failure is an answer, not an error', async () => {
  const stateMachineArn = await express('fails', { Type: 'Fail', Error: 'TooLate', Cause: 'Nobody came' });
  const { status, error, cause, output } = await sfn.send(new StartSyncExecutionCommand({ stateMachineArn }));
  assert.deepEqual([status, error, cause, output], ['FAILED', 'TooLate', 'Nobody came', undefined]);
});

test('an execution that takes longer than its definition allows has timed out', async () => {
  const wait = { Type: 'Wait', Seconds: 60, End: true };
  const stateMachineArn = await express('dawdles', wait, { TimeoutSeconds: 1 });
  const { status } = await sfn.send(new StartSyncExecutionCommand({ stateMachineArn }));
  assert.equal(status, 'TIMED_OUT');
});

test('a name may be used again and again, and a thousand may be asked for at once', async () => {
  const stateMachineArn = await express('again', { Type: 'Pass', End: true });
  const started = await Promise.all(
    Array.from({ length: 1000 }, () => api.engine.startSyncExecution({ stateMachineArn, name: 'same' })),
  );
  assert.equal(new Set(started.map(({ executionArn }) => executionArn)).size, 1000);
  assert.ok(started.every(({ status }) => status === 'SUCCEEDED'));
});

test('an Express execution can be started and forgotten, and asked about by nobody', async () => {
  const stateMachineArn = await express('quick', { Type: 'Pass', End: true });
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, name: 'one' }));
  assert.match(executionArn ?? '', /:express:quick:one:/);
  const notHere = { name: 'InvalidArn' };
  await assert.rejects(sfn.send(new DescribeExecutionCommand({ executionArn })), notHere);
  await assert.rejects(sfn.send(new StopExecutionCommand({ executionArn })), notHere);
  await assert.rejects(sfn.send(new ListExecutionsCommand({ stateMachineArn })), {
    name: 'StateMachineTypeNotSupported',
  });
});

test('a standard state machine is not started for an answer', async () => {
  const { stateMachineArn } = await sfn.send(
    new CreateStateMachineCommand({ name: 'standard', definition: PASSING_DEFINITION, roleArn: ROLE_ARN }),
  );
  await assert.rejects(sfn.send(new StartSyncExecutionCommand({ stateMachineArn })), {
    name: 'StateMachineTypeNotSupported',
    message: 'This operation is not supported by this type of state machine',
  });
});

test('an Express workflow can wait for nobody', async () => {
  const create = new CreateStateMachineCommand({
    name: 'patient',
    definition: WAITING_DEFINITION,
    roleArn: ROLE_ARN,
    type: 'EXPRESS',
  });
  await assert.rejects(sfn.send(create), { name: 'InvalidDefinition' });
});

test('whoever waits when the engine stops is told so', async () => {
  const other = await openApi();
  const { stateMachineArn } = await other.engine.createStateMachine({
    name: 'waits',
    definition: JSON.stringify({ StartAt: 'Only', States: { Only: { Type: 'Wait', Seconds: 60, End: true } } }),
    roleArn: ROLE_ARN,
    type: 'EXPRESS',
  });
  const ended = other.engine.startSyncExecution({ stateMachineArn });
  const told = assert.rejects(ended, { name: 'ServiceUnavailable' });
  await other.engine.startExecution({ stateMachineArn });
  await other[Symbol.asyncDispose]();
  await told;
});
