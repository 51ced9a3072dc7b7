import { NoSuchKey } from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Attempt, type AttemptStore, attemptStore, referenceOf } from '../src/attempt-store.ts';
import type { RunTaskRequest } from '../src/run-task.ts';
import { parseStart, type Place, start } from '../src/start.ts';
import { parseStopEvent } from '../src/stopped.ts';
import { watch } from '../src/watch.ts';

const TASK_TOKEN = 'AQDEAAAAKgAAAA'.repeat(20);
const REFERENCE = referenceOf(TASK_TOKEN);

const PLACE: Place = {
  cluster: 'arn:aws:ecs:eu-west-1:123456789012:cluster/films',
  capacity: 'FARGATE',
  network: { subnets: ['subnet-1'], securityGroups: ['sg-1'], assignPublicIp: 'ENABLED' },
};

const EVENT = {
  taskId: 'render-1',
  taskToken: TASK_TOKEN,
  input: { film: 'Metropolis' },
  taskDefinition: 'films-render',
  containerName: 'program',
  environment: { AWS_REGION: 'eu-west-1' },
};

function memoryStore(): AttemptStore & { readonly kept: Map<string, Attempt> } {
  const kept = new Map<string, Attempt>();
  return {
    kept,
    async put(reference, attempt) {
      kept.set(reference, attempt);
    },
    read: async (reference) => kept.get(reference),
    async remove(reference) {
      kept.delete(reference);
    },
  };
}

test('the token is kept before the container is started, and ECS is told a reference alone', async () => {
  const attempts = memoryStore();
  const requests: RunTaskRequest[] = [];
  const reported: unknown[] = [];
  const runTask = async (request: RunTaskRequest) => {
    assert.equal(attempts.kept.get(REFERENCE)?.taskToken, TASK_TOKEN);
    requests.push(request);
    return 'arn:task';
  };
  const report = (...some: unknown[]) => void reported.push(some);
  for (let times = 0; times < 2; times += 1) {
    await start(parseStart(EVENT), { attempts, runTask, place: PLACE, report });
  }
  const [first, again] = requests;
  assert.deepEqual(again, first, 'a second call with the same token is the same request, which starts nothing');
  assert.equal(first?.clientToken, REFERENCE);
  assert.equal(first.launchType, 'FARGATE');
  assert.deepEqual(first.overrides.containerOverrides, [
    {
      name: 'program',
      environment: [
        { name: 'AWS_REGION', value: 'eu-west-1' },
        { name: 'LONG_TASK_ID', value: 'render-1' },
        { name: 'SUPERVISOR_REFERENCE', value: REFERENCE },
      ],
    },
  ]);
  assert.ok(!JSON.stringify([requests, reported]).includes(TASK_TOKEN));
});

test('without its token in S3 nothing is started, and the state may try again', async () => {
  const runTask = () => assert.fail('its container could not answer');
  const put = () => Promise.reject(new Error('SlowDown'));
  const dependencies = { attempts: { ...memoryStore(), put }, runTask, place: PLACE, report: () => {} };
  await assert.rejects(start(parseStart(EVENT), dependencies), {
    name: 'LongTask.NotStarted',
    message: 'The attempt could not be kept: Error: SlowDown',
  });
});

test('an event that is none is refused without showing its token', () => {
  assert.throws(
    () => parseStart({ ...EVENT, taskDefinition: 7 }),
    (error: Error) => {
      assert.match(error.message, /taskDefinition/v);
      assert.ok(!error.message.includes(TASK_TOKEN));
      return true;
    },
  );
  for (const taskId of ['../records/x', '', '.', 'a/b', 'x'.repeat(129)]) {
    assert.throws(() => parseStart({ ...EVENT, taskId }), /The id of a long task is 1 to 128 letters/v, taskId);
  }
});

test('what is kept of an attempt and cannot be read is not shown either', async () => {
  const broken = { Body: { transformToString: async () => `{"taskToken":"${TASK_TOKEN}"` } };
  const send = async () => broken;
  await assert.rejects(attemptStore({ send } as never, 'b').read(REFERENCE), (error: Error) => {
    assert.ok(!JSON.stringify([error.message, error.cause, error.stack]).includes(TASK_TOKEN));
    return true;
  });
  const gone = async () => {
    throw new NoSuchKey({ message: 'gone', $metadata: {} });
  };
  assert.equal(await attemptStore({ send: gone } as never, 'b').read(REFERENCE), undefined);
});

interface Seen {
  readonly answers: { error: string; cause: string }[];
  readonly reported: [string, Record<string, unknown>][];
  readonly kept: number;
}

