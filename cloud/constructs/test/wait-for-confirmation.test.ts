import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { DefinitionBody, StateMachine, Succeed } from 'aws-cdk-lib/aws-stepfunctions';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TaskTokenStore, WaitForConfirmation } from '../src/index.ts';

/** Somebody's own workflow, around a wait of ours. */
function refundsStack(deadline: Duration): Stack {
  const stack = new Stack(new App(), 'Refunds');
  const [storeTaskToken, closeConfirmation] = ['Store', 'Close'].map(
    (id) =>
      new LambdaFunction(stack, id, {
        code: Code.fromInline('exports.handler = async () => {}'),
        handler: 'index.handler',
        runtime: Runtime.NODEJS_24_X,
      }),
  );
  assert.ok(storeTaskToken !== undefined && closeConfirmation !== undefined);
  const wait = new WaitForConfirmation(stack, 'Approval', {
    storeTaskToken,
    closeConfirmation,
    deadline,
    confirmed: new Succeed(stack, 'Refunded'),
    rejected: new Succeed(stack, 'Kept'),
    expired: new Succeed(stack, 'Forgotten'),
  });
  const machine = new StateMachine(stack, 'Machine', { definitionBody: DefinitionBody.fromChainable(wait) });
  const store = new TaskTokenStore(stack, 'Store2', { longestWait: deadline });
  store.grantOpenWaits(storeTaskToken);
  store.grantDecide(closeConfirmation);
  assert.ok(machine.stateMachineArn !== '');
  return stack;
}

test('a wait can be built into a workflow that has nothing to do with orders', () => {
  const template = Template.fromStack(refundsStack(Duration.days(10)));
  const [machine] = Object.values(template.findResources('AWS::StepFunctions::StateMachine'));
  const text = JSON.stringify(machine);
  assert.match(text, /lambda:invoke\.waitForTaskToken/);
  assert.match(text, /\\"TimeoutSeconds\\":864000/);
  for (const state of ['Refunded', 'Kept', 'Forgotten']) assert.ok(text.includes(`\\"${state}\\"`), state);
});

test('a deadline that Step Functions would cut short is refused when the app is synthesised', () => {
  assert.throws(() => refundsStack(Duration.days(365)), /from a second to 364 days, not 365 days/);
  assert.throws(() => refundsStack(Duration.millis(0)), /from a second to 364 days/);
});
