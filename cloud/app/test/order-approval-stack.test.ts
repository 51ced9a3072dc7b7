import { Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrderApprovalStack } from '../src/order-approval-stack.ts';
import { appWithoutBundles, definitionIn, joined, type Resource, resourcesOf, synthesise } from './synthesised.ts';

const template = synthesise();
const definition = definitionIn(template);
const { States } = definition;

test('an order is processed, waits, and is completed, rejected or expired: each by a branch that a reader sees', () => {
  const { ProcessOrder, WaitForConfirmation, ConfirmedOrRejected, CompleteOrder } = States;
  assert.equal(ProcessOrder?.Next, 'WaitForConfirmation');
  assert.match(WaitForConfirmation?.Resource ?? '', /:states:::lambda:invoke\.waitForTaskToken$/);
  assert.equal(WaitForConfirmation?.Next, 'ConfirmedOrRejected');
  const ways = ConfirmedOrRejected?.Choices?.map(({ StringEquals, Next }) => [StringEquals, Next]);
  assert.deepEqual(ways, [
    ['confirm', 'CompleteOrder'],
    ['reject', 'OrderRejected'],
    ['wait', 'KeepWaiting'],
    ['withdrawn', 'OrderWithdrawn'],
  ]);
  assert.equal(CompleteOrder?.Next, 'OrderCompleted');
  for (const wait of [WaitForConfirmation, States['KeepWaiting']]) {
    const late = wait?.Catch?.find(({ ErrorEquals }) => ErrorEquals.includes('States.Timeout'));
    assert.equal(late?.Next, 'CheckDeadline');
    assert.equal(wait?.Next, 'ConfirmedOrRejected');
  }
  assert.equal(States['CheckDeadline']?.Next, 'TakeDecision');
  assert.equal(States['TakeDecision']?.Next, 'ConfirmedOrRejected');
  assert.equal(ConfirmedOrRejected?.Default, 'OrderExpired');
});

test('the wait ends after three days, or when the stack says', () => {
  const day = 24 * 60 * 60;
  assert.equal(States['WaitForConfirmation']?.TimeoutSeconds, 3 * day);
  const soon = definitionIn(synthesise({ confirmationDeadline: Duration.hours(6) }));
  assert.equal(soon.States['WaitForConfirmation']?.TimeoutSeconds, day / 4);
});

test('every task tries again what may pass', () => {
  const tasks = Object.entries(States).filter(([, { Type }]) => Type === 'Task');
  assert.equal(tasks.length, 5);
  for (const [name, { Retry = [] }] of tasks) {
    const retried = Retry.flatMap(({ ErrorEquals }) => ErrorEquals);
    for (const error of ['Lambda.SdkClientException', 'Lambda.ServiceException', 'Lambda.TooManyRequestsException'])
      assert.ok(retried.includes(error) || retried.includes('States.TaskFailed'), `${name}: ${error}`);
  }
});

test('what S3 keeps of a wait outlives every execution, and what it keeps of a decision seven years', () => {
  const rules = resourcesOf(template, 'AWS::S3::Bucket').flatMap(([, { Properties }]) => {
    const { Rules } = Properties['LifecycleConfiguration'] as {
      Rules: { Prefix?: string; ExpirationInDays: number }[];
    };
    return Rules.map(({ Prefix, ExpirationInDays }) => [Prefix, ExpirationInDays]);
  });
  assert.deepEqual(new Map(rules as [string, number][]).get('waits/'), 400);
  assert.deepEqual(new Map(rules as [string, number][]).get('records/'), 2557);
});

