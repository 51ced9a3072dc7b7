import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import {
  ActivityAlreadyExists,
  ActivityDoesNotExist,
  CreateActivityCommand,
  CreateStateMachineCommand,
  DeleteActivityCommand,
  DescribeActivityCommand,
  DescribeExecutionCommand,
  GetActivityTaskCommand,
  GetExecutionHistoryCommand,
  InvalidArn,
  InvalidName,
  ListTagsForResourceCommand,
  paginateListActivities,
  SendTaskSuccessCommand,
  StartExecutionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  ValidationException,
  type SFNClient,
  type Tag,
} from '@aws-sdk/client-sfn';
import { PASSING_DEFINITION, ROLE_ARN } from './open-api.ts';
import { openSdk } from './open-sdk.ts';

async function createActivity(sfn: SFNClient, name: string, tags?: Tag[]): Promise<string> {
  const { activityArn = '' } = await sfn.send(new CreateActivityCommand({ name, tags }));
  return activityArn;
}

const tagsOf = async (sfn: SFNClient, resourceArn: string | undefined) =>
  (await sfn.send(new ListTagsForResourceCommand({ resourceArn }))).tags;

test('tags come with a state machine or an activity, are added, changed and removed', async () => {
  await using sdk = await openSdk();
  const { sfn } = sdk;
  const tags = [
    { key: 'team', value: 'orders' },
    { key: 'Kostenstelle', value: 'Ä 4+2=6 @a_b-c/d:e.f' },
  ];
  const machine = { name: 'orders', definition: PASSING_DEFINITION, roleArn: ROLE_ARN, tags };
  const { stateMachineArn } = await sfn.send(new CreateStateMachineCommand(machine));
  for (const resourceArn of [stateMachineArn, await createActivity(sfn, 'pack', tags)]) {
    assert.deepEqual(await tagsOf(sfn, resourceArn), tags);
    const added = [{ key: 'team', value: 'parcels' }, { key: 'empty' }];
    await sfn.send(new TagResourceCommand({ resourceArn, tags: added }));
    assert.deepEqual(await tagsOf(sfn, resourceArn), [
      { key: 'team', value: 'parcels' },
      tags[1],
      { key: 'empty', value: '' },
    ]);
    await sfn.send(new UntagResourceCommand({ resourceArn, tagKeys: ['Kostenstelle', 'unknown'] }));
    assert.deepEqual(
      (await tagsOf(sfn, resourceArn))?.map(({ key }) => key),
      ['team', 'empty'],
    );
  }
});

test('tags are made of letters, digits, white space and some symbols, and none of them belongs to AWS', async () => {
  await using sdk = await openSdk();
  const { sfn } = sdk;
  const resourceArn = await createActivity(sfn, 'pack');
  const add = (tag: Tag) => sfn.send(new TagResourceCommand({ resourceArn, tags: [tag] }));
  const refused: Tag[] = [
    { key: 'semi;colon', value: '' },
    { key: 'key', value: '<script>' },
    { key: 'aws:cloudformation:stack-name', value: '' },
    { key: '', value: '' },
    { value: 'without a key' },
    { key: 'x'.repeat(129), value: '' },
    { key: 'key', value: 'x'.repeat(257) },
  ];
  for (const tag of refused) await assert.rejects(add(tag), ValidationException);
  await add({ key: 'x'.repeat(128), value: 'x'.repeat(256) });
  assert.equal((await tagsOf(sfn, resourceArn))?.length, 1);
});

