/* oxlint-disable no-new -- a construct is made for what it adds to its scope */
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { DefinitionBody, Pass, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AnswerFromEvents,
  Confirmations,
  ConfirmationsApi,
  Operations,
  SignedInApi,
  WaitForConfirmation,
} from '../src/index.ts';

/** A workflow that has nothing to do with orders, behind the API that every workflow can have. */
function refunds(add: (stack: Stack, confirmations: Confirmations) => void = () => undefined): Template {
  const app = new App({ builtinCloudFormationValidation: false, context: { 'aws:cdk:bundling-stacks': [] } });
  const stack = new Stack(app, 'Refunds');
  const confirmations = new Confirmations(stack, 'Confirmations');
  const wait = new WaitForConfirmation(stack, 'Wait', {
    confirmations,
    owner: 'treasury',
    deadline: Duration.days(1),
    confirmed: new Pass(stack, 'Paid'),
    rejected: new Pass(stack, 'Refused'),
    expired: new Pass(stack, 'Late'),
  });
  const stateMachine = new StateMachine(stack, 'Machine', { definitionBody: DefinitionBody.fromChainable(wait) });
  const api = new SignedInApi(stack, 'Api', { path: '/confirmations' });
  new ConfirmationsApi(stack, 'ConfirmationsApi', { confirmations, api, stateMachines: [stateMachine] });
  add(stack, confirmations);
  new Operations(stack, 'Operations', { api, stateMachine });
  return Template.fromStack(stack);
}

test('any workflow can be looked after: what is counted by one service is looked for in that one', () => {
  const template = refunds();
  template.resourceCountIs('AWS::CloudWatch::Dashboard', 1);
  const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm')) as {
    Properties: { Metrics?: { Expression?: string; MetricStat?: { Metric: { Dimensions: object[] } } }[] };
  }[];
  const sums = alarms.flatMap(({ Properties }) => (Properties.Metrics === undefined ? [] : [Properties.Metrics]));
  assert.equal(sums.length, 2);
  for (const metrics of sums) {
    const [{ Expression } = {}] = metrics.filter((one) => one.Expression !== undefined);
    assert.match(Expression ?? '', /^FILL\(\w+, 0\)$/v);
    const services = metrics.flatMap(({ MetricStat }) => MetricStat?.Metric.Dimensions ?? []);
    assert.deepEqual(services, [{ Name: 'service', Value: 'confirmations' }]);
  }
});

test('each of its functions has an alarm of its own, by a name that tells which it is', () => {
  const alarms = Object.values(refunds().findResources('AWS::CloudWatch::Alarm')) as {
    Properties: { AlarmDescription: string };
  }[];
  const failing = alarms.flatMap(({ Properties }) => /^(\w+) has failed/v.exec(Properties.AlarmDescription)?.[1] ?? []);
  assert.deepEqual(failing.sort(), [
    'ConfirmationsApiApi',
    'ConfirmationsCheckDeadline',
    'ConfirmationsReconcilerFunction',
    'ConfirmationsStoreTaskToken',
  ]);
});

test('events that are answers have alarms for those that are lost; on a bus of their own for those that Lambda has taken', () => {
  const answers = { eventPattern: { source: ['bank'] }, confirmationId: '$.detail.id', from: 'bank' };
  const template = refunds((stack, confirmations) => {
    const shared = { confirmations, stateMachines: [], decision: 'confirm', ...answers } as const;
    new AnswerFromEvents(stack, 'Received', shared);
    new AnswerFromEvents(stack, 'Booked', { ...shared, eventBus: EventBus.fromEventBusName(stack, 'Bank', 'bank') });
  });
  const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm')) as {
    Properties: { AlarmDescription: string; MetricName?: string };
  }[];
  const lost = alarms.flatMap(({ Properties: { AlarmDescription, MetricName = '' } }) =>
    ['AsyncEventsDropped', 'FailedInvocations'].includes(MetricName)
      ? [`${MetricName} ${/ (\w+Rule) /v.exec(AlarmDescription)?.[1]}`]
      : [],
  );
  assert.deepEqual(lost.sort(), [
    'AsyncEventsDropped BookedRule',
    'AsyncEventsDropped ReceivedRule',
    'FailedInvocations ReceivedRule',
  ]);
});
