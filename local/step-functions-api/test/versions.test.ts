import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ConflictException,
  CreateStateMachineCommand,
  DeleteStateMachineVersionCommand,
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  DescribeStateMachineForExecutionCommand,
  InvalidArn,
  ListExecutionsCommand,
  ListStateMachineVersionsCommand,
  PublishStateMachineVersionCommand,
  StartExecutionCommand,
  StateMachineAlreadyExists,
  StateMachineDoesNotExist,
  UpdateStateMachineCommand,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import { PASSING_DEFINITION, ROLE_ARN, WAITING_DEFINITION } from './open-api.ts';
import { openSdk } from './open-sdk.ts';

const machine = { name: 'orders', definition: PASSING_DEFINITION, roleArn: ROLE_ARN };
const revised = (comment: string): string => JSON.stringify({ ...JSON.parse(PASSING_DEFINITION), Comment: comment });

test('a version is published with a state machine, with an update and by itself, and described as it was', async () => {
  await using sdk = await openSdk();
  const { sfn } = sdk;
  const created = await sfn.send(
    new CreateStateMachineCommand({ ...machine, publish: true, versionDescription: 'the first' }),
  );
  const { stateMachineArn } = created;
  assert.equal(created.stateMachineVersionArn, `${stateMachineArn}:1`);

  const updated = await sfn.send(
    new UpdateStateMachineCommand({ stateMachineArn, definition: revised('second'), publish: true }),
  );
  assert.equal(updated.stateMachineVersionArn, `${stateMachineArn}:2`);
  const { revisionId } = await sfn.send(
    new UpdateStateMachineCommand({ stateMachineArn, definition: revised('third') }),
  );
  const published = await sfn.send(
    new PublishStateMachineVersionCommand({ stateMachineArn, revisionId, description: 'the third' }),
  );
  assert.equal(published.stateMachineVersionArn, `${stateMachineArn}:3`);
  assert.ok(published.creationDate instanceof Date);

  const describe = (arn: string | undefined) => sfn.send(new DescribeStateMachineCommand({ stateMachineArn: arn }));
  const first = await describe(created.stateMachineVersionArn);
  assert.deepEqual(
    [first.stateMachineArn, first.name, first.definition, first.description, first.revisionId],
    [`${stateMachineArn}:1`, 'orders', PASSING_DEFINITION, 'the first', undefined],
  );
  const third = await describe(published.stateMachineVersionArn);
  assert.deepEqual(
    [third.definition, third.description, third.revisionId, third.creationDate],
    [revised('third'), 'the third', revisionId, published.creationDate],
  );
  const unqualified = await describe(stateMachineArn);
  assert.deepEqual(
    [unqualified.stateMachineArn, unqualified.description, unqualified.creationDate],
    [stateMachineArn, undefined, created.creationDate],
  );
});

test('a revision has one version, however often it is published; another revision than the current one has none', async () => {
  await using sdk = await openSdk();
  const { sfn } = sdk;
  const { stateMachineArn } = await sfn.send(new CreateStateMachineCommand(machine));
  const publish = (revisionId?: string) =>
    sfn.send(new PublishStateMachineVersionCommand({ stateMachineArn, revisionId }));
  const [one, other] = [await publish(), await publish('INITIAL')];
  assert.deepEqual([other.stateMachineVersionArn, other.creationDate], [one.stateMachineVersionArn, one.creationDate]);
  const { revisionId: second } = await sfn.send(
    new UpdateStateMachineCommand({ stateMachineArn, definition: revised('second') }),
  );
  for (const outdated of ['INITIAL', 'made-up']) {
    await assert.rejects(publish(outdated), (error: Error) => {
      assert.ok(error instanceof ConflictException);
      const told = `Failed to publish the State Machine version for revision ${outdated}. The current State Machine revision is ${second}.`;
      assert.equal(error.message, told);
      return true;
    });
  }
  assert.equal((await publish(second)).stateMachineVersionArn, `${stateMachineArn}:2`);
  const { stateMachineVersions } = await sfn.send(new ListStateMachineVersionsCommand({ stateMachineArn }));
  assert.deepEqual(
    stateMachineVersions?.map(({ stateMachineVersionArn }) => stateMachineVersionArn),
    [`${stateMachineArn}:2`, `${stateMachineArn}:1`],
  );
});

