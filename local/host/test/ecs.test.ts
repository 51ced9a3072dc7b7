import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  CLUSTER,
  ecs,
  FARGATE,
  idOf,
  IMAGE,
  runTask,
  TASK,
  taskIn,
  taskOf,
  writeContainerApp,
  written,
} from './container-fixture.ts';
import { callsOf } from './messaging-fixture.ts';
import { startTestHost } from './test-host.ts';

const SIDECAR = { Name: 'sidecar', Image: IMAGE, Command: ['obey'], Essential: false, Memory: 64 };

const definition = (Family: string, ContainerDefinitions: object[]) => ({
  Type: 'AWS::ECS::TaskDefinition',
  Properties: {
    Family,
    Cpu: '256',
    Memory: '512',
    NetworkMode: 'awsvpc',
    RequiresCompatibilities: ['FARGATE'],
    ContainerDefinitions,
  },
});

const WORDS = JSON.stringify({ word: 'nobody may read this' });
const secret = (member: string) => ({ 'Fn::Join': ['', [{ Ref: 'Words' }, member]] });

const resources = {
  Words: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'words', SecretString: WORDS } },
  Trusted: definition('trusted', [
    {
      Name: 'main',
      Image: IMAGE,
      Command: ['environment'],
      Secrets: [
        { Name: 'WHOLE', ValueFrom: secret('') },
        { Name: 'WORD', ValueFrom: secret(':word::') },
      ],
    },
  ]),
  Forgetful: definition('forgetful', [
    {
      Name: 'main',
      Image: IMAGE,
      Command: ['environment'],
      Secrets: [{ Name: 'WORD', ValueFrom: secret(':other::') }],
    },
  ]),
  Pair: definition('pair', [{ Name: 'main', Image: IMAGE, Command: ['obey'] }, SIDECAR]),
  Impatient: definition('impatient', [{ Name: 'main', Image: IMAGE, Command: ['stubborn'], StopTimeout: 1 }]),
};
const host = await startTestHost({ assemblyDir: writeContainerApp({ resources }), tasksMax: 2 });

const stopped = (taskArn: string) => taskIn(host, taskArn, 'STOPPED');

test('a task runs its container once, and tells EventBridge of each of its states', async () => {
  const tags = [{ key: 'for', value: 'order-1' }];
  const taskArn = await runTask(host, ['exit', '3'], { startedBy: 'me', group: 'orders', tags });
  const task = await stopped(taskArn);
  assert.deepEqual(
    [
      task.stopCode,
      task.stoppedReason,
      task.desiredStatus,
      task.containers[0]?.exitCode,
      task.containers[0]?.lastStatus,
    ],
    ['EssentialContainerExited', 'Essential container in task exited', 'STOPPED', 3, 'STOPPED'],
  );
  assert.deepEqual([task.startedBy, task.group], ['me', 'orders']);
  const { body } = await ecs(host, 'DescribeTasks', { cluster: CLUSTER, tasks: [idOf(taskArn)], include: ['TAGS'] });
  assert.deepEqual(body.tasks?.[0]?.tags, tags);
  const events = (await callsOf(host, 'events', 4)) as {
    'detail-type': string;
    resources: string[];
    detail: { lastStatus: string; stopCode?: string; startedBy: string; containers: { exitCode?: number }[] };
  }[];
  const own = events.filter(({ resources }) => resources[0] === taskArn);
  assert.deepEqual(
    new Set(own.map(({ detail }) => detail.lastStatus)),
    new Set(['PROVISIONING', 'PENDING', 'RUNNING', 'STOPPED']),
  );
  const last = own.find(({ detail }) => detail.lastStatus === 'STOPPED');
  assert.equal(last?.['detail-type'], 'ECS Task State Change');
  assert.deepEqual(
    [last.detail.stopCode, last.detail.startedBy, last.detail.containers[0]?.exitCode],
    ['EssentialContainerExited', 'me', 3],
  );
});

