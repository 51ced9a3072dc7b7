import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryExecutionStore, openEngine, SteppedClock, type Engine, type Tag } from '../src/index.ts';

const roleArn = 'arn:aws:iam::000000000000:role/r';
const definition = JSON.stringify({ StartAt: 'Done', States: { Done: { Type: 'Succeed' } } });

function open(): Engine {
  return openEngine({
    store: memoryExecutionStore(),
    taskHandler: () => new Promise(() => {}),
    clock: new SteppedClock(),
    region: 'us-east-1',
    accountId: '000000000000',
  });
}

const tags = (...keys: string[]): Tag[] => keys.map((key) => ({ key, value: `of ${key}` }));

test('a resource has at most 50 tags; one too many adds none of those that come with it', async () => {
  const engine = open();
  const fifty = Array.from({ length: 50 }, (_, number) => `key-${number}`);
  const { activityArn } = await engine.createActivity({ name: 'pack', tags: tags(...fifty) });
  await engine.tagResource({ resourceArn: activityArn, tags: [{ key: 'key-0', value: 'new' }] });
  await assert.rejects(engine.tagResource({ resourceArn: activityArn, tags: tags('key-1', 'another') }), {
    name: 'TooManyTags',
    fields: { resourceName: activityArn },
  });
  const listed = engine.listTagsForResource(activityArn);
  assert.deepEqual([listed.length, listed[0]], [50, { key: 'key-0', value: 'new' }]);
  const never = { name: 'never', definition, roleArn, tags: tags(...fifty, 'another') };
  await assert.rejects(engine.createActivity(never), { name: 'TooManyTags' });
  await assert.rejects(engine.createStateMachine(never), { name: 'TooManyTags' });
  assert.deepEqual(engine.listStateMachines({}).items, []);
  assert.equal(engine.listActivities({}).items.length, 1);
  await engine.close();
});

test('creating once more what is there leaves its tags as they are', async () => {
  const engine = open();
  const machine = { name: 'orders', definition, roleArn };
  const { stateMachineArn } = await engine.createStateMachine({ ...machine, tags: tags('first') });
  await engine.createStateMachine({ ...machine, roleArn: `${roleArn}2`, tags: tags('second') });
  assert.deepEqual(engine.listTagsForResource(stateMachineArn), tags('first'));
  assert.equal(engine.describeStateMachine(stateMachineArn).roleArn, roleArn);
  const { activityArn } = await engine.createActivity({ name: 'pack', tags: tags('first') });
  await engine.createActivity({ name: 'pack', tags: tags('second') });
  assert.deepEqual(engine.listTagsForResource(activityArn), tags('first'));
  await engine.close();
});

test('only a state machine and an activity that are here can be tagged', async () => {
  const engine = open();
  const { stateMachineArn } = await engine.createStateMachine({ name: 'orders', definition, roleArn, publish: true });
  const { activityArn } = await engine.createActivity({ name: 'pack' });
  const add = (resourceArn: string): Promise<void> => engine.tagResource({ resourceArn, tags: tags('a') });
  const elsewhere = activityArn.replace('us-east-1', 'eu-west-1');
  for (const unknown of [`${stateMachineArn}:1`, `${stateMachineArn}2`, `${activityArn}2`, elsewhere]) {
    await assert.rejects(add(unknown), { name: 'ResourceNotFound', fields: { resourceName: unknown } });
  }
  for (const wrong of ['orders', stateMachineArn.replace('stateMachine', 'execution'), `${activityArn}:1`])
    await assert.rejects(add(wrong), { name: 'InvalidArn' });
  await engine.close();
});

test('an activity that is made anew under its name begins without tags', async () => {
  const engine = open();
  const { activityArn } = await engine.createActivity({ name: 'pack', tags: tags('a') });
  await engine.deleteActivity(activityArn);
  await engine.deleteActivity(activityArn);
  assert.throws(() => engine.describeActivity(activityArn), { name: 'ActivityDoesNotExist' });
  await assert.rejects(engine.getActivityTask({ activityArn }), { name: 'ActivityDoesNotExist' });
  await engine.createActivity({ name: 'pack' });
  assert.deepEqual(engine.listTagsForResource(activityArn), []);
  await engine.close();
});

test('an activity keeps the encryption that it was made with', async () => {
  const engine = open();
  const encryptionConfiguration = { type: 'CUSTOMER_MANAGED_KMS_KEY', kmsKeyId: 'k' };
  const { activityArn } = await engine.createActivity({ name: 'pack', encryptionConfiguration });
  assert.deepEqual(engine.describeActivity(activityArn).encryptionConfiguration, encryptionConfiguration);
  await engine.createActivity({ name: 'pack', encryptionConfiguration });
  await assert.rejects(engine.createActivity({ name: 'pack' }), { name: 'ActivityAlreadyExists' });
  await engine.close();
});
