import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StartExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import {
  batch,
  CLUSTER,
  JOB,
  jobOf,
  QUEUE,
  runTask,
  TASK,
  idOf,
  taskIn,
  taskOf,
  writeContainerApp,
  written,
} from './container-fixture.ts';
import { refusalOf } from './refusal.ts';
import { ended, startTestHost, until } from './test-host.ts';

const RETRY = { ErrorEquals: ['States.ALL'], MaxAttempts: 0 };

const machine = (state: object, RoleArn: unknown = 'arn:aws:iam::000000000000:role/r') => ({
  Type: 'AWS::StepFunctions::StateMachine',
  Properties: {
    RoleArn,
    DefinitionString: JSON.stringify({
      StartAt: 'Run',
      States: { Run: { Type: 'Task', End: true, Retry: [RETRY], ...state } },
    }),
  },
});

const resources = {
  ByBatch: machine({
    Resource: 'arn:aws:states:::batch:submitJob.sync',
    Parameters: {
      JobName: 'from-a-workflow',
      JobQueue: QUEUE,
      JobDefinition: JOB,
      ContainerOverrides: { 'Command.$': '$.command' },
    },
  }),
  ByEcs: machine({
    Resource: 'arn:aws:states:::ecs:runTask.sync',
    Parameters: {
      Cluster: CLUSTER,
      TaskDefinition: TASK,
      LaunchType: 'FARGATE',
      NetworkConfiguration: { AwsvpcConfiguration: { Subnets: ['subnet-1'] } },
      Overrides: { ContainerOverrides: [{ Name: 'main', 'Command.$': '$.command' }] },
    },
  }),
};

const RUN_ONCE = {
  Resource: 'arn:aws:states:::ecs:runTask',
  Parameters: {
    Cluster: CLUSTER,
    TaskDefinition: TASK,
    LaunchType: 'FARGATE',
    NetworkConfiguration: { AwsvpcConfiguration: { Subnets: ['subnet-1'] } },
  },
};

const machineArn = (name: string) => `arn:aws:states:us-east-1:000000000000:stateMachine:App-${name}`;

test('workflows run jobs and tasks and wait for them, without being told where', async () => {
  const host = await startTestHost({ assemblyDir: writeContainerApp({ resources }) });
  const start = async (name: string, ...command: string[]) => {
    const { executionArn = '' } = await host.sfn.send(
      new StartExecutionCommand({ stateMachineArn: machineArn(name), input: JSON.stringify({ command }) }),
    );
    return executionArn;
  };
  const [job, task, failing, stopped] = await Promise.all([
    start('ByBatch', 'exit', '0'),
    start('ByEcs', 'exit', '0'),
    start('ByBatch', 'exit', '5'),
    start('ByBatch', 'obey'),
  ]);
  const done = await ended(host, job);
  assert.equal(done.status, 'SUCCEEDED');
  const output = JSON.parse(done.output ?? '');
  assert.deepEqual([output.Status, output.Container.ExitCode], ['SUCCEEDED', 0]);
  assert.equal((await ended(host, task)).status, 'SUCCEEDED');
  const failed = await ended(host, failing);
  assert.deepEqual([failed.status, failed.error], ['FAILED', 'States.TaskFailed']);
  assert.equal(JSON.parse(failed.cause ?? '').Container.ExitCode, 5);

  const { body } = await until(async () => {
    const listed = await batch(host, 'listjobs', { jobQueue: QUEUE, jobStatus: 'RUNNING' });
    return listed.body.jobSummaryList?.length === 1 ? listed : undefined;
  });
  const jobId = body.jobSummaryList?.[0]?.jobId ?? '';
  await host.sfn.send(new StopExecutionCommand({ executionArn: stopped }));
  const cancelled = await until(async () => {
    const found = await jobOf(host, jobId);
    return found?.status === 'FAILED' ? found : undefined;
  });
  assert.equal(cancelled.isTerminated, true, 'a job ends with the task that waited for it');
  await host.close();
});

const TRUSTED = ['ecs-tasks.amazonaws.com', 'states.amazonaws.com'];
const role = (name: string, statements: object[]) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    RoleName: name,
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: TRUSTED } }],
    },
    Policies: [{ PolicyName: 'own', PolicyDocument: { Version: '2012-10-17', Statement: statements } }],
  },
});
const allow = (Action: string[], Resource: string) => ({ Effect: 'Allow', Action, Resource });

