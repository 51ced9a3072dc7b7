import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourcesOf, synthesise } from './synthesised.ts';

const template = synthesise();
const withKey = synthesise({ ownKey: true, mail: { from: 'orders@example.com' } });
const [[key, keyResource] = assert.fail('there is no key')] = resourcesOf(withKey, 'AWS::KMS::Key');
const KEY_ARN = { 'Fn::GetAtt': [key, 'Arn'] };

test('without a setting there is no key to pay for, and all functions share what the account has', () => {
  assert.deepEqual(resourcesOf(template, 'AWS::KMS::Key'), []);
  for (const [, { Properties }] of resourcesOf(template, 'AWS::Lambda::Function')) {
    assert.equal(Properties['ReservedConcurrentExecutions'], undefined);
  }
});

test("the account's own key changes by itself, and outlives the stack as what it has encrypted does", () => {
  assert.equal(keyResource.Properties['EnableKeyRotation'], true);
  assert.equal(keyResource.DeletionPolicy, 'Retain');
});

test('it encrypts tokens and records, every log, and what links are signed with', () => {
  const encryptions = resourcesOf(withKey, 'AWS::S3::Bucket').map(([id, { Properties }]) => [
    id.replace(/[0-9A-F]{8}$/v, ''),
    JSON.stringify(Properties['BucketEncryption']).includes(JSON.stringify(KEY_ARN)),
  ]);
  assert.deepEqual(Object.fromEntries(encryptions), {
    ConfirmationsStoreBucket: true,
    // Amazon S3 delivers access logs to no bucket with a key of KMS.
    ConfirmationsStoreAccessLog: false,
  });
  const logs = resourcesOf(withKey, 'AWS::Logs::LogGroup');
  assert.equal(logs.length, resourcesOf(withKey, 'AWS::Lambda::Function').length + 2);
  for (const [id, { Properties }] of logs) assert.deepEqual(Properties['KmsKeyId'], KEY_ARN, id);
  for (const [, { Properties }] of resourcesOf(withKey, 'AWS::SecretsManager::Secret')) {
    assert.deepEqual(Properties['KmsKeyId'], KEY_ARN);
  }
});

test('CloudWatch Logs may use it for the logs of this account alone', () => {
  const { Statement } = keyResource.Properties['KeyPolicy'] as { Statement: Record<string, unknown>[] };
  const logs = Statement.find(({ Principal }) => JSON.stringify(Principal).includes('logs.'));
  assert.match(JSON.stringify(logs?.['Condition']), /ArnLike.*aws:logs:arn.*AWS::AccountId.*:log-group:\*/v);
});

test('whoever reads and writes tokens and records may use it, and those that do not may not', () => {
  const users = resourcesOf(withKey, 'AWS::IAM::Policy').flatMap(([, { Properties }]) => {
    const { Statement } = Properties['PolicyDocument'] as { Statement: { Action: unknown; Resource: unknown }[] };
    const isUser = Statement.some(
      ({ Action, Resource }) =>
        JSON.stringify(Action) === '["kms:Decrypt","kms:GenerateDataKey"]' &&
        JSON.stringify(Resource) === JSON.stringify(KEY_ARN),
    );
    return isUser
      ? (Properties['Roles'] as { Ref: string }[]).map(({ Ref }) => Ref.replace(/Role[0-9A-F]{8}$/v, ''))
      : [];
  });
  assert.deepEqual(users.sort(), [
    'ApiFunction',
    'ConfirmationsCheckDeadline',
    'ConfirmationsReconcilerFunction',
    'ConfirmationsStoreTaskToken',
  ]);
});

test('each function has as much concurrency for itself as was said, and the reconciler runs alone', () => {
  const reserved = resourcesOf(synthesise({ reservedConcurrency: 20 }), 'AWS::Lambda::Function').map(
    ([id, { Properties }]) => [id.replace(/[0-9A-F]{8}$/v, ''), Properties['ReservedConcurrentExecutions']],
  );
  assert.deepEqual(Object.fromEntries(reserved), {
    ApiFunction: 20,
    CompleteOrderFunction: 20,
    ConfirmationsCheckDeadline: 20,
    ConfirmationsReconcilerFunction: 1,
    ConfirmationsStoreTaskToken: 20,
    ProcessOrderFunction: 20,
  });
});

test('the gateway gives up after 30 seconds, so its function has given up before', () => {
  const targets = resourcesOf(template, 'AWS::ApiGatewayV2::Integration').map(([, one]) => JSON.stringify(one));
  assert.ok(targets.length > 0);
  const behind = resourcesOf(template, 'AWS::Lambda::Function').filter(([id]) =>
    targets.some((target) => target.includes(`"${id}"`)),
  );
  assert.equal(behind.length, 1);
  for (const [id, { Properties }] of behind) assert.ok(Number(Properties['Timeout']) < 30, id);
});