test('an activity is created once, described, listed and deleted', async () => {
  await using sdk = await openSdk();
  const { sfn } = sdk;
  const created = await sfn.send(new CreateActivityCommand({ name: 'pack' }));
  const again = await sfn.send(new CreateActivityCommand({ name: 'pack' }));
  assert.deepEqual([again.activityArn, again.creationDate], [created.activityArn, created.creationDate]);
  const encryptionConfiguration = { type: 'CUSTOMER_MANAGED_KMS_KEY', kmsKeyId: 'k' } as const;
  await assert.rejects(
    sfn.send(new CreateActivityCommand({ name: 'pack', encryptionConfiguration })),
    ActivityAlreadyExists,
  );
  await assert.rejects(sfn.send(new CreateActivityCommand({ name: 'a b' })), InvalidName);

  const { activityArn } = created;
  const describe = () => sfn.send(new DescribeActivityCommand({ activityArn }));
  const { $metadata: _metadata, ...described } = await describe();
  assert.deepEqual(described, {
    activityArn,
    name: 'pack',
    creationDate: created.creationDate,
    encryptionConfiguration: { type: 'AWS_OWNED_KEY' },
  });

  for (const name of ['ship', 'invoice']) await createActivity(sfn, name);
  const listed = [];
  for await (const page of paginateListActivities({ client: sfn, pageSize: 2 }, {}))
    listed.push(page.activities?.map(({ name }) => name));
  assert.deepEqual(listed, [['invoice', 'ship'], ['pack']]);

  const remove = (arn: string | undefined) => sfn.send(new DeleteActivityCommand({ activityArn: arn }));
  await remove(activityArn);
  await remove(activityArn);
  await assert.rejects(describe(), ActivityDoesNotExist);
  await assert.rejects(remove('pack'), InvalidArn);
});

/** A state machine that leaves its work to the workers of an activity. */
async function startPacking(sfn: SFNClient, activityArn: string, name: string) {
  const definition = JSON.stringify({
    StartAt: 'Pack',
    States: { Pack: { Type: 'Task', Resource: activityArn, End: true } },
  });
  const { stateMachineArn } = await sfn.send(new CreateStateMachineCommand({ name, definition, roleArn: ROLE_ARN }));
  return sfn.send(new StartExecutionCommand({ stateMachineArn, input: '{"parcel":1}' }));
}

test('a worker that waits gets the task that comes, and its answer ends the task', async () => {
  await using sdk = await openSdk();
  const { sfn } = sdk;
  const activityArn = await createActivity(sfn, 'pack');
  const polled = sfn.send(new GetActivityTaskCommand({ activityArn, workerName: 'early' }));
  const { executionArn } = await startPacking(sfn, activityArn, 'packing');
  const { taskToken, input } = await polled;
  assert.equal(input, '{"parcel":1}');
  await sfn.send(new SendTaskSuccessCommand({ taskToken, output: '"packed"' }));
  const ended = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  assert.deepEqual([ended.status, ended.output], ['SUCCEEDED', '"packed"']);
  const { events } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
  const started = events?.find(({ type }) => type === 'ActivityStarted');
  assert.equal(started?.activityStartedEventDetails?.workerName, 'early');
});

test('a worker that hangs up takes no task with it', async () => {
  await using sdk = await openSdk();
  const { api, sfn } = sdk;
  const activityArn = await createActivity(sfn, 'pack');
  const arrived = new Promise<ServerResponse>((resolve) => {
    api.server.once('request', (_request, response: ServerResponse) => resolve(response));
  });
  const worker = new AbortController();
  const polled = sfn.send(new GetActivityTaskCommand({ activityArn }), { abortSignal: worker.signal });
  const response = await arrived;
  // Long enough for the engine to have been asked, and to wait.
  await new Promise((resolve) => setTimeout(resolve, 20));
  const hungUp = once(response, 'close');
  worker.abort();
  await assert.rejects(polled, { name: 'AbortError' });
  await hungUp;
  await startPacking(sfn, activityArn, 'packing');
  const { input } = await sfn.send(new GetActivityTaskCommand({ activityArn }));
  assert.equal(input, '{"parcel":1}');
});

test('a worker names an activity that is here', async () => {
  await using sdk = await openSdk();
  const { sfn } = sdk;
  const activityArn = await createActivity(sfn, 'pack');
  const poll = (request: { activityArn: string; workerName?: string }) => sfn.send(new GetActivityTaskCommand(request));
  await assert.rejects(poll({ activityArn: `${activityArn}2` }), ActivityDoesNotExist);
  await assert.rejects(poll({ activityArn: 'pack' }), InvalidArn);
  await assert.rejects(poll({ activityArn, workerName: 'a b' }), InvalidName);
});
