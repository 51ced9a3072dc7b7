import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Json, JsonObject } from '../../asl/src/index.ts';
import {
  awsJobs,
  LIMITS_DEFAULT,
  LOCAL_CREDENTIALS,
  memoryExecutionStore,
  openEngine,
  serviceIntegrations,
  SteppedClock,
  type Engine,
  type ExecutionStore,
} from '../src/index.ts';
import { loopback, type Loopback, type Received, type Reply } from './integrations-loopback.ts';
import { openSyncedInTurn } from './around-transactions.ts';

const folder = mkdtempSync(join(tmpdir(), 'jobs-'));
after(() => rmSync(folder, { recursive: true }));

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;

interface Bench {
  readonly engine: Engine;
  readonly clock: SteppedClock;
  readonly machine: string;
}

interface Opened {
  readonly store?: ExecutionStore;
  readonly clock?: SteppedClock;
}

/** An engine whose every service is at `url`. */
async function bench(url: string, definition: object, opened: Opened = {}): Promise<Bench> {
  const { store = memoryExecutionStore(), clock = new SteppedClock() } = opened;
  const connection = { endpoints: () => url, region: 'us-east-1', credentials: LOCAL_CREDENTIALS };
  const engine = openEngine({
    store,
    taskHandler: serviceIntegrations({ ...connection, lambda: () => Promise.reject(new Error('nobody is called')) }),
    jobIo: awsJobs({ ...connection, limits: LIMITS_DEFAULT }),
    clock,
    region: 'us-east-1',
    accountId: '111111111111',
  });
  const { stateMachineArn } = await engine.createStateMachine({
    name: 'jobs',
    definition: JSON.stringify(definition),
    roleArn: 'arn:aws:iam::111111111111:role/r',
  });
  return { engine, clock, machine: stateMachineArn };
}

function oneTask(resource: string, parameters: JsonObject, more: object = {}): object {
  const run = { Type: 'Task', Resource: `arn:aws:states:::${resource}`, Parameters: parameters, ...more, End: true };
  return { StartAt: 'Run', States: { Run: run } };
}

async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; !isSo(); turn++) {
    assert.ok(turn < 200_000, 'it never came');
    await nextTurn();
  }
}

/** Moves the clock from one due time to the next, until the execution has ended. */
async function runOn({ engine, clock }: Bench, executionArn: string): Promise<void> {
  let turns = 0;
  await until(() => {
    if (turns++ % 20 === 0) clock.advance(SECOND_MS);
    return engine.describeExecution(executionArn).status !== 'RUNNING';
  });
}

function eventsOf(engine: Engine, executionArn: string): JsonObject[] {
  return JSON.parse(engine.getExecutionHistory({ executionArn, maxResults: 1000 }).eventsText) as JsonObject[];
}

function isCallOf(name: string): (request: Received) => boolean {
  return ({ path, headers }) => path.endsWith(`/${name}`) || String(headers['x-amz-target']).endsWith(`.${name}`);
}

function countOf(service: Loopback, name: string): number {
  return service.received.filter(isCallOf(name)).length;
}

function json(body: Json): Reply {
  return { body: JSON.stringify(body) };
}

/** AWS Batch, as far as its jobs are told to end. */
async function batch(t: TestContext, statusOf: (jobId: string, asked: number) => string | undefined) {
  const asked = new Map<string, number>();
  let submitted = 0;
  return loopback(t, ({ path, body }) => {
    if (path === '/v1/submitjob') {
      const { jobName } = JSON.parse(body) as { jobName: string };
      return json({ jobArn: 'arn:job', jobId: `job-${++submitted}`, jobName });
    }
    if (path === '/v1/terminatejob') return json({});
    const { jobs } = JSON.parse(body) as { jobs: string[] };
    const details = jobs.flatMap((jobId) => {
      asked.set(jobId, (asked.get(jobId) ?? 0) + 1);
      const status = statusOf(jobId, asked.get(jobId) ?? 0);
      if (status === undefined) return [];
      return [{ jobId, jobName: 'n', status, createdAt: 1_700_000_000_000, container: { exitCode: 0 }, tags: {} }];
    });
    return json({ jobs: details });
  });
}

const submitJob = { JobName: 'n', JobQueue: 'q', JobDefinition: 'd' };
const runJob = oneTask('batch:submitJob.sync', submitJob);

