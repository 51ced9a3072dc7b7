import { SFNClient, TestStateCommand } from '@aws-sdk/client-sfn';
import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import type { LookupFunction } from 'node:net';
import { after, test } from 'node:test';
import { headersFor, ROLE_ARN, WAITING_DEFINITION } from './open-api.ts';
import { openSdk } from './open-sdk.ts';

const sdk = await openSdk();
const { api, sfn } = sdk;
after(() => sdk[Symbol.asyncDispose]());

const passing = JSON.stringify({ Type: 'Pass', Result: 1, Next: 'Ship' });

test('one state answers with its output and the state after it', async () => {
  const { $metadata: _, ...tested } = await sfn.send(
    new TestStateCommand({ definition: passing, roleArn: ROLE_ARN, input: '{"id":7}', inspectionLevel: 'DEBUG' }),
  );
  const inspectionData = { input: '{"id":7}', result: '1', afterResultSelector: '1', afterResultPath: '1' };
  assert.deepEqual(tested, { status: 'SUCCEEDED', output: '1', nextState: 'Ship', inspectionData });
});

test('a state of a state machine is tested with a mock, a context object and a history of its own', async () => {
  const error = { error: 'Busy', cause: 'No hands' };
  const { status, inspectionData, ...rest } = await sfn.send(
    new TestStateCommand({
      definition: WAITING_DEFINITION,
      stateName: 'Confirm',
      inspectionLevel: 'TRACE',
      context: '{"Task":{"Token":"t-1"}}',
      variables: '{"desk":2}',
      mock: { errorOutput: error },
      stateConfiguration: { retrierRetryCount: 1 },
    }),
  );
  assert.deepEqual([status, rest.error, rest.cause], ['FAILED', 'Busy', 'No hands']);
  assert.equal(inspectionData?.afterParameters, '{"FunctionName":"ask","Payload":{"token":"t-1"}}');
  assert.equal(inspectionData.variables, '{"desk":2}');
});

test('what cannot be tested is refused with the error of the service', async () => {
  const refuses = async (input: TestStateCommand['input'], name: string, message: RegExp): Promise<void> =>
    await assert.rejects(sfn.send(new TestStateCommand(input)), { name, message });
  await refuses({ definition: '{}' }, 'InvalidDefinition', /These fields are required: \[Type\]/);
  await refuses({ definition: passing, input: '[' }, 'InvalidExecutionInput', /^Invalid State Machine Execution Input/);
  await refuses({ definition: passing, roleArn: 'me' }, 'InvalidArn', /^Invalid Role Arn: 'me'$/);
  await refuses({ definition: WAITING_DEFINITION, stateName: 'Ask' }, 'ValidationException', /^State not found in def/);
  await refuses(
    { definition: passing, stateConfiguration: { mapIterationFailureCount: -1 } },
    'ValidationException',
    /at 'stateConfiguration.mapIterationFailureCount' failed to satisfy constraint: Member must have value greater/,
  );
  const deep = '['.repeat(200) + ']'.repeat(200);
  await refuses({ definition: passing, variables: deep }, 'ValidationException', /nest at most/);
});

test('what a test brings along is not repeated in an error', async () => {
  for (const secret of ['s3cret', 's3cret'.repeat(50_000)]) {
    for (const field of ['variables', 'context', 'stateName']) {
      const { status, text } = await api.call('TestState', { definition: passing, [field]: secret });
      assert.equal(status, 400);
      assert.doesNotMatch(text, /s3cret/);
    }
  }
});

test('clients that put sync- before the host are answered, under the names of this server alone', async () => {
  const found: string[] = [];
  const lookup: LookupFunction = (host, options, callback) => {
    found.push(host);
    if (options.all === true) callback(null, [{ address: '127.0.0.1', family: 4 }]);
    else callback(null, '127.0.0.1', 4);
  };
  const plain = new SFNClient({
    endpoint: `http://localhost:${api.port}`,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    requestHandler: { httpAgent: new Agent({ lookup }) },
  });
  const { status } = await plain.send(new TestStateCommand({ definition: passing }));
  plain.destroy();
  assert.deepEqual([status, found], ['SUCCEEDED', ['sync-localhost']]);

  const statusFor = async (host: string): Promise<number> => {
    const body = JSON.stringify({ definition: passing });
    return (await api.send({ headers: { ...headersFor('TestState'), host }, body })).status;
  };
  assert.equal(await statusFor(`sync-127.0.0.1:${api.port}`), 200);
  for (const host of ['sync-evil.example', 'sync-', 'sync-sync-localhost', 'sync-localhost.evil.example'])
    assert.equal(await statusFor(host), 403);
});
