import type { Template } from 'aws-cdk-lib/assertions';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { definitionIn, joined, resourcesOf, synthesise } from './synthesised.ts';

const onBatch = synthesise({ longTasks: 'batch' });
const onFargate = synthesise({ longTasks: 'fargate' });
const BOTH: readonly (readonly [name: string, template: Template])[] = [
  ['jobs of AWS Batch', onBatch],
  ['tasks of ECS', onFargate],
];

/** The properties of the one resource of a type. */
function only(template: Template, type: string): Readonly<Record<string, unknown>> {
  const found = resourcesOf(template, type);
  assert.equal(found.length, 1, type);
  return found[0]?.[1].Properties ?? {};
}

/** By the beginning of its logical id: each action that the policies of a role name. */
function actionsOf(template: Template, role: string): string[] {
  return resourcesOf(template, 'AWS::IAM::Policy').flatMap(([, { Properties }]) => {
    const { Roles, PolicyDocument } = Properties as {
      Roles: { Ref: string }[];
      PolicyDocument: { Statement: { Action: string | string[] }[] };
    };
    if (!Roles.some(({ Ref }) => Ref.startsWith(role))) return [];
    return PolicyDocument.Statement.flatMap(({ Action }) => Action);
  });
}

test('without the setting there is no network to look after, no cluster and no queue', () => {
  const types = Object.values(synthesise().toJSON()['Resources'] as Record<string, { Type: string }>);
  assert.deepEqual(
    types.filter(({ Type }) => /::(?:EC2|ECS|Batch)::/v.test(Type)),
    [],
  );
});

for (const [name, template] of BOTH) {
  test(`${name}: nobody can connect to a container, and it calls out by TLS alone`, () => {
    assert.deepEqual(resourcesOf(template, 'AWS::EC2::SecurityGroupIngress'), []);
    const { SecurityGroupIngress, SecurityGroupEgress } = only(template, 'AWS::EC2::SecurityGroup');
    assert.equal(SecurityGroupIngress, undefined);
    assert.partialDeepStrictEqual(SecurityGroupEgress, [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443 }]);
    assert.deepEqual(resourcesOf(template, 'AWS::EC2::NatGateway'), [], 'nothing is paid for while nothing runs');
    assert.equal((SecurityGroupEgress as object[]).length, 1);
  });

  test(`${name}: the API shows progress and may read nothing else of long tasks`, () => {
    const [, { Properties } = assert.fail('there is no API')] =
      resourcesOf(template, 'AWS::Lambda::Function').find(([id]) => id.startsWith('ApiFunction')) ?? [];
    assert.ok(JSON.stringify(Properties['Environment']).includes('LONG_TASKS_BUCKET'));
    const policies = resourcesOf(template, 'AWS::IAM::Policy').filter(([, policy]) =>
      JSON.stringify(policy.Properties['Roles']).includes('ApiFunctionRole'),
    );
    assert.ok(!JSON.stringify(policies).includes('/attempts/*'), 'tokens are there');
  });

  test(`${name}: a failed one raises an alarm`, () => {
    const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm').filter(
      ([, { Properties }]) => Properties['MetricName'] === 'LongTasksFailed',
    );
    assert.equal(alarms.length, 1);
  });

  test(`${name}: inputs and tokens are private, and gone after a month`, () => {
    const [, { Properties } = assert.fail('there is no bucket')] =
      resourcesOf(template, 'AWS::S3::Bucket').find(([id]) => id.startsWith('LongTasksBucket')) ?? [];
    assert.partialDeepStrictEqual(Properties, {
      LifecycleConfiguration: { Rules: [{ ExpirationInDays: 30, Status: 'Enabled' }] },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
    });
    assert.ok(Properties['LoggingConfiguration'] !== undefined);
  });
}

test('a job has a read-only root, ends when it takes too long, and is tried again when its machine was lost', () => {
  const { ContainerProperties, RetryStrategy, Timeout, PlatformCapabilities } = only(
    onBatch,
    'AWS::Batch::JobDefinition',
  );
  assert.partialDeepStrictEqual(ContainerProperties, {
    ReadonlyRootFilesystem: true,
    RuntimePlatform: { CpuArchitecture: 'ARM64' },
  });
  assert.deepEqual(PlatformCapabilities, ['FARGATE']);
  assert.deepEqual(Timeout, { AttemptDurationSeconds: 24 * 60 * 60 });
  const { Attempts, EvaluateOnExit } = RetryStrategy as { Attempts: number; EvaluateOnExit: object[] };
  assert.equal(Attempts, 3);
  assert.ok(EvaluateOnExit.length <= 5, 'AWS Batch takes five');
  assert.deepEqual(EvaluateOnExit.at(0), { Action: 'RETRY', OnStatusReason: 'Host EC2*' });
  assert.deepEqual(EvaluateOnExit.at(-1), { Action: 'EXIT', OnReason: '*' });
});

