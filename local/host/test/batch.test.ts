import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { batch, ecs, jobIn, jobOf, QUEUE, JOB, submit, writeContainerApp, written } from './container-fixture.ts';
import { callsOf } from './messaging-fixture.ts';
import { startTestHost } from './test-host.ts';

const host = await startTestHost({ assemblyDir: writeContainerApp(), tasksMax: 2 });

const ended = (jobId: string) => jobIn(host, jobId, 'SUCCEEDED', 'FAILED');

test('a job that exits with 0 has succeeded, and its states were told to EventBridge', async () => {
  const jobId = await submit(host, ['exit', '0']);
  const job = await ended(jobId);
  assert.deepEqual([job.status, job.container.exitCode, job.attempts.length], ['SUCCEEDED', 0, 1]);
  assert.match(job.container.logStreamName ?? '', /^default\/[0-9a-f]{32}$/v);
  assert.ok((job.startedAt ?? 0) > 0 && (job.stoppedAt ?? 0) >= (job.startedAt ?? 0));
  const told = await callsOf(host, 'events', 9);
  const states = told.flatMap((event) => {
    const { source, detail } = event as { source: string; detail: { jobId: string; status: string } };
    return source === 'aws.batch' && detail.jobId === jobId ? [detail.status] : [];
  });
  assert.deepEqual(new Set(states), new Set(['SUBMITTED', 'RUNNABLE', 'STARTING', 'RUNNING', 'SUCCEEDED']));
});

test('an attempt is a task of ECS, and can be looked at as one', async () => {
  const job = await ended(await submit(host, ['exit', '0']));
  const [attempt] = job.attempts;
  const { body } = await ecs(host, 'DescribeTasks', { cluster: 'AWSBatch', tasks: [attempt?.container.taskArn ?? ''] });
  assert.deepEqual(
    [body.tasks?.[0]?.stopCode, body.tasks?.[0]?.containers[0]?.exitCode],
    ['EssentialContainerExited', 0],
  );
});

test('a job that exits with another code has failed, with that code', async () => {
  const job = await ended(await submit(host, ['exit', '3']));
  assert.deepEqual(
    [job.status, job.statusReason, job.container.exitCode],
    ['FAILED', 'Essential container in task exited', 3],
  );
});

test('a job has an environment of its own, and a folder that no other job sees', async () => {
  process.env['OF_THE_HOST'] = 'secret';
  for (const environment of [[{ name: 'FROM_DEFINITION', value: 'no' }], []]) {
    const jobId = await submit(host, ['environment'], {
      containerOverrides: { command: ['environment'], environment },
    });
    const said = JSON.parse(await written(host, jobId, '{'));
    assert.equal(said.FROM_DEFINITION, environment.length === 0 ? 'yes' : 'no');
    assert.equal(said.FROM_IMAGE, 'yes');
    assert.deepEqual([said.AWS_BATCH_JOB_ID, said.AWS_BATCH_JOB_ATTEMPT], [jobId, '1']);
    assert.deepEqual([said.AWS_BATCH_JQ_NAME, said.AWS_BATCH_CE_NAME], [QUEUE, 'App-Environment']);
    assert.equal(said.AWS_ENDPOINT_URL, host.awsUrl);
    assert.deepEqual([said.OF_THE_HOST, said.left], [undefined, false]);
    assert.match(said.cwd, /\/app$/v);
    await ended(jobId);
  }
});

test('a job is tried again as its strategy says', async () => {
  const evaluateOnExit = [
    { onExitCode: '4', action: 'EXIT' },
    { onStatusReason: 'Essential*', action: 'RETRY' },
  ];
  const retryStrategy = { attempts: 3, evaluateOnExit };
  const again = await ended(await submit(host, ['exit', '3'], { retryStrategy }));
  assert.deepEqual(
    again.attempts.map(({ container }) => container.exitCode),
    [3, 3, 3],
  );
  const once = await ended(await submit(host, ['exit', '4'], { retryStrategy }));
  assert.deepEqual([once.status, once.attempts.length], ['FAILED', 1]);
});

test('a job that holds too much memory is killed, and says so', async () => {
  const job = await ended(
    await submit(host, ['grow'], {
      containerOverrides: { command: ['grow'], resourceRequirements: [{ type: 'MEMORY', value: '128' }] },
    }),
  );
  assert.deepEqual(
    [job.status, job.container.exitCode, job.container.reason],
    ['FAILED', 137, 'OutOfMemoryError: Container killed due to memory usage'],
  );
});

test('a job that somebody kills has exited with 137', async () => {
  const jobId = await submit(host, ['hang']);
  process.kill(Number((await written(host, jobId, 'pid ')).slice(4)), 'SIGKILL');
  const job = await ended(jobId);
  assert.deepEqual([job.status, job.container.exitCode], ['FAILED', 137]);
});

