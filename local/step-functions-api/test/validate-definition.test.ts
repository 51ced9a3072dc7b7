import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateStateMachineCommand,
  DescribeStateMachineCommand,
  DescribeStateMachineForExecutionCommand,
  InvalidDefinition,
  StartExecutionCommand,
  ValidateStateMachineDefinitionCommand,
  ValidationException,
} from '@aws-sdk/client-sfn';
import { PASSING_DEFINITION, ROLE_ARN } from './open-api.ts';
import { openSdk } from './open-sdk.ts';

test('a definition is told what is wrong with it, and where, without a state machine being made', async () => {
  await using sdk = await openSdk();
  const { sfn } = sdk;
  const validate = async (definition: string, options: object = {}) => {
    const request = new ValidateStateMachineDefinitionCommand({ definition, ...options });
    const { $metadata: _metadata, ...diagnosis } = await sfn.send(request);
    return diagnosis;
  };
  assert.deepEqual(await validate(PASSING_DEFINITION), { result: 'OK', diagnostics: [], truncated: false });
  assert.deepEqual(await validate('{"States":{"A":{"Type":"Pass","End":true}}}', { type: 'EXPRESS' }), {
    result: 'FAIL',
    diagnostics: [
      {
        severity: 'ERROR',
        code: 'SCHEMA_VALIDATION_FAILED',
        message: 'These fields are required: [StartAt]',
        location: '/',
      },
    ],
    truncated: false,
  });
  const deep = await validate(`{"StartAt":${'['.repeat(200)}${']'.repeat(200)}}`);
  assert.deepEqual([deep.result, deep.diagnostics?.length], ['FAIL', 1]);
  await assert.rejects(validate(''), ValidationException);
  await assert.rejects(validate(PASSING_DEFINITION, { severity: 'INFO' }), ValidationException);
});

test('warnings are told to those who ask for them, and refuse nothing', async () => {
  await using sdk = await openSdk();
  const { sfn } = sdk;
  const definition = JSON.stringify({
    StartAt: 'A',
    States: { A: { Type: 'Pass', Parameters: { looksLikeAPath: '$.a' }, End: true } },
  });
  const validate = (severity?: 'ERROR' | 'WARNING') =>
    sfn.send(new ValidateStateMachineDefinitionCommand({ definition, severity }));
  for (const severity of [undefined, 'ERROR'] as const) {
    const { result, diagnostics } = await validate(severity);
    assert.deepEqual([result, diagnostics], ['OK', []]);
  }
  const { result, diagnostics } = await validate('WARNING');
  assert.deepEqual([result, diagnostics?.map(({ code }) => code)], ['OK', ['NO_DOLLAR']]);
  await sfn.send(new CreateStateMachineCommand({ name: 'warned', definition, roleArn: ROLE_ARN }));
});

test('as many faults are told as were asked for, 100 at most', async () => {
  await using sdk = await openSdk();
  const { sfn } = sdk;
  const broken = (count: number): string => {
    const states = Array.from({ length: count }, (_, index) => [`S${index}`, { Type: 'Nothing' }]);
    return JSON.stringify({ StartAt: 'S0', States: Object.fromEntries(states) });
  };
  const validate = async (definition: string, maxResults?: number) => {
    const request = new ValidateStateMachineDefinitionCommand({ definition, maxResults });
    const { diagnostics, truncated } = await sfn.send(request);
    return [diagnostics?.length, truncated];
  };
  assert.deepEqual(await validate(broken(3), 2), [2, true]);
  assert.deepEqual(await validate(broken(3), 3), [3, false]);
  assert.deepEqual(await validate(broken(100), 0), [100, false]);
  assert.deepEqual(await validate(broken(101)), [100, true]);
  await assert.rejects(validate(broken(1), 101), ValidationException);
});

test('what is refused at creation fails validation, what this release cannot run included', async () => {
  await using sdk = await openSdk();
  const { sfn } = sdk;
  const resource = 'arn:aws:states:::apigateway:invoke';
  const definition = JSON.stringify({
    StartAt: 'Call',
    States: { Call: { Type: 'Task', Resource: resource, Parameters: {}, End: true } },
  });
  const { result, diagnostics } = await sfn.send(new ValidateStateMachineDefinitionCommand({ definition }));
  const creation = sfn.send(new CreateStateMachineCommand({ name: 'n', definition, roleArn: ROLE_ARN }));
  assert.equal(result, 'FAIL');
  await assert.rejects(creation, (error: Error) => {
    assert.ok(error instanceof InvalidDefinition);
    for (const { message = '' } of diagnostics ?? []) assert.ok(error.message.includes(message));
    return true;
  });
});

test('a description names the variables that each state reads', async () => {
  await using sdk = await openSdk();
  const { sfn } = sdk;
  const definition = JSON.stringify({
    StartAt: 'Set',
    States: {
      Set: { Type: 'Pass', Assign: { price: 1 }, Next: 'Use' },
      Use: { Type: 'Pass', Parameters: { 'price.$': '$price' }, End: true },
    },
  });
  const create = (name: string, text: string) =>
    sfn.send(new CreateStateMachineCommand({ name, definition: text, roleArn: ROLE_ARN }));
  const { stateMachineArn } = await create('reads', definition);
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn }));
  for (const described of [
    await sfn.send(new DescribeStateMachineCommand({ stateMachineArn })),
    await sfn.send(new DescribeStateMachineForExecutionCommand({ executionArn })),
  ]) {
    assert.deepEqual(described.variableReferences, { Use: ['price'] });
  }
  const metadata = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn, includedData: 'METADATA_ONLY' }));
  const plain = await create('reads-nothing', PASSING_DEFINITION);
  const readsNothing = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn: plain.stateMachineArn }));
  for (const described of [metadata, readsNothing]) assert.ok(!('variableReferences' in described));
});
