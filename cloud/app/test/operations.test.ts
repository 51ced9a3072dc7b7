import type { Template } from 'aws-cdk-lib/assertions';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { joined, resourcesOf, synthesise } from './synthesised.ts';

const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:alarms';
const template = synthesise();
const mailing = synthesise({ mail: { from: 'orders@example.com' } });

interface AlarmProperties {
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
  readonly Metrics?: readonly { readonly Expression?: string; readonly MetricStat?: { readonly Metric: object } }[];
  readonly TreatMissingData?: string;
  readonly AlarmActions?: readonly unknown[];
  readonly OKActions?: readonly unknown[];
}

interface RuleProperties {
  readonly ScheduleExpression?: string;
  readonly Targets: readonly {
    readonly Arn: { readonly 'Fn::GetAtt': [string, string] };
    readonly RetryPolicy: object;
  }[];
}

const WAITING: ReadonlySet<unknown> = new Set(['apigateway.amazonaws.com', 'secretsmanager.amazonaws.com']);

function alarmsOf(of: Template): AlarmProperties[] {
  return resourcesOf(of, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties as AlarmProperties);
}

/** The text of the dashboard as CloudWatch gets it; what CloudFormation puts in stands as `<LogicalId>`. */
function dashboardOf(of: Template): { widgets: { properties: { title: string; metrics?: unknown[] } }[] } {
  const [[, dashboard] = []] = resourcesOf(of, 'AWS::CloudWatch::Dashboard');
  return JSON.parse(joined(dashboard?.Properties['DashboardBody'])) as ReturnType<typeof dashboardOf>;
}

test('an alarm is raised when a function fails or finds no room, whichever function it is', () => {
  for (const made of [template, mailing]) {
    const functions = resourcesOf(made, 'AWS::Lambda::Function').map(([id]) => id);
    for (const metric of ['Errors', 'Throttles']) {
      const watched = alarmsOf(made).flatMap(({ Namespace, MetricName, Dimensions = [] }) =>
        Namespace === 'AWS/Lambda' && MetricName === metric ? Dimensions.map(({ Value }) => joined(Value)) : [],
      );
      assert.deepEqual(watched.sort(), functions.map((id) => `<${id}>`).sort(), metric);
    }
  }
});

test('an alarm is raised for executions that fail or time out, for 5xx, and for what did not reach its goal', () => {
  const alarms = alarmsOf(template);
  const single = alarms.map(({ Namespace, MetricName }) => `${Namespace} ${MetricName}`);
  for (const metric of ['AWS/States ExecutionsFailed', 'AWS/States ExecutionsTimedOut', 'AWS/ApiGateway 5xx']) {
    assert.ok(single.includes(metric), metric);
  }
  // Both services may count it: what is decided at a deadline is told by another function than what people decide.
  const sums = alarms.flatMap(({ Metrics }) => (Metrics === undefined ? [] : [JSON.stringify(Metrics)]));
  for (const metric of ['DecisionsUndelivered', 'NoticesFailed']) {
    const sum = sums.find((text) => text.includes(metric)) ?? '';
    assert.match(sum, /"FILL\(\w+0, 0\) \+ FILL\(\w+1, 0\)"/, metric);
    assert.match(sum, /"orders".*"confirmations"/, metric);
  }
});

test('an event is tried for a day, and an alarm tells if it was lost; of those that come again, if none has come', () => {
  const stacks = [template, mailing, synthesise({ longTasks: 'batch' }), synthesise({ longTasks: 'fargate' })];
  const schedules: string[] = [];
  for (const stack of stacks) {
    // Who calls functions: APIs and rotations wait for the answer. Whoever else comes has to be looked at here.
    const callers = resourcesOf(stack, 'AWS::Lambda::Permission').map(([, { Properties }]) => Properties['Principal']);
    assert.deepEqual(
      [...new Set(callers)].filter((caller) => !WAITING.has(caller)),
      ['events.amazonaws.com'],
    );
    for (const [id, { Properties }] of resourcesOf(stack, 'AWS::Events::Rule')) {
      const { Targets, ScheduleExpression } = Properties as unknown as RuleProperties;
      const watched = alarmsOf(stack).map(({ MetricName, Dimensions = [] }) =>
        [MetricName, ...Dimensions.map(({ Value }) => joined(Value))].join(' '),
      );
      for (const { Arn, RetryPolicy } of Targets) {
        const [called] = Arn['Fn::GetAtt'];
        if (ScheduleExpression === undefined) {
          assert.deepEqual(RetryPolicy, { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 }, id);
          for (const alarm of [`AsyncEventsDropped <${called}>`, `FailedInvocations <${id}>`])
            assert.ok(watched.includes(alarm), alarm);
        } else {
          schedules.push(called);
          const silence = alarmsOf(stack).find(({ MetricName }) => MetricName === 'OldestPendingSeconds');
          assert.equal(silence?.TreatMissingData, 'breaching');
        }
      }
    }
  }
  assert.deepEqual(
    new Set(schedules.map((id) => id.replace(/[\dA-F]{8}$/v, ''))),
    new Set(['ConfirmationsReconcilerFunction']),
  );
});

test('alarms go to the topic that was given, those of the reconciler as well, and to nobody otherwise', () => {
  for (const { AlarmActions, OKActions } of alarmsOf(template)) {
    assert.deepEqual([AlarmActions, OKActions], [undefined, undefined]);
  }
  const heard = alarmsOf(synthesise({ alarmTopicArn: TOPIC }));
  assert.equal(heard.length, alarmsOf(template).length);
  assert.ok(heard.some(({ MetricName }) => MetricName === 'OldestPendingSeconds'));
  for (const { AlarmActions, OKActions } of heard) assert.deepEqual([AlarmActions, OKActions], [[TOPIC], [TOPIC]]);
});

test('the dashboard shows how confirmations go, how long people take, and whatever fails', () => {
  const text = JSON.stringify(dashboardOf(template));
  for (const metric of [
    'OrdersAccepted',
    'ConfirmationsRequested',
    'ConfirmationsConfirmed',
    'ConfirmationsRejected',
    'ConfirmationsExpired',
    'ConfirmationsWithdrawn',
    'SecondsToDecide',
    'OldestPendingSeconds',
    'ExecutionsFailed',
    'ExecutionsTimedOut',
    '4xx',
    '5xx',
    'Latency',
    'Errors',
    'Throttles',
  ]) {
    assert.ok(text.includes(`"${metric}"`), metric);
  }
});

test('every metric of ours on it is one that a function sends', () => {
  const handlers = join(import.meta.dirname, '../../confirmations/src');
  const sources = ['observe.ts', 'handlers/reconcile.ts'].map((file) => readFileSync(join(handlers, file), 'utf8'));
  const sent = sources.join('\n').matchAll(/'([A-Z][A-Za-z]+)'/g);
  const names = new Set(Array.from(sent, ([, name]) => name));
  const shown = [...JSON.stringify(dashboardOf(template)).matchAll(/"Countersign","(\w+)"/g)].map(([, name]) => name);
  assert.ok(shown.length > 10);
  assert.deepEqual(
    shown.filter((name) => !names.has(name)),
    [],
  );
});