test('the same client token starts one task, and another request with it is refused', async () => {
  const first = await runTask(host, ['exit', '0'], { clientToken: 'token-1' });
  assert.equal(await runTask(host, ['exit', '0'], { clientToken: 'token-1' }), first);
  const { status, body } = await ecs(host, 'RunTask', { ...FARGATE, clientToken: 'token-1', startedBy: 'another' });
  assert.deepEqual([status, body.__type], [400, 'ConflictException']);
  await stopped(first);
  assert.equal(await runTask(host, ['exit', '0'], { clientToken: 'token-1' }), first, 'also when it has ended');
});

test('a task that is stopped is asked to end, and says who stopped it', async () => {
  const taskArn = await runTask(host, ['obey']);
  await written(host, idOf(taskArn), 'listening');
  const { body } = await ecs(host, 'StopTask', { cluster: CLUSTER, task: taskArn, reason: 'no longer wanted' });
  assert.deepEqual([body.task?.desiredStatus, body.task?.stopCode], ['STOPPED', 'UserInitiated']);
  const task = await stopped(taskArn);
  assert.deepEqual(
    [task.stopCode, task.stoppedReason, task.containers[0]?.exitCode],
    ['UserInitiated', 'no longer wanted', 7],
  );
});

test('what does not end when it is asked to is killed', async () => {
  const { body } = await ecs(host, 'RunTask', { ...FARGATE, taskDefinition: 'impatient' });
  const taskArn = body.tasks?.[0]?.taskArn ?? '';
  await written(host, idOf(taskArn), 'listening');
  await ecs(host, 'StopTask', { cluster: CLUSTER, task: taskArn });
  const task = await stopped(taskArn);
  assert.equal(task.containers[0]?.exitCode, 137);
});

test('a task ends when its essential container does, and so do the others', async () => {
  const { body } = await ecs(host, 'RunTask', {
    ...FARGATE,
    taskDefinition: 'pair',
    overrides: { containerOverrides: [{ name: 'main', command: ['exit', '0'] }] },
  });
  const task = await stopped(body.tasks?.[0]?.taskArn ?? '');
  const [main, sidecar] = task.containers;
  assert.equal(main?.exitCode, 0);
  // It may have been asked before it listened.
  assert.ok(sidecar?.exitCode === 7 || sidecar?.exitCode === 143);
});

test('tasks wait for a place, and one that is stopped there never starts', async () => {
  const running = [await runTask(host, ['obey']), await runTask(host, ['obey'])];
  for (const taskArn of running) await written(host, idOf(taskArn), 'listening');
  const waiting = await runTask(host, ['exit', '0']);
  assert.equal((await taskOf(host, waiting))?.lastStatus, 'PROVISIONING');
  const { body } = await ecs(host, 'ListTasks', { cluster: CLUSTER, startedBy: 'nobody' });
  assert.deepEqual(body.taskArns, []);
  const listed = await ecs(host, 'ListTasks', { cluster: CLUSTER, maxResults: 2 });
  const rest = await ecs(host, 'ListTasks', { cluster: CLUSTER, maxResults: 2, nextToken: listed.body.nextToken });
  assert.deepEqual([...(listed.body.taskArns ?? []), ...(rest.body.taskArns ?? [])], [...running, waiting]);
  await ecs(host, 'StopTask', { cluster: CLUSTER, task: waiting });
  const task = await stopped(waiting);
  assert.deepEqual([task.stopCode, task.containers[0]?.exitCode], ['UserInitiated', undefined]);
  for (const taskArn of running) await ecs(host, 'StopTask', { cluster: CLUSTER, task: taskArn });
  for (const taskArn of running) await stopped(taskArn);
});

