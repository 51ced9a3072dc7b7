import assert from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, GetExecutionHistoryCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { freshPath, writeAssembly } from './assembly-files.ts';
import { refusalOf } from './refusal.ts';
import { libraryAssembly, signIn, type Tokens } from './sign-in-fixture.ts';
import { ended, invoke, rested, startTestHost, until, type TestHost } from './test-host.ts';

const DAY_MS = 86_400_000;

/** Tells what time it is by each way that `Date` has, and how long it waited by the machine's clock. */
const CLOCK = `
  import { existsSync, rmSync } from 'node:fs';
  const loaded = Date.now();
  export const handler = async ({ waitMs = 0, begun, end, token, fail }) => {
    if (fail) throw new Error('again');
    const before = performance.now();
    if (begun !== undefined) rmSync(begun);
    while (end !== undefined && existsSync(end)) await new Promise((resolve) => setTimeout(resolve, 5));
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const now = Date.now();
    return {
      now, loaded, waitedMs: performance.now() - before, timeOrigin: performance.timeOrigin, hasToken: token !== undefined,
      byNew: new Date().getTime(), byCall: Date.parse(Date()), byConstructor: new (new Date(0).constructor)().getTime(), bySubclass: new (class Instant extends Date {})().getTime(),
      isDate: new Date() instanceof Date && structuredClone(new Date()) instanceof Date,
      given: new Date(0).toISOString(), utc: Date.UTC(1970, 0, 2), variables: Object.keys(process.env).filter((name) => name.includes('TIME_OFFSET')),
    };
  };`;

const machine = (name: string, definition: object) => ({
  Type: 'AWS::StepFunctions::StateMachine',
  Properties: {
    StateMachineName: name,
    RoleArn: 'arn:aws:iam::000000000000:role/r',
    DefinitionString: JSON.stringify(definition),
  },
});
const CLOCK_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:clock';
const clockTask = (more: object = {}) => ({ Type: 'Task', Resource: CLOCK_ARN, End: true, ...more });

const assemblyDir = writeAssembly(
  {
    Clock: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName: 'clock',
        Handler: 'index.handler',
        Runtime: 'nodejs24.x',
        Role: 'r',
        Code: { S3Key: 'clock.zip' },
      },
    },
    Pantry: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'pantry' } },
    Month: machine('month', {
      StartAt: 'Rest',
      States: { Rest: { Type: 'Wait', Seconds: 30 * 86_400, Next: 'Tell' }, Tell: clockTask() },
    }),
    Token: machine('token', {
      StartAt: 'Ask',
      States: {
        Ask: {
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
          Parameters: { FunctionName: 'clock', Payload: { 'token.$': '$$.Task.Token' } },
          TimeoutSeconds: 364 * 86_400,
          Catch: [{ ErrorEquals: ['States.Timeout'], ResultPath: '$.error', Next: 'Tell' }],
          End: true,
        },
        Tell: clockTask(),
      },
    }),
    Days: machine('days', {
      StartAt: 'First',
      States: {
        First: { Type: 'Wait', Seconds: 86_400, Next: 'TellFirst' },
        TellFirst: clockTask({ End: undefined, ResultPath: '$.first', Next: 'Second' }),
        Second: { Type: 'Wait', Seconds: 86_400, Next: 'TellSecond' },
        TellSecond: clockTask({ End: undefined, ResultPath: '$.second', Next: 'Long' }),
        Long: { Type: 'Wait', Seconds: 86_400 * 100, End: true },
      },
    }),
  },
  { 'clock/index.mjs': CLOCK },
);

/** A function that is called once a day. */
function scheduledAssembly(): string {
  return writeAssembly(
    {
      Diary: {
        Type: 'AWS::Lambda::Function',
        Properties: { Handler: 'index.handler', Runtime: 'nodejs24.x', Role: 'r', Code: { S3Key: 'diary.zip' } },
      },
      Daily: {
        Type: 'AWS::Events::Rule',
        Properties: {
          ScheduleExpression: 'rate(1 day)',
          State: 'ENABLED',
          Targets: [{ Id: 'Diary', Arn: { 'Fn::GetAtt': ['Diary', 'Arn'] } }],
        },
      },
    },
    { 'diary/index.mjs': 'export const handler = async ({ time }) => console.log(`of ${time} at ${Date.now()}`);' },
  );
}