/** What comes of the end of a container, while its attempt is `open`, or was `answered` by itself; twice, as events come. */
async function stopped(detail: object, attempt: 'open' | 'answered'): Promise<Seen> {
  const attempts = memoryStore();
  await attempts.put(REFERENCE, { taskId: 'render-1', taskToken: TASK_TOKEN, input: {} });
  if (attempt === 'answered') await attempts.remove(REFERENCE);
  const answers: Seen['answers'] = [];
  const reported: Seen['reported'] = [];
  const never = () => assert.fail('a container that has stopped has only failed');
  const dependencies = {
    attempts,
    answersTo: (taskToken: string) => {
      assert.equal(taskToken, TASK_TOKEN);
      return {
        heartbeat: never,
        succeed: never,
        fail: async (failure: { error: string; cause: string }) => answers.push(failure) === 1,
      };
    },
    report: (event: string, fields: object) => void reported.push([event, { ...fields }]),
  };
  const event = parseStopEvent({ 'detail-type': 'ECS Task State Change', source: 'aws.ecs', detail });
  await watch(event, dependencies);
  await watch(event, dependencies);
  assert.ok(!JSON.stringify(reported).includes(TASK_TOKEN));
  return { answers, reported, kept: attempts.kept.size };
}

/** Amazon ECS Developer Guide, "Amazon ECS task state change events", shortened. */
const STOPPED = {
  clusterArn: PLACE.cluster,
  taskArn: 'arn:aws:ecs:eu-west-1:123456789012:task/films/1',
  lastStatus: 'STOPPED',
  desiredStatus: 'STOPPED',
  startedBy: `long-task/${REFERENCE}`,
  stopCode: 'EssentialContainerExited',
  stoppedReason: 'Essential container in task exited',
  containers: [{ name: 'program', exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' }],
  overrides: { containerOverrides: [{ name: 'program', environment: [{ name: 'LONG_TASK_ID', value: 'render-1' }] }] },
};

test('a container that stops without an answer fails its task, with exit code and reason, once', async () => {
  const { answers, reported, kept } = await stopped(STOPPED, 'open');
  assert.deepEqual(answers, [
    {
      error: 'LongTask.ContainerStopped',
      cause:
        'The container stopped before it had answered: EssentialContainerExited: Essential container in task exited: ' +
        'exit code 137: OutOfMemoryError: Container killed due to memory usage',
    },
  ]);
  assert.equal(kept, 0);
  assert.partialDeepStrictEqual(reported[0], ['long-task.failed', { id: 'render-1', isTaken: true }]);
});

test('one that has answered by itself is left alone, and counted if it has failed', async () => {
  const failed = await stopped({ ...STOPPED, containers: [{ exitCode: 3 }] }, 'answered');
  assert.deepEqual(failed.answers, []);
  assert.partialDeepStrictEqual(failed.reported[0], ['long-task.failed', { id: 'render-1', isTaken: false }]);
  const well = await stopped({ ...STOPPED, containers: [{ exitCode: 0 }] }, 'answered');
  assert.deepEqual([well.answers, well.reported], [[], []]);
});

test('what the program is not to blame for is another error, for which a state tries again', async () => {
  const lost = [
    { stopCode: 'SpotInterruption', stoppedReason: 'Your Spot Task was interrupted.' },
    {
      stopCode: 'TaskFailedToStart',
      stoppedReason: 'CannotPullContainerError: pull image manifest has been retried',
      containers: [{}],
    },
    {
      stopCode: 'TerminationNotice',
      stoppedReason: 'Amazon ECS is performing maintenance on the underlying infrastructure',
    },
    { stoppedReason: 'Host EC2 (instance i-1234) terminated.' },
  ];
  for (const detail of lost) {
    const { answers } = await stopped({ ...STOPPED, stopCode: undefined, ...detail }, 'open');
    assert.equal(answers[0]?.error, 'LongTask.HostLost', detail.stoppedReason);
  }
  const byHand = await stopped(
    { ...STOPPED, stopCode: 'UserInitiated', stoppedReason: 'Task stopped by user' },
    'open',
  );
  assert.equal(byHand.answers[0]?.error, 'LongTask.ContainerStopped');
});

test('a task that something else has started is none of ours, whatever it calls itself', async () => {
  for (const startedBy of [undefined, 'ecs-svc/1', 'long-task/../records/x', `long-task/${REFERENCE}x`]) {
    const { answers, reported, kept } = await stopped({ ...STOPPED, startedBy }, 'open');
    assert.deepEqual([answers, reported, kept], [[], [], 1]);
  }
});

test('a job that has failed is counted by the id that its state gave it', async () => {
  const reported: unknown[] = [];
  const event = parseStopEvent({
    'detail-type': 'Batch Job State Change',
    detail: {
      jobId: '4c7599ae-0a82-49aa-ba5a-4727fcce14a8',
      status: 'FAILED',
      statusReason: 'Essential container in task exited',
      container: { exitCode: 3, environment: [{ name: 'LONG_TASK_ID', value: 'render-1' }] },
    },
  });
  const report = (name: string, fields: object) => void reported.push([name, fields]);
  const noAnswer = () => assert.fail('Step Functions waits for a job by itself');
  await watch(event, { attempts: memoryStore(), answersTo: noAnswer, report });
  assert.partialDeepStrictEqual(reported, [['long-task.failed', { id: 'render-1', exitCode: 3 }]]);
});
