import { CfnResource, Validations } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { OrderApprovalStack, type OrderApprovalStackProps } from '../src/order-approval-stack.ts';
import { appWithoutBundles } from './synthesised.ts';

test("cdk-nag's AwsSolutions finds nothing that is not acknowledged with a reason", (t) => {
  assert.deepEqual(findings(t), []);
});

const SETTINGS: readonly (readonly [when: string, props: OrderApprovalStackProps])[] = [
  ['mails are sent', { mail: { from: 'orders@example.com' } }],
  ['the account has a key of its own', { ownKey: true }],
  ['that key also encrypts what links are signed with', { ownKey: true, mail: { from: 'orders@example.com' } }],
  ['concurrency is set aside', { reservedConcurrency: 5 }],
  ['alarms are heard', { alarmTopicArn: 'arn:aws:sns:eu-west-1:123456789012:alarms' }],
  ['orders are processed as jobs', { longTasks: 'batch' }],
  ['orders are processed as tasks of ECS', { longTasks: 'fargate', ownKey: true }],
  ['the console is on CloudFront', { console: true }],
  ['others give the tokens', { jwt: { issuer: 'https://id.example.com', audience: 'orders' } }],
];

for (const [when, props] of SETTINGS) {
  test(`nor does it where ${when}`, (t) => {
    assert.deepEqual(
      findings(t, () => {}, props),
      [],
    );
  });
}

test('the check itself finds a bucket that can be read in plain text', (t) => {
  const rules = findings(t, (stack) => new Bucket(stack, 'Careless'));
  assert.ok(rules.includes('AwsSolutions-S10'), rules.join(', '));
});

test('and a property that CloudFormation does not know', (t) => {
  const careless = (stack: OrderApprovalStack) =>
    new CfnResource(stack, 'Careless', { type: 'AWS::SNS::Topic', properties: { Colour: 'red' } });
  assert.deepEqual(findings(t, careless), ['CloudFormation-Validate::F3002']);
});

/** The rules that the stack breaks, as a failing synthesis names them. */
function findings(
  t: TestContext,
  addTo: (stack: OrderApprovalStack) => unknown = () => {},
  props: OrderApprovalStackProps = {},
): string[] {
  const said: string[] = [];
  t.mock.method(console, 'error', (line: string) => said.push(line));
  const app = appWithoutBundles({ builtinCloudFormationValidation: true });
  addTo(new OrderApprovalStack(app, 'Orders', props));
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  try {
    app.synth();
  } catch (error) {
    assert.match(String(error), /Validation failed/);
    const rules = said.join('\n').matchAll(/AwsSolutions-[A-Z]+\d+|CloudFormation-Validate::\w+/g);
    return [...new Set(Array.from(rules, ([rule]) => rule))];
  }
  return [];
}