test('buckets are private, encrypted, spoken to by TLS alone, and stay when the stack goes', () => {
  const buckets = resourcesOf(template, 'AWS::S3::Bucket');
  assert.equal(buckets.length, 2);
  for (const [, { Properties, DeletionPolicy }] of buckets) {
    assert.equal(DeletionPolicy, 'Retain');
    assert.deepEqual(Properties['PublicAccessBlockConfiguration'], {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
    assert.ok(JSON.stringify(Properties['BucketEncryption']).includes('AES256'));
    assert.equal(Properties['VersioningConfiguration'], undefined);
  }
  const policies = resourcesOf(template, 'AWS::S3::BucketPolicy').map(([, policy]) => JSON.stringify(policy));
  assert.ok(policies.every((policy) => policy.includes('"aws:SecureTransport":"false"')));
  assert.equal(policies.filter((policy) => policy.includes('ConditionalWritesOnly')).length, 1);
});

test('no role may do more than its function does', () => {
  const answer = [
    'events:PutEvents default bus',
    's3:DeleteObject,s3:GetObject waits/*',
    's3:GetObject,s3:PutObject records/*',
    's3:ListBucket bucket',
  ];
  assert.deepEqual(grants(template), {
    ApiFunction: [
      ...answer,
      'states:DescribeExecution executions of the state machine',
      'states:SendTaskSuccess state machine',
      'states:StartExecution state machine',
    ],
    CompleteOrderFunction: [],
    ConfirmationsCheckDeadline: [...answer, 'states:SendTaskSuccess state machine'],
    ConfirmationsReconcilerFunction: [
      'events:PutEvents default bus',
      's3:DeleteObject,s3:GetObject,s3:PutObject waits/*',
      's3:GetObject,s3:PutObject records/*',
      's3:ListBucket bucket',
      'states:DescribeExecution,states:GetExecutionHistory executions of the state machine',
      'states:ListExecutions state machine',
      'states:SendTaskSuccess state machine',
    ],
    ConfirmationsStoreTaskToken: [
      'events:PutEvents default bus',
      's3:DeleteObject,s3:GetObject,s3:PutObject waits/*',
      's3:GetObject,s3:PutObject records/*',
      's3:ListBucket bucket',
      'states:SendTaskSuccess state machine',
    ],
    OrderStateMachine: ['lambda:InvokeFunction its functions'],
    ProcessOrderFunction: [],
  });
});

test('the log of the state machine tells every event, and none of the data that a token is in', () => {
  const [[, machine] = []] = resourcesOf(template, 'AWS::StepFunctions::StateMachine');
  assert.ok(machine !== undefined);
  const { Level, IncludeExecutionData } = machine.Properties['LoggingConfiguration'] as Record<string, unknown>;
  assert.deepEqual([Level, IncludeExecutionData], ['ALL', false]);
  assert.deepEqual(machine.Properties['TracingConfiguration'], { Enabled: true });
});

test('functions run Node 24 on arm64, traced, each with a log that ends', () => {
  const functions = resourcesOf(template, 'AWS::Lambda::Function');
  assert.equal(functions.length, 6);
  for (const [, { Properties }] of functions) {
    assert.equal(Properties['Runtime'], 'nodejs24.x');
    assert.deepEqual(Properties['Architectures'], ['arm64']);
    assert.deepEqual(Properties['TracingConfig'], { Mode: 'Active' });
    assert.ok(Properties['LoggingConfig'] !== undefined);
  }
  for (const [, { Properties }] of resourcesOf(template, 'AWS::Logs::LogGroup'))
    assert.equal(Properties['RetentionInDays'], 30);
});

test('the API holds off more than it should take, and demands a token of all but links', () => {
  const [[, stage] = []] = resourcesOf(template, 'AWS::ApiGatewayV2::Stage');
  assert.deepEqual(stage?.Properties['DefaultRouteSettings'], {
    ThrottlingBurstLimit: 2_000,
    ThrottlingRateLimit: 1_000,
  });
  const open = ['/openapi.json', '/orders/{id}/links/{linkId}', '/orders/{id}/links/{linkId}/{step}'];
  for (const made of [template, synthesise({ jwt: { issuer: 'https://id.example.com', audience: 'orders' } })]) {
    for (const [, { Properties }] of resourcesOf(made, 'AWS::ApiGatewayV2::Route')) {
      const path = String(Properties['RouteKey']).replace(/^\w+ /v, '');
      assert.equal(Properties['AuthorizationType'], open.includes(path) ? 'NONE' : 'JWT', path);
    }
  }
  const issuers = resourcesOf(template, 'AWS::ApiGatewayV2::Authorizer');
  assert.match(JSON.stringify(issuers), /cognito-idp/);
});

test('the stack says where to sign in, unless others give the tokens', () => {
  const outputs = (of: Template) => Object.keys(of.findOutputs('*'));
  const own = ['UserPoolId', 'SignInIssuer', 'SignInClientId'];
  assert.deepEqual(
    own.filter((name) => outputs(template).includes(name)),
    own,
  );
  const others = synthesise({ jwt: { issuer: 'https://id.example.com', audience: 'orders' } });
  assert.deepEqual(
    own.filter((name) => outputs(others).includes(name)),
    [],
  );
});

test('mails are sent from the sender that was given, by those who write records, with links whose key changes', () => {
  const mailing = synthesise({ mail: { from: 'orders@example.com', groupAddresses: { managers: 'm@example.com' } } });
  const senders = Object.entries(grants(mailing)).filter(([, lines]) => lines.some((line) => line.startsWith('ses:')));
  assert.deepEqual(
    senders.map(([name]) => name),
    ['ApiFunction', 'ConfirmationsCheckDeadline', 'ConfirmationsReconcilerFunction', 'ConfirmationsStoreTaskToken'],
  );
  assert.equal(resourcesOf(mailing, 'AWS::SecretsManager::RotationSchedule').length, 1);
  assert.equal(resourcesOf(template, 'AWS::SecretsManager::Secret').length, 0, 'who sends no mails pays for no key');
});

test('what waits for people is looked after every five minutes', () => {
  const rules = resourcesOf(template, 'AWS::Events::Rule');
  assert.deepEqual(
    rules.map(([, { Properties }]) => [Properties['ScheduleExpression'], Properties['State']]),
    [['rate(5 minutes)', 'ENABLED']],
  );
  assert.match(JSON.stringify(rules[0]?.[1].Properties['Targets']), /Reconciler/);
});

test('two stacks can live in one account: nothing but the stack names their resources', () => {
  const app = appWithoutBundles();
  const stacks = ['Orders', 'OtherOrders'].map((name) => new OrderApprovalStack(app, name));
  const names = stacks.map((stack) => explicitNames(Template.fromStack(stack)));
  assert.deepEqual(names, [['Orders'], ['OtherOrders']]);
});

/** Their names count within a user pool and within an API, or name what they look at. */
const WITHIN_ANOTHER = ['AWS::Cognito::UserPoolGroup', 'AWS::ApiGatewayV2::Authorizer', 'AWS::CloudWatch::Alarm'];

/** The names that the template itself gives to resources. */
function explicitNames(of: Template): string[] {
  const { Resources } = of.toJSON() as { Resources: Record<string, Resource> };
  const resources = Object.values(Resources).filter(({ Type }) => !WITHIN_ANOTHER.includes(Type));
  return resources.flatMap(({ Properties }) =>
    Object.entries(Properties).flatMap(([name, value]) =>
      /^(?:Name|[A-Z][A-Za-z]+Name)$/.test(name) && typeof value === 'string' && !isReference(name) ? [value] : [],
    ),
  );
}

/** A policy's name is of the role that it stands in, and a stage's of its API. */
function isReference(name: string): boolean {
  return name === 'PolicyName' || name === 'StageName' || name === 'FunctionName';
}

/** What each role may do, but for the logs and traces that every role may write. */
function grants(of: Template): Record<string, string[]> {
  const granted = new Map<string, string[]>();
  for (const [id] of [
    ...resourcesOf(of, 'AWS::Lambda::Function'),
    ...resourcesOf(of, 'AWS::StepFunctions::StateMachine'),
  ])
    granted.set(shortId(id), []);
  for (const [, { Properties }] of resourcesOf(of, 'AWS::IAM::Policy')) {
    const { Statement } = Properties['PolicyDocument'] as { Statement: { Action: unknown; Resource: unknown }[] };
    const roles = (Properties['Roles'] as { Ref: string }[]).map(({ Ref }) => shortId(Ref));
    const lines = Statement.flatMap(({ Action, Resource }) => {
      const actions = [Action].flat().filter((action) => !/^(?:logs|xray):/.test(String(action)));
      return actions.length === 0 ? [] : [`${actions.join(',')} ${resourceWords([Resource].flat())}`];
    });
    for (const role of roles) granted.set(role, [...(granted.get(role) ?? []), ...lines].sort());
  }
  return Object.fromEntries([...granted].sort(([left], [right]) => (left < right ? -1 : 1)));
}

function resourceWords(resources: readonly unknown[]): string {
  const [first = ''] = resources.map(joined);
  if (resources.length > 1 && resources.map(joined).every((arn) => /^<\w+\.Arn>(:\*)?$/.test(arn)))
    return 'its functions';
  if (first.endsWith(':event-bus/default')) return 'default bus';
  if (first.includes(':execution:<OrderStateMachine')) return 'executions of the state machine';
  if (/^<OrderStateMachine\w{8}>$/.test(first)) return 'state machine';
  return /^<ConfirmationsStoreBucket\w{8}\.Arn>$/.test(first)
    ? 'bucket'
    : first.replace(/^<ConfirmationsStoreBucket\w{8}\.Arn>\//, '');
}

/** A logical id without the hash at its end, and without what says that it is a role's. */
function shortId(id: string): string {
  return id.replace(/[0-9A-F]{8}$/, '').replace(/Role$/, '');
}