test('a task waits for its job, and its result is how the job is described', async (t) => {
  const service = await batch(t, (_job, asked) => (asked < 4 ? 'RUNNING' : 'SUCCEEDED'));
  const b = await bench(service.url, runJob);
  const { executionArn } = await b.engine.startExecution({ stateMachineArn: b.machine });
  await runOn(b, executionArn);
  const { status, output } = b.engine.describeExecution(executionArn);
  assert.equal(status, 'SUCCEEDED');
  assert.deepEqual(JSON.parse(output ?? ''), {
    Container: { ExitCode: 0 },
    CreatedAt: 1_700_000_000_000,
    JobId: 'job-1',
    JobName: 'n',
    Status: 'SUCCEEDED',
    Tags: {},
  });
  const events = eventsOf(b.engine, executionArn);
  assert.deepEqual(
    events.map(({ type }) => type),
    [
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSubmitted',
      'TaskSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ],
  );
  const submitted = events[4]?.['taskSubmittedEventDetails'] as Record<string, string>;
  assert.deepEqual([submitted['resourceType'], submitted['resource']], ['batch', 'submitJob.sync']);
  assert.equal((JSON.parse(submitted['output'] ?? '') as JsonObject)['JobId'], 'job-1');
  assert.equal(countOf(service, 'describejobs'), 4);
  assert.equal(countOf(service, 'terminatejob'), 0);
  await b.engine.close();
});

test('a job that fails fails its task, with the job as the cause', async (t) => {
  const service = await batch(t, () => 'FAILED');
  const b = await bench(service.url, runJob);
  const { executionArn } = await b.engine.startExecution({ stateMachineArn: b.machine });
  await runOn(b, executionArn);
  const { status, error, cause } = b.engine.describeExecution(executionArn);
  assert.deepEqual([status, error], ['FAILED', 'States.TaskFailed']);
  assert.deepEqual(
    [(JSON.parse(cause ?? '') as JsonObject)['JobId'], (JSON.parse(cause ?? '') as JsonObject)['Status']],
    ['job-1', 'FAILED'],
  );
  await b.engine.close();
});

test('jobs are asked for together, and more and more rarely', async (t) => {
  const service = await batch(t, () => 'RUNNING');
  const b = await bench(service.url, runJob);
  for (let index = 0; index < 5; index++) await b.engine.startExecution({ stateMachineArn: b.machine });
  await until(() => countOf(service, 'submitjob') === 5);
  for (let turn = 0; turn < 200; turn++) await nextTurn();
  for (let seconds = 0; seconds < 60; seconds++) {
    b.clock.advance(SECOND_MS);
    for (let turn = 0; turn < 100; turn++) await nextTurn();
  }
  const calls = service.received.filter(isCallOf('describejobs'));
  assert.ok(calls.length >= 5 && calls.length <= 10, `${calls.length} calls in a minute`);
  assert.equal((JSON.parse(calls[0]?.body ?? '') as { jobs: string[] }).jobs.length, 5);
  await b.engine.close();
});

test('a job is cancelled when its task ends otherwise: by its time, by a branch beside it, by StopExecution', async (t) => {
  const service = await batch(t, () => 'RUNNING');
  const failing = {
    StartAt: 'Later',
    States: { Later: { Type: 'Wait', Seconds: 3, Next: 'No' }, No: { Type: 'Fail' } },
  };
  const cases: { definition: object; stops?: true; status: string }[] = [
    { definition: oneTask('batch:submitJob.sync', submitJob, { TimeoutSeconds: 3 }), status: 'FAILED' },
    {
      definition: { StartAt: 'Both', States: { Both: { Type: 'Parallel', Branches: [runJob, failing], End: true } } },
      status: 'FAILED',
    },
    { definition: { ...runJob, TimeoutSeconds: 3 }, status: 'TIMED_OUT' },
    { definition: runJob, stops: true, status: 'ABORTED' },
  ];
  for (const [index, { definition, stops, status }] of cases.entries()) {
    const b = await bench(service.url, definition);
    const { executionArn } = await b.engine.startExecution({ stateMachineArn: b.machine });
    await until(() => eventsOf(b.engine, executionArn).some(({ type }) => type === 'TaskSubmitted'));
    if (stops === true) await b.engine.stopExecution({ executionArn });
    await runOn(b, executionArn);
    assert.equal(b.engine.describeExecution(executionArn).status, status);
    await until(() => countOf(service, 'terminatejob') === index + 1);
    const [cancelled] = service.received.filter(isCallOf('terminatejob')).slice(-1);
    assert.equal((JSON.parse(cancelled?.body ?? '') as JsonObject)['jobId'], `job-${index + 1}`);
    b.clock.advance(DAY_MS);
    for (let turn = 0; turn < 100; turn++) await nextTurn();
    assert.equal(countOf(service, 'terminatejob'), index + 1, 'once is enough');
    await b.engine.close();
  }
});

test('a cancellation is tried again until the service hears of it', async (t) => {
  let refusals = 0;
  const service = await loopback(t, ({ path }) => {
    if (path === '/v1/submitjob') return json({ jobId: 'job-1' });
    if (path === '/v1/terminatejob' && ++refusals < 3) return { status: 503, body: '{}' };
    return path === '/v1/terminatejob' ? json({}) : json({ jobs: [{ jobId: 'job-1', status: 'RUNNING' }] });
  });
  const b = await bench(service.url, runJob);
  const { executionArn } = await b.engine.startExecution({ stateMachineArn: b.machine });
  await until(() => eventsOf(b.engine, executionArn).some(({ type }) => type === 'TaskSubmitted'));
  await b.engine.stopExecution({ executionArn });
  let turns = 0;
  await until(() => {
    if (turns++ % 20 === 0) b.clock.advance(SECOND_MS);
    return countOf(service, 'terminatejob') === 3;
  });
  await b.engine.close();
});

test('whoever answers the token ends the wait, and the job is left alone', async (t) => {
  const service = await batch(t, () => 'RUNNING');
  const parameters = { ...submitJob, Parameters: { 'token.$': '$$.Task.Token' } };
  const b = await bench(service.url, oneTask('batch:submitJob.sync', parameters));
  const { executionArn } = await b.engine.startExecution({ stateMachineArn: b.machine });
  await until(() => eventsOf(b.engine, executionArn).some(({ type }) => type === 'TaskSubmitted'));
  const { parameters: sent } = JSON.parse(service.received[0]?.body ?? '') as { parameters: { token: string } };
  await b.engine.sendTaskSuccess(sent.token, '"enough"');
  await runOn(b, executionArn);
  assert.equal(b.engine.describeExecution(executionArn).output, '"enough"');
  b.clock.advance(DAY_MS);
  for (let turn = 0; turn < 200; turn++) await nextTurn();
  assert.equal(countOf(service, 'terminatejob'), 0);
  await b.engine.close();
});

test('an engine that starts again asks on for the jobs of the one before', async (t) => {
  const file = join(folder, 'again.sqlite');
  let isDone = false;
  const service = await batch(t, () => (isDone ? 'SUCCEEDED' : 'RUNNING'));
  const before = await bench(service.url, runJob, { store: openSyncedInTurn(file) });
  const { executionArn } = await before.engine.startExecution({ stateMachineArn: before.machine });
  await until(() => eventsOf(before.engine, executionArn).some(({ type }) => type === 'TaskSubmitted'));
  await before.engine.close();
  isDone = true;
  const { clock } = before;
  const after = await bench(service.url, runJob, { store: openSyncedInTurn(file), clock });
  await runOn(after, executionArn);
  assert.equal(after.engine.describeExecution(executionArn).status, 'SUCCEEDED');
  assert.equal(countOf(service, 'submitjob'), 1);
  await after.engine.close();
});

test('a service that keeps silent is asked again; one that does not know of the job fails the task in the end', async (t) => {
  let silent = 5;
  const service = await loopback(t, ({ path }) => {
    if (path === '/v1/submitjob') return json({ jobId: 'job-1' });
    return silent-- > 0 ? { status: 500, body: '{}' } : json({ jobs: [] });
  });
  const b = await bench(service.url, runJob);
  const { executionArn } = await b.engine.startExecution({ stateMachineArn: b.machine });
  await runOn(b, executionArn);
  const { error, cause } = b.engine.describeExecution(executionArn);
  assert.deepEqual([error, cause], ['States.TaskFailed', 'The service does not know of the job {"JobId":"job-1"}']);
  assert.equal(countOf(service, 'describejobs'), 11);
  await b.engine.close();
});

const cluster = 'arn:aws:ecs:us-east-1:111111111111:cluster/c';
const taskArn = 'arn:aws:ecs:us-east-1:111111111111:task/c/1';
const stopped = { taskArn, clusterArn: cluster, lastStatus: 'STOPPED', stopCode: 'EssentialContainerExited' };

/** How a task of Amazon ECS that is described like this ends the task that waits for it. */
async function endOfTask(t: TestContext, described: JsonObject) {
  const service = await loopback(t, (request) => {
    const tasks = [isCallOf('RunTask')(request) ? { taskArn, clusterArn: cluster } : described];
    return json({ tasks, failures: [] });
  });
  const b = await bench(service.url, oneTask('ecs:runTask.sync', { TaskDefinition: 'd', Cluster: 'c' }));
  const { executionArn } = await b.engine.startExecution({ stateMachineArn: b.machine });
  await runOn(b, executionArn);
  const { status, error, cause, output } = b.engine.describeExecution(executionArn);
  await b.engine.close();
  return { service, status, error, text: output ?? cause ?? '' };
}

test('a task of ECS succeeds if all its containers ended with 0', async (t) => {
  const containers = [
    { name: 'app', exitCode: 0 },
    { name: 'side', exitCode: 0 },
  ];
  const done = await endOfTask(t, { ...stopped, stoppedAt: 1_700_000_000.5, containers });
  assert.equal(done.status, 'SUCCEEDED');
  assert.deepEqual(JSON.parse(done.text), {
    ClusterArn: cluster,
    Containers: [
      { ExitCode: 0, Name: 'app' },
      { ExitCode: 0, Name: 'side' },
    ],
    LastStatus: 'STOPPED',
    StopCode: 'EssentialContainerExited',
    StoppedAt: 1_700_000_000_500,
    TaskArn: taskArn,
  });
  const [run, describe] = done.service.received.map(({ body }) => JSON.parse(body) as JsonObject);
  assert.equal(run?.['startedBy'], 'AWS Step Functions');
  assert.deepEqual(describe, { cluster, tasks: [taskArn] });
});

test('a task of ECS fails by any other end', async (t) => {
  const ends: JsonObject[] = [
    { ...stopped, containers: [{ exitCode: 0 }, { exitCode: 137 }] },
    { ...stopped, stopCode: 'TaskFailedToStart', containers: [{}] },
    { ...stopped, stopCode: 'UserInitiated', containers: [{ exitCode: 0 }] },
  ];
  for (const end of ends) {
    const failed = await endOfTask(t, end);
    assert.deepEqual([failed.status, failed.error], ['FAILED', 'States.TaskFailed']);
    assert.equal((JSON.parse(failed.text) as JsonObject)['TaskArn'], taskArn);
  }
});

/** What each service answers for a job that has ended well, beside the names that it is asked for by. */
const KINDS: {
  kind: string;
  names: Record<string, string>;
  asked: JsonObject;
  reply: JsonObject;
  output: JsonObject;
}[] = [
  {
    kind: 'glue:startJobRun',
    names: { JobName: 'j', RunId: 'r' },
    asked: { JobName: 'j', RunId: 'r' },
    reply: { JobRun: { Id: 'r', JobRunState: 'SUCCEEDED' } },
    output: { Id: 'r', JobRunState: 'SUCCEEDED' },
  },
  {
    kind: 'athena:startQueryExecution',
    names: { QueryExecutionId: 'q' },
    asked: { QueryExecutionId: 'q' },
    reply: { QueryExecution: { QueryExecutionId: 'q', Status: { State: 'SUCCEEDED' } } },
    output: { QueryExecution: { QueryExecutionId: 'q', Status: { State: 'SUCCEEDED' } } },
  },
  {
    kind: 'codebuild:startBuild',
    names: { Id: 'b' },
    asked: { ids: ['b'] },
    reply: { builds: [{ id: 'b', buildStatus: 'SUCCEEDED' }] },
    output: { Build: { BuildStatus: 'SUCCEEDED', Id: 'b' } },
  },
  {
    kind: 'codebuild:startBuildBatch',
    names: { Id: 'b' },
    asked: { ids: ['b'] },
    reply: { buildBatches: [{ id: 'b', buildBatchStatus: 'SUCCEEDED' }] },
    output: { BuildBatch: { BuildBatchStatus: 'SUCCEEDED', Id: 'b' } },
  },
  {
    kind: 'sagemaker:createTrainingJob',
    names: { TrainingJobName: 't' },
    asked: { TrainingJobName: 't' },
    reply: { TrainingJobName: 't', TrainingJobStatus: 'Completed' },
    output: { TrainingJobName: 't', TrainingJobStatus: 'Completed' },
  },
];

test('each service is asked for its jobs in its own words', async (t) => {
  for (const { kind, names, asked, reply, output } of KINDS) {
    const service = await loopback(t, () => json(reply));
    const endpoints = () => service.url;
    const aws = { endpoints, region: 'us-east-1', credentials: LOCAL_CREDENTIALS, limits: LIMITS_DEFAULT };
    const { signal } = new AbortController();
    const reports = await awsJobs(aws).ask([{ kind, names }], signal);
    assert.deepEqual(reports, [{ state: 'succeeded', output }], kind);
    assert.ok(await awsJobs(aws).cancel({ kind, names }, signal), kind);
    assert.deepEqual(JSON.parse(service.received[0]?.body ?? ''), asked, kind);
  }
});
