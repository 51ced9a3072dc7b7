import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ConflictException,
  CreateStateMachineAliasCommand,
  CreateStateMachineCommand,
  DeleteStateMachineAliasCommand,
  DeleteStateMachineVersionCommand,
  DescribeExecutionCommand,
  DescribeStateMachineAliasCommand,
  DescribeStateMachineCommand,
  InvalidArn,
  ListExecutionsCommand,
  ListStateMachineAliasesCommand,
  ResourceNotFound,
  StartExecutionCommand,
  StateMachineDoesNotExist,
  UpdateStateMachineAliasCommand,
  UpdateStateMachineCommand,
  type RoutingConfigurationListItem,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import { PASSING_DEFINITION, ROLE_ARN, WAITING_DEFINITION } from './open-api.ts';
import { openSdk } from './open-sdk.ts';

/** A state machine with two versions. */
async function twoVersions(sfn: SFNClient, name = 'orders') {
  const create = { name, definition: PASSING_DEFINITION, roleArn: ROLE_ARN, publish: true };
  const { stateMachineArn = '' } = await sfn.send(new CreateStateMachineCommand(create));
  await sfn.send(new UpdateStateMachineCommand({ stateMachineArn, definition: WAITING_DEFINITION, publish: true }));
  return { stateMachineArn, first: `${stateMachineArn}:1`, second: `${stateMachineArn}:2` };
}

const route = (stateMachineVersionArn: string, weight: number): RoutingConfigurationListItem => ({
  stateMachineVersionArn,
  weight,
});

test('an alias is created, described, updated, listed and deleted', async () => {
  await using sdk = await openSdk();
  const { sfn } = sdk;
  const { stateMachineArn, first, second } = await twoVersions(sfn);
  const created = await sfn.send(
    new CreateStateMachineAliasCommand({ name: 'PROD', routingConfiguration: [route(first, 100)] }),
  );
  const { stateMachineAliasArn } = created;
  assert.equal(stateMachineAliasArn, `${stateMachineArn}:PROD`);
  const describe = async () => {
    const { $metadata: _metadata, ...alias } = await sfn.send(
      new DescribeStateMachineAliasCommand({ stateMachineAliasArn }),
    );
    return alias;
  };
  assert.deepEqual(await describe(), {
    stateMachineAliasArn,
    name: 'PROD',
    routingConfiguration: [route(first, 100)],
    creationDate: created.creationDate,
    updateDate: created.creationDate,
  });

  const update = (changes: object) =>
    sfn.send(new UpdateStateMachineAliasCommand({ stateMachineAliasArn, ...changes }));
  await update({ description: 'what customers see' });
  const { updateDate } = await update({ routingConfiguration: [route(first, 10), route(second, 90)] });
  const { updateDate: again } = await update({ routingConfiguration: [route(second, 90), route(first, 10)] });
  assert.deepEqual(again, updateDate);
  assert.deepEqual(await describe(), {
    stateMachineAliasArn,
    name: 'PROD',
    description: 'what customers see',
    routingConfiguration: [route(first, 10), route(second, 90)],
    creationDate: created.creationDate,
    updateDate,
  });

  await sfn.send(new DeleteStateMachineAliasCommand({ stateMachineAliasArn }));
  await assert.rejects(describe(), ResourceNotFound);
  await assert.rejects(sfn.send(new DeleteStateMachineAliasCommand({ stateMachineAliasArn })), ResourceNotFound);
  await assert.rejects(update({ description: 'x' }), ResourceNotFound);
});

test('an execution is started by an alias, shows it and is listed by it', async () => {
  await using sdk = await openSdk();
  const { sfn } = sdk;
  const { stateMachineArn, second } = await twoVersions(sfn);
  const routingConfiguration = [route(second, 100)];
  const { stateMachineAliasArn } = await sfn.send(
    new CreateStateMachineAliasCommand({ name: 'PROD', routingConfiguration }),
  );
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn: stateMachineAliasArn }));
  const { executions: [listed] = [] } = await sfn.send(
    new ListExecutionsCommand({ stateMachineArn: stateMachineAliasArn }),
  );
  for (const execution of [await sfn.send(new DescribeExecutionCommand({ executionArn })), listed]) {
    assert.deepEqual(
      [execution?.stateMachineArn, execution?.stateMachineVersionArn, execution?.stateMachineAliasArn],
      [stateMachineArn, second, stateMachineAliasArn],
    );
  }
  // As on AWS, what is behind an alias is described by its versions.
  await assert.rejects(
    sfn.send(new DescribeStateMachineCommand({ stateMachineArn: stateMachineAliasArn })),
    StateMachineDoesNotExist,
  );
});

test('aliases are listed by state machine and by version, page by page', async () => {
  await using sdk = await openSdk();
  const { sfn } = sdk;
  const { stateMachineArn, first, second } = await twoVersions(sfn);
  for (const [name, version] of [
    ['a', first],
    ['c', second],
    ['b', first],
  ] as const) {
    const routingConfiguration = [route(version, 100)];
    await sfn.send(new CreateStateMachineAliasCommand({ name, routingConfiguration }));
  }
  const list = async (arn: string, page: object = {}) => {
    const answer = await sfn.send(new ListStateMachineAliasesCommand({ stateMachineArn: arn, ...page }));
    const names = answer.stateMachineAliases?.map(({ stateMachineAliasArn }) => stateMachineAliasArn?.split(':')[7]);
    return { names, nextToken: answer.nextToken };
  };
  assert.deepEqual((await list(stateMachineArn)).names, ['a', 'c', 'b']);
  assert.deepEqual((await list(first)).names, ['a', 'b']);
  const { names, nextToken } = await list(stateMachineArn, { maxResults: 2 });
  assert.deepEqual(names, ['a', 'c']);
  assert.deepEqual(await list(stateMachineArn, { nextToken }), { names: ['b'], nextToken: undefined });
  for (const unknown of [`${stateMachineArn}:3`, `${stateMachineArn}:a`, `${stateMachineArn}2`])
    await assert.rejects(list(unknown), StateMachineDoesNotExist);
});