test('a job gets its input and gives its result by S3, and its state outlasts its attempts', () => {
  const { States } = definitionIn(onBatch);
  const { ProcessOrderInput, ProcessOrder, ProcessOrderResult } = States;
  assert.deepEqual(
    [ProcessOrderInput, ProcessOrder, ProcessOrderResult].map((state) => [state?.Resource, state?.Next]),
    [
      ['arn:<AWS::Partition>:states:::aws-sdk:s3:putObject', 'ProcessOrder'],
      ['arn:<AWS::Partition>:states:::batch:submitJob.sync', 'ProcessOrderResult'],
      ['arn:<AWS::Partition>:states:::aws-sdk:s3:getObject', 'WaitForConfirmation'],
    ],
  );
  assert.ok((ProcessOrder?.TimeoutSeconds ?? 0) > 3 * 24 * 60 * 60);
  const retried = ProcessOrder?.Retry?.flatMap(({ ErrorEquals }) => ErrorEquals) ?? [];
  assert.ok(
    !retried.includes('States.TaskFailed') && !retried.includes('States.ALL'),
    'a job that has failed has failed',
  );
});

test('the state machine may end the job of an execution that is stopped, and submits no other job', () => {
  const actions = actionsOf(onBatch, 'OrderStateMachineRole');
  for (const action of ['batch:SubmitJob', 'batch:DescribeJobs', 'batch:TerminateJob']) {
    assert.ok(actions.includes(action), action);
  }
  assert.ok(!JSON.stringify(onBatch.toJSON()).includes('job-definition/*'));
});

test('a task of ECS waits for its token, which is handed to one function, and for a heartbeat', () => {
  const { ProcessOrder } = definitionIn(onFargate).States as unknown as Record<string, Record<string, unknown>>;
  assert.partialDeepStrictEqual(ProcessOrder, {
    Resource: 'arn:<AWS::Partition>:states:::lambda:invoke.waitForTaskToken',
    HeartbeatSeconds: 300,
    TimeoutSeconds: 24 * 60 * 60,
  });
  const retry = (ProcessOrder?.['Retry'] ?? []) as { ErrorEquals: string[] }[];
  const errors = retry.flatMap(({ ErrorEquals }) => ErrorEquals);
  for (const error of [
    'LongTask.HostLost',
    'LongTask.NotStarted',
    'States.HeartbeatTimeout',
    // The function that starts it had no room, or was ended before it had answered.
    'Lambda.TooManyRequestsException',
    'Sandbox.Timedout',
    'Lambda.Unknown',
  ]) {
    assert.ok(errors.includes(error), error);
  }
  assert.ok(!errors.includes('LongTask.Failed'));
});

test('its container has a read-only root and no environment in its definition', () => {
  const { ContainerDefinitions, Cpu, RuntimePlatform } = only(onFargate, 'AWS::ECS::TaskDefinition');
  const [container = assert.fail('there is no container')] = ContainerDefinitions as Record<string, unknown>[];
  assert.equal(container['ReadonlyRootFilesystem'], true);
  assert.equal(container['Environment'], undefined);
  assert.deepEqual([Cpu, RuntimePlatform], ['256', { CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' }]);
});

test('when it stops, whatever it has said, a function hears of it', () => {
  const rules = resourcesOf(onFargate, 'AWS::Events::Rule').flatMap(
    ([, { Properties }]) => Properties['EventPattern'] ?? [],
  );
  assert.equal(rules.length, 1);
  assert.partialDeepStrictEqual(rules[0], {
    source: ['aws.ecs'],
    'detail-type': ['ECS Task State Change'],
    detail: { lastStatus: ['STOPPED'], startedBy: [{ prefix: 'long-task/' }] },
  });
});

test('each role may do its part: one starts, one answers, one fails', () => {
  const states = (role: string) => actionsOf(onFargate, role).filter((action) => action.startsWith('states:'));
  assert.deepEqual(states('LongTasksStartRole'), []);
  assert.deepEqual(states('LongTasksWatchRole'), ['states:SendTaskFailure']);
  assert.deepEqual(states('ProcessOrderRole').sort(), [
    'states:SendTaskFailure',
    'states:SendTaskHeartbeat',
    'states:SendTaskSuccess',
  ]);
  assert.ok(!actionsOf(onFargate, 'ProcessOrderRole').includes('s3:ListBucket'), 'tokens cannot be looked for');
  const passed = resourcesOf(onFargate, 'AWS::IAM::Policy')
    .flatMap(
      ([, { Properties }]) => (Properties['PolicyDocument'] as { Statement: Record<string, unknown>[] }).Statement,
    )
    .filter(({ Action }) => Action === 'iam:PassRole');
  assert.equal(passed.length, 1);
  const resources = (passed[0]?.['Resource'] ?? []) as unknown[];
  assert.deepEqual(resources.map(joined).sort(), [
    '<ProcessOrderExecutionRole64783117.Arn>',
    '<ProcessOrderRoleFF9E2ECD.Arn>',
  ]);
});

test('the image runs as nobody in particular, and its last stage only puts files in their places', () => {
  const dockerfile = readFileSync(join(import.meta.dirname, '../../long-tasks/image/Dockerfile'), 'utf8');
  const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM ') + 1);
  const words = last.split('\n').flatMap((line) => /^[A-Z]+/v.exec(line)?.[0] ?? []);
  assert.deepEqual([...new Set(words)], ['FROM', 'WORKDIR', 'COPY', 'ENV', 'USER', 'ENTRYPOINT', 'CMD']);
  assert.match(last, /^USER 1000:1000$/mv);
});
