import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readApiConfig } from '../src/config.ts';

test('the API reads what it needs from its environment', () => {
  const environment = {
    STATE_MACHINE_ARN: 'arn',
    CONFIRMATION_POLICY: '{"owner":"managers"}',
    PERSON_CLAIM: 'email',
    LONG_TASKS_BUCKET: 'long-tasks',
  };
  assert.deepEqual(readApiConfig(environment), {
    stateMachineArn: 'arn',
    policy: { owner: 'managers' },
    personClaim: 'email',
    longTasksBucket: 'long-tasks',
  });
  assert.deepEqual(readApiConfig({ STATE_MACHINE_ARN: 'arn' }).policy, {});
});

test('what is missing is named, and a policy that is none is refused', () => {
  assert.throws(() => readApiConfig({}), { message: 'environment variables missing: STATE_MACHINE_ARN' });
  assert.throws(() => readApiConfig({ STATE_MACHINE_ARN: 'arn', CONFIRMATION_POLICY: '{"stages":[]}' }), /\/stages/);
});