test('a container has the role of its task and no other, and who runs it has to be allowed to pass that on', async () => {
  const taskRole = 'arn:aws:iam::000000000000:role/task';
  const runTasks = allow(['ecs:RunTask'], 'arn:aws:ecs:us-east-1:000000000000:task-definition/*');
  const assemblyDir = writeContainerApp({
    task: { TaskRoleArn: { 'Fn::GetAtt': ['TaskRole', 'Arn'] } },
    resources: {
      Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'app-bucket' } },
      TaskRole: role('task', [
        allow(['s3:GetObject'], 'arn:aws:s3:::app-bucket/mine'),
        allow(['s3:ListBucket'], 'arn:aws:s3:::app-bucket'),
      ]),
      Passing: role('passing', [runTasks, allow(['iam:PassRole'], taskRole)]),
      Careless: role('careless', [runTasks]),
      MayRun: machine(RUN_ONCE, { 'Fn::GetAtt': ['Passing', 'Arn'] }),
      MayNot: machine(RUN_ONCE, { 'Fn::GetAtt': ['Careless', 'Arn'] }),
    },
  });
  const host = await startTestHost({ assemblyDir, iam: 'enforced' });
  const mine = await runTask(host, ['call', 'mine']);
  assert.equal(await written(host, idOf(mine), 'was told'), 'was told The specified key does not exist.');
  const other = await runTask(host, ['call', 'other']);
  const denied = await written(host, idOf(other), 'was told');
  assert.match(denied, new RegExp(`assumed-role/task/${idOf(other)} is not authorized to perform: s3:GetObject`, 'v'));
  const start = (name: string) => host.sfn.send(new StartExecutionCommand({ stateMachineArn: machineArn(name) }));
  assert.equal((await ended(host, (await start('MayRun')).executionArn ?? '')).status, 'SUCCEEDED');
  const failed = await ended(host, (await start('MayNot')).executionArn ?? '');
  assert.match(failed.cause ?? '', /not authorized to perform: iam:PassRole on resource: .*role\/task/v);
  await host.close();
});

test('a container is in the time of its host', async () => {
  const host = await startTestHost({ assemblyDir: writeContainerApp(), timeTravel: true });
  const advance = (body: object) =>
    fetch(`${host.awsUrl}/_countersign/time/advance`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const before = Date.now();
  assert.equal((await advance({ by: 'P30D' })).status, 200);
  const task = await runTask(host, ['date']);
  const said = Date.parse(await written(host, idOf(task), '20'));
  assert.ok(said - before >= 30 * 24 * 3_600_000);
  await taskIn(host, task, 'STOPPED');
  const waiting = await runTask(host, ['exit', '0']);
  assert.equal((await advance({ by: 'PT1H' })).status, 200);
  assert.equal((await taskOf(host, waiting))?.lastStatus, 'STOPPED', 'time moves on when what runs has ended');
  await host.close();
});

describe('what cannot run here is refused by name at the start', () => {
  const cases: [string, Parameters<typeof writeContainerApp>[0], RegExp][] = [
    [
      'an image that is built by commands',
      { dockerfile: 'FROM node\nRUN npm ci\nCMD ["node", "main.mjs"]' },
      /the image cannot be run as a process: line 2 \(RUN npm ci\): RUN cannot be done without Docker\..*--docker/v,
    ],
    [
      'an image of somebody else',
      { task: { ContainerDefinitions: [{ Name: 'main', Image: 'busybox:latest' }] } },
      /it is not built from the app/v,
    ],
    ['a task on instances', { task: { RequiresCompatibilities: ['EC2'] } }, /tasks run on Fargate here/v],
    [
      'a volume that is shared',
      { task: { Volumes: [{ Name: 'a', EFSVolumeConfiguration: {} }] } },
      /EFSVolumeConfiguration/v,
    ],
    [
      'a job of many nodes',
      { job: { Type: 'multinode', NodeProperties: {} } },
      /jobs are single containers here|NodeProperties/v,
    ],
    ['a job on instances', { job: { PlatformCapabilities: ['EC2'] } }, /jobs run on Fargate here/v],
    [
      'a service',
      { resources: { Service: { Type: 'AWS::ECS::Service', Properties: {} } } },
      /AWS::ECS::Service "Service"/v,
    ],
  ];
  for (const [what, app, message] of cases) {
    test(what, async () => {
      const { message: said, nextStep } = await refusalOf(() => startTestHost({ assemblyDir: writeContainerApp(app) }));
      assert.match(`${said} ${nextStep}`, message);
    });
  }
});