test('a job that is terminated fails for that reason, and is not tried again', async () => {
  const jobId = await submit(host, ['obey'], { retryStrategy: { attempts: 3 } });
  await written(host, jobId, 'listening');
  await batch(host, 'canceljob', { jobId, reason: 'too late for that' });
  assert.equal((await jobOf(host, jobId))?.status, 'RUNNING');
  await batch(host, 'terminatejob', { jobId, reason: 'no longer wanted' });
  const job = await ended(jobId);
  assert.deepEqual(
    [job.status, job.statusReason, job.attempts.length, job.container.exitCode, job.isTerminated],
    ['FAILED', 'no longer wanted', 1, 7, true],
  );
  await batch(host, 'terminatejob', { jobId, reason: 'again' });
  assert.equal((await jobOf(host, jobId))?.statusReason, 'no longer wanted');
});

test('jobs wait for a place, can be cancelled there, and wait for the jobs they depend on', async () => {
  const running = [await submit(host, ['obey']), await submit(host, ['obey'])];
  for (const jobId of running) await written(host, jobId, 'listening');
  const waiting = await submit(host, ['exit', '0']);
  const dependent = await submit(host, ['exit', '0'], { dependsOn: [{ jobId: waiting }] });
  const last = await submit(host, ['exit', '0'], { dependsOn: [{ jobId: dependent }] });
  assert.equal((await jobOf(host, waiting))?.status, 'RUNNABLE');
  assert.equal((await jobOf(host, dependent))?.status, 'PENDING');
  await batch(host, 'canceljob', { jobId: waiting, reason: 'never mind' });
  const cancelled = await ended(waiting);
  assert.deepEqual(
    [cancelled.status, cancelled.statusReason, cancelled.attempts.length, cancelled.isCancelled],
    ['FAILED', 'never mind', 0, true],
  );
  assert.equal((await ended(last)).statusReason, 'Dependent Job failed');
  for (const jobId of running) await batch(host, 'terminatejob', { jobId, reason: 'enough' });
  for (const jobId of running) await ended(jobId);
  const first = await submit(host, ['exit', '0']);
  assert.equal((await ended(await submit(host, ['exit', '0'], { dependsOn: [{ jobId: first }] }))).status, 'SUCCEEDED');
});

test('jobs are listed page by page', async () => {
  const { body: first } = await batch(host, 'listjobs', { jobQueue: QUEUE, jobStatus: 'SUCCEEDED', maxResults: 1 });
  const { body: second } = await batch(host, 'listjobs', {
    jobQueue: QUEUE,
    jobStatus: 'SUCCEEDED',
    maxResults: 1,
    nextToken: first.nextToken,
  });
  const [one] = first.jobSummaryList ?? [];
  const [other] = second.jobSummaryList ?? [];
  assert.deepEqual([one?.status, other?.status], ['SUCCEEDED', 'SUCCEEDED']);
  assert.notEqual(one?.jobId, other?.jobId);
  const filters = [{ name: 'JOB_NAME', values: ['A-JO*'] }];
  const { body: all } = await batch(host, 'listjobs', { jobQueue: QUEUE, filters });
  assert.ok((all.jobSummaryList ?? []).length > 5);
  const { body: none } = await batch(host, 'listjobs', { jobQueue: QUEUE, jobStatus: 'RUNNING' });
  assert.deepEqual([none.jobSummaryList, none.nextToken], [[], undefined]);
});

describe('what Batch does not take is refused as a ClientException', () => {
  const good = { jobName: 'a', jobQueue: QUEUE, jobDefinition: JOB };
  const cases: [string, string, object, RegExp][] = [
    ['another queue', 'submitjob', { ...good, jobQueue: 'other' }, /JobQueue other not found/v],
    ['another definition', 'submitjob', { ...good, jobDefinition: `${JOB}:2` }, /JobDefinition App-Job:2 not found/v],
    ['a name that is none', 'submitjob', { ...good, jobName: '../x' }, /jobName must be/v],
    ['an array job', 'submitjob', { ...good, arrayProperties: { size: 3 } }, /array jobs do not run here/v],
    ['a job of many nodes', 'submitjob', { ...good, nodeOverrides: {} }, /multi-node jobs do not run here/v],
    ['a short timeout', 'submitjob', { ...good, timeout: { attemptDurationSeconds: 59 } }, /attemptDurationSeconds/v],
    ['an unknown dependency', 'submitjob', { ...good, dependsOn: [{ jobId: 'x' }] }, /Job x does not exist/v],
    [
      'a variable that is the service’s',
      'submitjob',
      { ...good, containerOverrides: { environment: [{ name: 'AWS_BATCH_JOB_ID', value: 'x' }] } },
      /cannot start with "AWS_BATCH"/v,
    ],
    ['no jobs', 'describejobs', {}, /jobs/v],
    ['too many jobs', 'describejobs', { jobs: Array.from({ length: 101 }, () => 'x') }, /Maximum of 100/v],
    ['no reason', 'terminatejob', { jobId: 'x' }, /reason/v],
    ['no queue', 'listjobs', {}, /jobQueue/v],
    ['a token that is none', 'listjobs', { jobQueue: QUEUE, nextToken: 'x' }, /nextToken is not valid/v],
  ];
  for (const [what, action, input, message] of cases) {
    test(what, async () => {
      const { status, body } = await batch(host, action, input);
      assert.equal(status, 400);
      assert.match(body.message ?? '', message);
    });
  }

  test('another action', async () => {
    assert.equal((await batch(host, 'registerjobdefinition', {})).status, 400);
  });
});