test('a routing configuration names one or two versions of one state machine, whose weights make 100', async () => {
  await using sdk = await openSdk();
  const { sfn } = sdk;
  const { stateMachineArn, first, second } = await twoVersions(sfn);
  const other = await twoVersions(sfn, 'others');
  const routingConfiguration = [route(first, 100)];
  const { stateMachineAliasArn } = await sfn.send(
    new CreateStateMachineAliasCommand({ name: 'PROD', routingConfiguration }),
  );
  const refused: [RoutingConfigurationListItem[], string][] = [
    [
      [],
      "1 validation error detected: Value at 'routingConfiguration' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      [route(first, 40), route(second, 40), route(`${stateMachineArn}:3`, 20)],
      "1 validation error detected: Value at 'routingConfiguration' failed to satisfy constraint: Member must have length less than or equal to 2",
    ],
    [[route(first, 99)], 'Sum of routing configuration weights must equal 100. Received: [99]'],
    [[route(first, 60), route(second, 60)], 'Sum of routing configuration weights must equal 100. Received: [60, 60]'],
    [
      [route(first, 101)],
      "1 validation error detected: Value '101' at 'routingConfiguration.1.member.weight' failed to satisfy constraint: Member must have value less than or equal to 100",
    ],
    [
      [route(first, 50), route(first, 50)],
      `Routing configuration must contain distinct state machine version ARNs. Received: [${first}, ${first}]`,
    ],
    [
      [route(stateMachineArn, 100)],
      `Routing configuration must contain state machine version ARNs. Received: [${stateMachineArn}]`,
    ],
    [
      [route(first, 50), route(other.first, 50)],
      `Routing configuration must contain versions of one state machine. Received: [${first}, ${other.first}]`,
    ],
  ];
  for (const [configuration, message] of refused) {
    const told = { name: 'ValidationException', message };
    const create = { name: 'never', routingConfiguration: configuration };
    await assert.rejects(sfn.send(new CreateStateMachineAliasCommand(create)), told);
    const update = { stateMachineAliasArn, routingConfiguration: configuration };
    await assert.rejects(sfn.send(new UpdateStateMachineAliasCommand(update)), told);
  }
  const elsewhere = { stateMachineAliasArn, routingConfiguration: [route(other.first, 100)] };
  await assert.rejects(sfn.send(new UpdateStateMachineAliasCommand(elsewhere)), {
    name: 'ValidationException',
    reason: 'INVALID_ROUTING_CONFIGURATION',
  });
  await assert.rejects(sfn.send(new UpdateStateMachineAliasCommand({ stateMachineAliasArn })), {
    name: 'ValidationException',
    reason: 'MISSING_REQUIRED_PARAMETER',
  });
  const unknown = `${stateMachineArn}:3`;
  const toUnknown = { name: 'never', routingConfiguration: [route(unknown, 100)] };
  await assert.rejects(sfn.send(new CreateStateMachineAliasCommand(toUnknown)), (error: Error) => {
    assert.ok(error instanceof ResourceNotFound);
    assert.equal(error.resourceName, unknown);
    return true;
  });
  const { stateMachineAliases } = await sfn.send(new ListStateMachineAliasesCommand({ stateMachineArn }));
  assert.equal(stateMachineAliases?.length, 1);
});

test('the same alias again is the same; another one under its name is a conflict', async () => {
  await using sdk = await openSdk();
  const { sfn } = sdk;
  const { first, second } = await twoVersions(sfn);
  const alias = { name: 'PROD', routingConfiguration: [route(first, 30), route(second, 70)] };
  const create = (changes: object) => sfn.send(new CreateStateMachineAliasCommand({ ...alias, ...changes }));
  const created = await create({});
  const again = await create({ routingConfiguration: [route(second, 70), route(first, 30)] });
  assert.deepEqual(
    [again.stateMachineAliasArn, again.creationDate],
    [created.stateMachineAliasArn, created.creationDate],
  );
  await assert.rejects(create({ description: 'another' }), ConflictException);
  await assert.rejects(create({ routingConfiguration: [route(first, 31), route(second, 69)] }), ConflictException);
});

test('a version that an alias leads to cannot be deleted', async () => {
  await using sdk = await openSdk();
  const { sfn } = sdk;
  const { first, second } = await twoVersions(sfn);
  for (const name of ['PROD', 'TEST']) {
    const routingConfiguration = [route(first, 0), route(second, 100)];
    await sfn.send(new CreateStateMachineAliasCommand({ name, routingConfiguration }));
  }
  await assert.rejects(sfn.send(new DeleteStateMachineVersionCommand({ stateMachineVersionArn: first })), {
    name: 'ConflictException',
    message:
      'Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [PROD, TEST]',
  });
});

test('the ARN of an alias has to be one', async () => {
  await using sdk = await openSdk();
  const { sfn } = sdk;
  const { stateMachineArn, first } = await twoVersions(sfn);
  const describe = (stateMachineAliasArn: string) =>
    sfn.send(new DescribeStateMachineAliasCommand({ stateMachineAliasArn }));
  for (const noAlias of [stateMachineArn, first, `${stateMachineArn}:PROD`])
    await assert.rejects(describe(noAlias), ResourceNotFound);
  await assert.rejects(describe('PROD'), InvalidArn);
});