test('a container gets its secrets, and nobody else sees them', async () => {
  const { body } = await ecs(host, 'RunTask', { ...FARGATE, taskDefinition: 'trusted' });
  const taskArn = body.tasks?.[0]?.taskArn ?? '';
  const { WHOLE, WORD } = JSON.parse(await written(host, idOf(taskArn), '{'));
  assert.deepEqual([WHOLE, WORD], [WORDS, 'nobody may read this']);
  const described = await ecs(host, 'DescribeTasks', { cluster: CLUSTER, tasks: [taskArn] });
  assert.equal(JSON.stringify(described.body).includes('nobody may'), false);
  const forgetful = await ecs(host, 'RunTask', { ...FARGATE, taskDefinition: 'forgetful' });
  const task = await stopped(forgetful.body.tasks?.[0]?.taskArn ?? '');
  assert.deepEqual(
    [task.stopCode, task.stoppedReason],
    ['TaskFailedToStart', 'ResourceInitializationError: unable to pull secrets: the secret has no text at "other"'],
  );
});

test('a container can ask which task it is', async () => {
  const taskArn = await runTask(host, ['metadata']);
  const metadata = JSON.parse(await written(host, idOf(taskArn), '{'));
  assert.deepEqual([metadata.TaskARN, metadata.Family, metadata.Revision], [taskArn, TASK, '1']);
  assert.equal(metadata.Containers[0].Labels['com.amazonaws.ecs.task-arn'], taskArn);
  await stopped(taskArn);
  const gone = await fetch(`${host.awsUrl}/v4/${metadata.Containers[0].DockerId}/task`);
  assert.equal(gone.status, 404);
});

describe('what ECS does not take is refused in its words', () => {
  const override = (containerOverrides: object[]) => ({ ...FARGATE, overrides: { containerOverrides } });
  const cases: [string, string, object, string, RegExp][] = [
    ['another cluster', 'RunTask', { ...FARGATE, cluster: 'other' }, 'ClusterNotFoundException', /Cluster not found/v],
    [
      'another definition',
      'RunTask',
      { ...FARGATE, taskDefinition: 'other' },
      'ClientException',
      /TaskDefinition not found/v,
    ],
    ['instances', 'RunTask', { ...FARGATE, launchType: 'EC2' }, 'InvalidParameterException', /No Container Instances/v],
    [
      'no network',
      'RunTask',
      { ...FARGATE, networkConfiguration: undefined },
      'InvalidParameterException',
      /Network Configuration/v,
    ],
    ['eleven tasks', 'RunTask', { ...FARGATE, count: 11 }, 'InvalidParameterException', /from 1 to 10/v],
    [
      'an unknown container',
      'RunTask',
      override([{ name: 'x' }]),
      'InvalidParameterException',
      /container named x is not/v,
    ],
    [
      'overrides without end',
      'RunTask',
      override([{ name: 'main', command: ['x'.repeat(9000)] }]),
      'InvalidParameterException',
      /at most 8192/v,
    ],
    [
      'a command that is no list',
      'RunTask',
      override([{ name: 'main', command: 'x' }]),
      'InvalidParameterException',
      /command/v,
    ],
    [
      'nothing',
      'DescribeTasks',
      { cluster: CLUSTER, tasks: [] },
      'InvalidParameterException',
      /Tasks cannot be empty/v,
    ],
    ['an unknown task', 'StopTask', { cluster: CLUSTER, task: 'x' }, 'InvalidParameterException', /not found/v],
    [
      'a token that is none',
      'ListTasks',
      { cluster: CLUSTER, nextToken: 'x' },
      'InvalidParameterException',
      /Invalid token/v,
    ],
  ];
  for (const [what, action, input, type, message] of cases) {
    test(what, async () => {
      const { status, body } = await ecs(host, action, input);
      assert.deepEqual([status, body.__type], [400, type]);
      assert.match(body.message ?? '', message);
    });
  }

  test('a task that nobody knows is among the failures', async () => {
    const { body } = await ecs(host, 'DescribeTasks', { cluster: CLUSTER, tasks: ['0123'] });
    assert.deepEqual([body.tasks, body.failures?.[0]?.reason], [[], 'MISSING']);
  });
});
