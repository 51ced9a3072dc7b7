import { Duration } from 'aws-cdk-lib';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSettings } from '../src/settings.ts';

const read = (context: Record<string, unknown>, environment: Record<string, string> = {}) =>
  readSettings({ tryGetContext: (name: string): unknown => context[name] }, environment);

test('without settings there is one stack, for any account', () => {
  assert.deepEqual(read({}), { stackName: 'CountersignOrders' });
});

test('settings come as texts from the command line, and as numbers from a file', () => {
  for (const days of ['0.5', 0.5]) {
    const { confirmationDeadline } = read({ confirmationDeadlineDays: days });
    assert.equal(confirmationDeadline?.toSeconds(), Duration.hours(12).toSeconds());
  }
});

test('the account and the region are those of whoever deploys', () => {
  const given = { CDK_DEFAULT_ACCOUNT: '123456789012', CDK_DEFAULT_REGION: 'eu-west-1' };
  assert.deepEqual(read({}, given).env, { account: '123456789012', region: 'eu-west-1' });
});

test('what a careful deployment sets comes as texts as well', () => {
  const alarmTopicArn = 'arn:aws:sns:eu-west-1:123456789012:alarms';
  const expected = { stackName: 'CountersignOrders', ownKey: true, reservedConcurrency: 20, alarmTopicArn };
  assert.deepEqual(read({ kms: 'true', reservedConcurrency: '20', alarmTopicArn }), expected);
  assert.deepEqual(read({ kms: true, reservedConcurrency: 20, alarmTopicArn }), expected);
  assert.deepEqual(read({ kms: 'false' }), read({}));
});

test('orders are processed by a function, or as long tasks', () => {
  assert.equal(read({ longTasks: 'none' }).longTasks, undefined);
  assert.equal(read({ longTasks: 'batch' }).longTasks, 'batch');
  assert.equal(read({ longTasks: 'fargate' }).longTasks, 'fargate');
});

test('a setting that cannot be is refused, with what was given', () => {
  assert.throws(() => read({ confirmationDeadlineDays: 'soon' }), /greater than 0, not "soon"/);
  assert.throws(() => read({ confirmationDeadlineDays: '-1' }), /greater than 0, not "-1"/);
  assert.throws(
    () => read({ stackName: { name: 'x' } }),
    /stackName is a text, a number or true or false, not \{"name":"x"\}/,
  );
  for (const stackName of ['2nd', 'Orders_2', 'Ördnung', 'x'.repeat(129)])
    assert.throws(() => read({ stackName }), { name: 'WrongSetting', message: /letters, digits and hyphens/ });
  for (const groupAddresses of ['{"managers":["m@example.com"]}', { managers: null }]) {
    const given = { mailFrom: 'orders@example.com', groupAddresses };
    assert.throws(() => read(given), /groupAddresses has one address for each name, such as \{.*, not \{"managers":/);
  }
  assert.throws(() => read({ kms: 'yes' }), /kms is true or false, not "yes"/);
  for (const each of ['0', '-1', '2.5', 'many']) {
    assert.throws(() => read({ reservedConcurrency: each }), /whole number greater than 0/, each);
  }
  for (const arn of ['alarms', 'arn:aws:sns:eu-west-1:1:alarms', 'arn:aws:sns:eu-west-1:123456789012:alarms.fifo']) {
    assert.throws(() => read({ alarmTopicArn: arn }), /alarmTopicArn is of a standard SNS topic/, arn);
  }
  assert.throws(() => read({ longTasks: 'ec2' }), /longTasks is batch, fargate or none, not "ec2"/);
  assert.throws(() => read({ jwtIssuer: 'https://id.example.com' }), /give both, or neither/);
  assert.throws(() => read({ console: 'yes' }), /console is true or false, not "yes"/);
  const jwt = { jwtIssuer: 'https://id.example.com', jwtAudience: 'orders' };
  assert.throws(() => read({ ...jwt, console: true }), /leave jwtIssuer out/);
  assert.deepEqual(read({ ...jwt, console: false }).jwt, { issuer: jwt.jwtIssuer, audience: jwt.jwtAudience });
});