test('the same creation again is the same version; one that asks for another publication is refused', async () => {
  await using sdk = await openSdk();
  const { sfn } = sdk;
  const create = (changes: object) => sfn.send(new CreateStateMachineCommand({ ...machine, ...changes }));
  const published = { publish: true, versionDescription: 'one' };
  const first = await create(published);
  const again = await create(published);
  assert.deepEqual(
    [again.stateMachineVersionArn, again.creationDate],
    [first.stateMachineVersionArn, first.creationDate],
  );
  await assert.rejects(create({ publish: true, versionDescription: 'another' }), StateMachineAlreadyExists);
  await create({ name: 'unpublished' });
  await assert.rejects(create({ name: 'unpublished', publish: true }), StateMachineAlreadyExists);
});

test('executions are started by a version and listed by it, page by page', async () => {
  await using sdk = await openSdk();
  const { sfn } = sdk;
  const { stateMachineArn, stateMachineVersionArn } = await sfn.send(
    new CreateStateMachineCommand({ ...machine, definition: WAITING_DEFINITION, publish: true }),
  );
  await sfn.send(new StartExecutionCommand({ stateMachineArn, name: 'by-machine' }));
  for (const name of ['a', 'b', 'c'])
    await sfn.send(new StartExecutionCommand({ stateMachineArn: stateMachineVersionArn, name }));
  const list = (arn: string | undefined, nextToken?: string) =>
    sfn.send(new ListExecutionsCommand({ stateMachineArn: arn, maxResults: 2, nextToken }));
  const first = await list(stateMachineVersionArn);
  const second = await list(stateMachineVersionArn, first.nextToken);
  const named = [...(first.executions ?? []), ...(second.executions ?? [])];
  assert.deepEqual(
    named.map((execution) => [execution.name, execution.stateMachineArn, execution.stateMachineVersionArn]),
    ['c', 'b', 'a'].map((name) => [name, stateMachineArn, stateMachineVersionArn]),
  );
  assert.equal(second.nextToken, undefined);
  const { executionArn } = named[0] ?? assert.fail('no execution');
  const described = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  assert.equal(described.stateMachineVersionArn, stateMachineVersionArn);
  const itsMachine = await sfn.send(new DescribeStateMachineForExecutionCommand({ executionArn }));
  assert.equal(itsMachine.stateMachineArn, stateMachineArn);
  await assert.rejects(list(`${stateMachineArn}:2`), StateMachineDoesNotExist);
});

test('a deleted version is gone, and deleting it again is no error', async () => {
  await using sdk = await openSdk();
  const { sfn } = sdk;
  const { stateMachineArn, stateMachineVersionArn } = await sfn.send(
    new CreateStateMachineCommand({ ...machine, publish: true }),
  );
  const remove = (arn: string | undefined) =>
    sfn.send(new DeleteStateMachineVersionCommand({ stateMachineVersionArn: arn }));
  await remove(stateMachineVersionArn);
  await remove(stateMachineVersionArn);
  await remove(`${stateMachineArn}:99`);
  for (const unversioned of [stateMachineArn, `${stateMachineArn}:PROD`, 'made-up'])
    await assert.rejects(remove(unversioned), InvalidArn);
  await assertGone(sfn, stateMachineVersionArn);
  const { stateMachineVersions } = await sfn.send(new ListStateMachineVersionsCommand({ stateMachineArn }));
  assert.deepEqual(stateMachineVersions, []);
});

test('a state machine that is not there has no versions', async () => {
  await using sdk = await openSdk();
  const stateMachineArn = 'arn:aws:states:eu-west-1:123456789012:stateMachine:nobodys';
  const { stateMachineVersions } = await sdk.sfn.send(new ListStateMachineVersionsCommand({ stateMachineArn }));
  assert.deepEqual(stateMachineVersions, []);
});

test('a version and an alias cannot be updated in the place of their state machine', async () => {
  await using sdk = await openSdk();
  const { sfn } = sdk;
  const created = await sfn.send(new CreateStateMachineCommand({ ...machine, publish: true }));
  for (const arn of [created.stateMachineVersionArn, `${created.stateMachineArn}:PROD`]) {
    const update = new UpdateStateMachineCommand({ stateMachineArn: arn, definition: revised('second') });
    await assert.rejects(sfn.send(update), StateMachineDoesNotExist);
    await assert.rejects(
      sfn.send(new PublishStateMachineVersionCommand({ stateMachineArn: arn })),
      StateMachineDoesNotExist,
    );
  }
});

async function assertGone(sfn: SFNClient, stateMachineArn: string | undefined): Promise<void> {
  for (const command of [
    () => sfn.send(new StartExecutionCommand({ stateMachineArn })),
    () => sfn.send(new DescribeStateMachineCommand({ stateMachineArn })),
    () => sfn.send(new ListExecutionsCommand({ stateMachineArn })),
  ]) {
    await assert.rejects(command, StateMachineDoesNotExist);
  }
}