const start = (timeTravel = true, dataDir = freshPath()): Promise<TestHost> =>
  startTestHost({ assemblyDir, dataDir, timeTravel });

const run = async ({ sfn }: TestHost, name: string): Promise<string> => {
  const stateMachineArn = `arn:aws:states:us-east-1:000000000000:stateMachine:${name}`;
  const { executionArn = '' } = await sfn.send(new StartExecutionCommand({ stateMachineArn, input: '{}' }));
  return executionArn;
};

interface Timer {
  readonly dueAt: string;
  readonly kind: string;
  readonly executionArn?: string;
  readonly state?: string;
}

interface Answer {
  readonly now: string;
  readonly offsetSeconds: number;
  readonly next: readonly Timer[];
  readonly fired: readonly Timer[];
  readonly firedCount: number;
  readonly leftRunning: number;
  readonly isThere: boolean;
  readonly message: string;
  readonly advancing?: object;
}

const JSON_TYPE = { 'content-type': 'application/json' };

async function ask(host: Pick<TestHost, 'awsUrl'>, path = '', init: RequestInit = {}): Promise<[number, Answer]> {
  const response = await fetch(`${host.awsUrl}/_countersign/time${path}`, init);
  const answer: Answer = JSON.parse(await response.text());
  return [response.status, answer];
}

async function advance(host: Pick<TestHost, 'awsUrl'>, journey: object): Promise<Answer> {
  const [status, answer] = await ask(host, '/advance', {
    method: 'POST',
    headers: JSON_TYPE,
    body: JSON.stringify(journey),
  });
  assert.equal(status, 200, JSON.stringify(answer));
  return answer;
}

/** By the events of the execution: their kinds, and when, in seconds since its start. */
async function secondsOf({ sfn }: TestHost, executionArn: string): Promise<Map<string, number>> {
  const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
  const startMs = events[0]?.timestamp?.getTime() ?? 0;
  return new Map(
    events.map(({ type, stateExitedEventDetails: exited, timestamp }) => [
      exited?.name === undefined ? (type ?? '') : `${type} ${exited.name}`,
      ((timestamp?.getTime() ?? 0) - startMs) / 1000,
    ]),
  );
}

interface Told {
  readonly now: number;
  readonly loaded: number;
  readonly waitedMs: number;
  readonly timeOrigin: number;
}

const tell = async (host: TestHost, event: object = {}): Promise<Told> => {
  const told: unknown = await invoke(host, 'clock', event);
  return told as Told; // oxlint-disable-line typescript/no-unsafe-type-assertion -- CLOCK's own form
};

/** Begins an invocation, which goes on until it is let end. */
async function tellLong(host: TestHost): Promise<{ readonly end: () => void; readonly told: Promise<Told> }> {
  const [begun, end] = [freshPath(), freshPath()];
  for (const file of [begun, end]) writeFileSync(file, '');
  const told = tell(host, { begun, end });
  await until(() => Promise.resolve(existsSync(begun) ? undefined : true));
  return { end: () => rmSync(end), told };
}

/** Begins to move the time on, which waits for whatever is under way. */
async function beginAdvance(host: TestHost, journey: object): Promise<{ readonly advanced: Promise<Answer> }> {
  const advanced = advance(host, journey);
  await until(async () => (await ask(host))[1].advancing);
  return { advanced };
}

const near = (actualMs: number, expectedMs: number, what: string): void =>
  assert.ok(Math.abs(actualMs - expectedMs) < 60_000, `${what}: ${actualMs - expectedMs} ms apart`);

