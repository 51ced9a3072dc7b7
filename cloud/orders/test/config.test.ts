import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readApiConfig, readStoreConfig } from '../src/config.ts';

test('a function reads what it needs from its environment', () => {
  const environment = { TASK_TOKEN_BUCKET: 'bucket', STATE_MACHINE_ARN: 'arn' };
  assert.deepEqual(readStoreConfig(environment), { taskTokenBucket: 'bucket' });
  assert.deepEqual(readApiConfig(environment), { taskTokenBucket: 'bucket', stateMachineArn: 'arn' });
});

test('all that is missing is named in one message', () => {
  assert.throws(() => readApiConfig({ TASK_TOKEN_BUCKET: '' }), {
    message: 'environment variables missing: TASK_TOKEN_BUCKET, STATE_MACHINE_ARN',
  });
});
