import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Job } from '../src/services/batch-job.ts';
import { createBatchJobStore } from '../src/services/batch-job-store.ts';
import { createBatchJobs } from '../src/services/batch-jobs.ts';
import { isTriedAgain } from '../src/services/batch-retry.ts';
import { openComputeTables } from '../src/services/compute-tables.ts';
import type { Task } from '../src/services/ecs-task.ts';
import { openMessageDatabase } from '../src/services/message-store.ts';

const ARN = 'arn:aws:batch:us-east-1:000000000000';

function jobOf(id: string, more: Partial<Job> = {}): Job {
  return {
    id,
    arn: `${ARN}:job/${id}`,
    name: id,
    queueArn: `${ARN}:job-queue/queue`,
    definitionArn: `${ARN}:job-definition/definition:1`,
    status: 'SUBMITTED',
    parameters: {},
    tags: {},
    dependsOn: [],
    retryStrategy: { attempts: 3, evaluateOnExit: [] },
    container: {
      name: 'default',
      image: 'image',
      isEssential: true,
      environment: {},
      secrets: {},
      stopTimeoutSeconds: 30,
      memoryMb: 512,
    },
    cpu: 1,
    memoryMb: 512,
    priority: 1,
    createdAtMs: 0,
    attempts: [],
    isCancelled: false,
    isTerminated: false,
    shown: {},
    ...more,
  };
}

/** Jobs whose tasks do what the test says. */
function setUp(t: TestContext) {
  const database = openMessageDatabase(':memory:');
  t.after(() => database.close());
  openComputeTables(database);
  const store = createBatchJobStore(database);
  const added: Task[] = [];
  const stopped: { id: string; reason: string }[] = [];
  const jobs = createBatchJobs({
    store,
    tasks: () => ({
      add: (task) => void added.push(task),
      stop(id, _code, reason) {
        stopped.push({ id, reason });
        return undefined;
      },
      start: () => Promise.resolve(),
      isResting: () => true,
      close: () => Promise.resolve(),
    }),
    clusterArn: 'arn:aws:ecs:us-east-1:000000000000:cluster/AWSBatch',
    computeEnvironmentOf: () => 'environment',
    changed() {},
    later: (change) => change(),
    now: () => 1000,
  });
  const task = (changes: Partial<Task>) => {
    const last = added.at(-1);
    assert.ok(last);
    jobs.taskChanged({ ...last, ...changes });
  };
  return { store, jobs, added, stopped, task };
}

const BEGUN = { pullStartedAtMs: 1, startedAtMs: 2 };
const FAILED: Partial<Task> = {
  ...BEGUN,
  lastStatus: 'STOPPED',
  stopCode: 'EssentialContainerExited',
  stoppedReason: 'x',
};

test('an attempt that takes longer than it may is stopped, and the job is not tried again', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { store, jobs, added, stopped, task } = setUp(t);
  jobs.submit(jobOf('slow', { attemptDurationSeconds: 60 }));
  task({ ...BEGUN, lastStatus: 'RUNNING' });
  task(FAILED);
  assert.equal(added.length, 2, 'a first attempt that failed in time was tried again');
  t.mock.timers.tick(60_000);
  assert.deepEqual(stopped, [], 'the time of an attempt that has ended is over with it');
  task({ ...BEGUN, lastStatus: 'RUNNING' });
  t.mock.timers.tick(59_999);
  assert.deepEqual(stopped, []);
  t.mock.timers.tick(1);
  assert.deepEqual(stopped, [{ id: added[1]?.id, reason: 'Job attempt duration exceeded timeout' }]);
  task({ ...FAILED, stopCode: 'UserInitiated' });
  const job = store.find('slow');
  assert.deepEqual(
    [job?.status, job?.statusReason, job?.attempts.length],
    ['FAILED', 'Job attempt duration exceeded timeout', 2],
  );
});

test('a chain of jobs as long as anybody likes fails with its first', (t) => {
  const { store, jobs, task } = setUp(t);
  const LENGTH = 3000;
  for (let index = 0; index < LENGTH; index++) {
    const dependsOn = index === 0 ? [] : [`job-${index - 1}`];
    jobs.submit(jobOf(`job-${index}`, { dependsOn, retryStrategy: { attempts: 1, evaluateOnExit: [] } }));
  }
  task(FAILED);
  const last = store.find(`job-${LENGTH - 1}`);
  assert.deepEqual([last?.status, last?.statusReason], ['FAILED', 'Dependent Job failed']);
});

test('whether a job is tried again is what the first fitting condition says', () => {
  const attempt = { taskArn: 'x', stoppedAtMs: 1, statusReason: 'Host EC2 (instance i-1) terminated.', exitCode: 7 };
  const cases: [object[], number, boolean][] = [
    [[], 1, true],
    [[], 3, false],
    [[{ onExitCode: '7', action: 'EXIT' }], 1, false],
    [[{ onExitCode: '70', action: 'EXIT' }], 1, true],
    [
      [
        { onStatusReason: 'Host EC2*', action: 'RETRY' },
        { onExitCode: '*', action: 'EXIT' },
      ],
      1,
      true,
    ],
    [
      [
        { onStatusReason: 'Host EC2*', onExitCode: '8', action: 'RETRY' },
        { onExitCode: '*', action: 'EXIT' },
      ],
      1,
      false,
    ],
    [[{ onReason: 'CannotPull*', action: 'EXIT' }], 1, true],
  ];
  for (const [evaluateOnExit, made, expected] of cases) {
    const strategy = { attempts: 3, evaluateOnExit } as Job['retryStrategy'];
    assert.equal(isTriedAgain(strategy, attempt, made), expected, JSON.stringify(evaluateOnExit));
  }
});