function claimsOf(token: string): { readonly iat: number } {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

describe('where time travels', () => {
  test('a wait of thirty days ends at its own time, and the function after it sees that time', async () => {
    const host = await start();
    const executionArn = await run(host, 'month');
    const [, { next }] = await ask(host);
    assert.deepEqual(
      next.map(({ kind, state, executionArn: of }) => [kind, state, of]),
      [['Wait', 'Rest', executionArn]],
    );
    const { now, offsetSeconds, fired, firedCount, isThere } = await advance(host, { by: 'P40D' });
    assert.deepEqual([fired.length, firedCount, isThere, fired[0]?.kind], [1, 1, true, 'Wait']);
    near(Date.parse(now), Date.now() + 40 * DAY_MS, 'now');
    assert.ok(Math.abs(offsetSeconds - 40 * 86_400) < 60);

    const { status, output = '', stopDate, startDate } = await ended(host, executionArn);
    assert.equal(status, 'SUCCEEDED');
    const told: Told = JSON.parse(output);
    near(told.now, (startDate?.getTime() ?? 0) + 30 * DAY_MS, 'what the function saw');
    const { events = [] } = await host.sfn.send(new GetExecutionHistoryCommand({ executionArn }));
    const at = (type: string): number =>
      events.find((event) => event.type === type)?.timestamp?.getTime() ?? Number.NaN;
    assert.ok(at('LambdaFunctionStarted') <= told.now && told.now <= at('LambdaFunctionSucceeded'), 'it is one time');
    near(told.now, stopDate?.getTime() ?? 0, 'the end');
    const [, after] = await ask(host);
    assert.deepEqual(after.next, []);
    await host.close();
  });

  test('a token that nobody sends times out after 364 days, and not a day before', async () => {
    const host = await start();
    const executionArn = await run(host, 'token');
    await rested(host, executionArn);
    const [, { next }] = await ask(host);
    assert.equal(next[0]?.kind, 'TaskTimeout');
    const early = await advance(host, { by: 'P363D' });
    assert.equal(early.firedCount, 0);
    const { status } = await host.sfn.send(new DescribeExecutionCommand({ executionArn }));
    assert.equal(status, 'RUNNING');
    assert.equal((await advance(host, { by: 2 * 86_400 })).firedCount, 1);
    const { startDate, output = '' } = await ended(host, executionArn);
    const told: Told = JSON.parse(output);
    near(told.now, (startDate?.getTime() ?? 0) + 364 * DAY_MS, 'what the function saw');
    await host.close();
  });

  test('timers that come to be on the way fire on the way, each at its own time', async () => {
    const host = await start();
    const executionArn = await run(host, 'days');
    const { fired, isThere } = await advance(host, { by: 'P10D' });
    assert.deepEqual([fired.map(({ state }) => state), isThere], [['First', 'Second'], true]);
    const at = await secondsOf(host, executionArn);
    assert.equal(Math.round((at.get('WaitStateExited First') ?? 0) / 86_400), 1);
    assert.ok(Math.abs((at.get('WaitStateExited Second') ?? 0) - 2 * 86_400) < 3);
    const [, { next }] = await ask(host);
    assert.equal(next[0]?.state, 'Long');
    await host.close();
  });

  test('functions see it by every way that Date has, from their next invocation on', async () => {
    const host = await start();
    const before = await tell(host);
    near(before.now, Date.now(), 'before');
    await advance(host, { by: 'P3D' });
    const expectedMs = Date.now() + 3 * DAY_MS;
    const after = await tell(host, { waitMs: 60 });
    assert.equal(after.loaded, before.loaded, 'it is the same instance');
    const { now, waitedMs, timeOrigin, ...others } = after;
    near(now, expectedMs, 'after');
    assert.ok(waitedMs >= 59 && waitedMs < 10_000, 'timers run by the machine');
    assert.equal(timeOrigin, before.timeOrigin);
    const { byNew, byCall, byConstructor, bySubclass, loaded, ...fixed } = others as unknown as Record<string, number>;
    for (const instant of [byNew, byCall, byConstructor, bySubclass]) near(instant ?? 0, expectedMs, 'Date');
    near(loaded ?? 0, before.now, 'when it was loaded');
    assert.deepEqual(fixed, {
      hasToken: false,
      isDate: true,
      given: '1970-01-01T00:00:00.000Z',
      utc: DAY_MS,
      variables: [],
    });
    await host.close();
  });

  test('an invocation under way does not jump, and time moves on when it is done', async () => {
    const host = await start();
    await tell(host);
    const slow = await tellLong(host);
    const { advanced } = await beginAdvance(host, { by: 'P3D' });
    slow.end();
    const { now } = await slow.told;
    near(now, Date.now(), 'the one under way');
    assert.deepEqual((await advanced).leftRunning, 0);
    near((await tell(host)).now, Date.now() + 3 * DAY_MS, 'the next');
    await host.close();
  });

  test('what fails asynchronously is tried again at the times that AWS has for it', async () => {
    const host = await start();
    const response = await fetch(`${host.awsUrl}/2015-03-31/functions/clock/invocations`, {
      method: 'POST',
      headers: { 'x-amz-invocation-type': 'Event' },
      body: '{"fail":true}',
    });
    assert.equal(response.status, 202);
    const { fired } = await advance(host, { by: 'PT10M' });
    assert.deepEqual(
      fired.map(({ kind }) => kind),
      ['InvocationRetry', 'InvocationRetry'],
    );
    assert.ok(host.logged.some((line) => line.includes('RetriesExhausted')));
    await host.close();
  });

  test('a schedule fires each time that it is due, and what it calls sees that time', async () => {
    const host = await startTestHost({ assemblyDir: scheduledAssembly(), timeTravel: true });
    const { fired, leftRunning } = await advance(host, { by: 'P10DT1H' });
    assert.deepEqual([fired.length, fired.every(({ kind }) => kind === 'Schedule'), leftRunning], [10, true, 0]);
    const said = await until(async () => {
      const lines = host.logged.flatMap((line) => /of (\S+Z) at (\d+)/v.exec(line) ?? []).filter((_, n) => n % 3 > 0);
      return lines.length === 20 ? lines : undefined;
    });
    for (let day = 0; day < 10; day++) {
      const due = Date.parse(fired[day]?.dueAt ?? '');
      near(Date.parse(said[day * 2] ?? ''), due, `the event of day ${day}`);
      near(Number(said[day * 2 + 1]), due, `the function on day ${day}`);
    }
    const more = await advance(host, { by: 'P20D' });
    assert.deepEqual([more.firedCount, more.fired.length], [20, 10], 'few of them are told');
    await host.close();
  });

  test('objects are written at that time', async () => {
    const host = await start();
    await advance(host, { by: 'P1M' });
    const [, { now }] = await ask(host);
    await host.s3.send(new PutObjectCommand({ Bucket: 'pantry', Key: 'jam', Body: 'plum' }));
    const { LastModified } = await host.s3.send(new HeadObjectCommand({ Bucket: 'pantry', Key: 'jam' }));
    near(LastModified?.getTime() ?? 0, Date.parse(now), 'Last-Modified');
    const { headers } = await fetch(`${host.awsUrl}/_countersign/health`);
    near(Date.parse(headers.get('date') ?? ''), Date.parse(now), 'what answers are dated');
    await host.close();
  });

  test('tokens of people are issued and expire by it', async () => {
    const host = await startTestHost({ assemblyDir: libraryAssembly(), timeTravel: true });
    const mine = async ({ access_token }: Tokens): Promise<number> => {
      const headers = { authorization: `Bearer ${access_token}` };
      return (await fetch(`${host.apis[0]?.url}/mine`, { headers })).status;
    };
    await advance(host, { by: 'P3D' });
    const tokens = await signIn(host, 'erin');
    near(claimsOf(tokens.access_token).iat * 1000, Date.now() + 3 * DAY_MS, 'the access token');
    near(claimsOf(tokens.id_token).iat * 1000, Date.now() + 3 * DAY_MS, 'the id token');
    await advance(host, { by: 'PT4M' });
    assert.equal(await mine(tokens), 200);
    await advance(host, { by: 'PT2M' });
    assert.equal(await mine(tokens), 401);
    assert.equal(await mine(await signIn(host, 'erin')), 200);
    near(Date.now(), performance.timeOrigin + performance.now(), 'the time of whoever runs the host');
    await host.close();
  });

  test('a restart goes on in the same time, and nobody starts before it', async () => {
    const dataDir = freshPath();
    const first = await start(true, dataDir);
    const executionArn = await run(first, 'month');
    const { offsetSeconds } = await advance(first, { by: 'P3D' });
    await first.close();

    const { message, nextStep } = await refusalOf(() => start(false, dataDir));
    assert.match(message, /seconds ahead of this machine's clock/v);
    assert.match(nextStep, /--time-travel/v);

    const second = await start(true, dataDir);
    assert.deepEqual(second.timeTravel, { offsetSeconds });
    near((await tell(second)).now, Date.now() + 3 * DAY_MS, 'after the restart');
    await advance(second, { by: 'P28D' });
    const { status, startDate, stopDate } = await ended(second, executionArn);
    assert.equal(status, 'SUCCEEDED');
    near(stopDate?.getTime() ?? 0, (startDate?.getTime() ?? 0) + 30 * DAY_MS, 'the end');
    await second.close();
  });
});

describe('moving time on', () => {
  test('is refused where it was not asked for, and leaves nothing behind', async () => {
    const dataDir = freshPath();
    const host = await start(false, dataDir);
    assert.equal(host.timeTravel, undefined);
    for (const path of ['', '/advance']) {
      const [status] = await ask(
        host,
        path,
        path === '' ? {} : { method: 'POST', headers: JSON_TYPE, body: '{"by":1}' },
      );
      assert.equal(status, 404);
    }
    assert.ok(!existsSync(join(dataDir, 'time.json')));
    await host.close();
  });

  test('is refused where others could do it', async () => {
    const refusal = await refusalOf(() => startTestHost({ assemblyDir, host: '0.0.0.0', timeTravel: true }));
    assert.match(refusal.message, /where others can reach it/v);
  });

  test('takes JSON that says how far, and no page may ask', async () => {
    const host = await start();
    const [, { now }] = await ask(host);
    const post = async (body: string, headers: Record<string, string> = JSON_TYPE): Promise<number> =>
      (await ask(host, '/advance', { method: 'POST', headers, body }))[0];
    for (const body of [
      '',
      'null',
      '{}',
      '{"by":-1}',
      '{"by":"3 days"}',
      '{"by":"P"}',
      '{"by":"P1DT"}',
      '{"by":"P11Y"}',
      '{"by":"P99999999999999999999Y"}',
      '{"by":1e300}',
      '{"by":"P1D","to":"2030-01-01T00:00:00Z"}',
      '{"to":"2030-01-01"}',
      '{"to":"2001-01-01T00:00:00Z"}',
    ]) {
      assert.equal(await post(body), 400, body);
    }
    assert.equal(await post('x'.repeat(2000)), 400);
    assert.equal(await post('{"by":1}', { 'content-type': 'text/plain' }), 415);
    assert.equal(await post('{"by":1}', { ...JSON_TYPE, origin: 'https://example.com' }), 403);
    assert.equal(await post('{"by":1}', { ...JSON_TYPE, 'sec-fetch-site': 'cross-site' }), 403);
    assert.equal((await ask(host, '/advance'))[0], 405);
    assert.equal((await ask(host, '', { method: 'POST' }))[0], 405);
    assert.equal((await ask(host, '/elsewhere'))[0], 404);
    const [, after] = await ask(host);
    assert.equal(after.offsetSeconds, 0);

    const to = new Date(Date.parse(now) + 5 * DAY_MS).toISOString();
    near(Date.parse((await advance(host, { to })).now), Date.parse(to), 'to');
    await host.close();
  });

  test('is done by one at a time', async () => {
    const host = await start();
    await tell(host);
    const slow = await tellLong(host);
    const { advanced } = await beginAdvance(host, { by: 'P1D' });
    const [status] = await ask(host, '/advance', { method: 'POST', headers: JSON_TYPE, body: '{"by":"P1D"}' });
    assert.equal(status, 409);
    slow.end();
    await Promise.all([slow.told, advanced]);
    await host.close();
  });

  test('ends between two timers where the host is closed, and goes on at the next start', async () => {
    const dataDir = freshPath();
    const host = await start(true, dataDir);
    const executionArn = await run(host, 'days');
    await tell(host);
    const { told } = await tellLong(host);
    const { advanced } = await beginAdvance(host, { by: 'P10D' });
    const settled = Promise.allSettled([told, advanced]);
    await host.close();
    await settled;
    assert.ok(!host.logged.some((line) => line.includes('time.failed')), host.logged.join(''));

    const again = await start(true, dataDir);
    const { status, startDate } = await again.sfn.send(new DescribeExecutionCommand({ executionArn }));
    assert.equal(status, 'RUNNING');
    await advance(again, { to: new Date((startDate?.getTime() ?? 0) + 10 * DAY_MS).toISOString() });
    const at = await secondsOf(again, executionArn);
    assert.ok(Math.abs((at.get('WaitStateExited Second') ?? 0) - 2 * 86_400) < 5);
    await again.close();
  });
});
