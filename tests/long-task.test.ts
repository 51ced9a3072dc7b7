import { GetObjectCommand, ListBucketsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { DefinitionBody, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import cdkJson from '../cdk.json' with { type: 'json' };
import { OrderApprovalStack } from '../cloud/app/src/index.ts';
import {
  BatchLongTasks,
  FargateLongTasks,
  LongTask,
  type LongTaskProps,
  type LongTasks,
} from '../cloud/constructs/src/index.ts';
import { CountersignProcess } from './countersign-process.ts';
import type { Told } from './long-task-program.ts';

// Long tasks on the real host, in both ways, and everything of them that can die.

const PATIENCE_MS = 90_000;
const FLAVOURS = ['OnBatch', 'OnFargate'] as const;
type Flavour = (typeof FLAVOURS)[number];
/** As `OnFargate`, where a heartbeat is missed soon. */
const MUTE = 'OnMute';

const folder = mkdtempSync(join(tmpdir(), 'long-task-'));
const assembly = join(folder, 'cdk.out');
let countersign: CountersignProcess;
let sfn: SFNClient;
let s3: S3Client;

before(async () => {
  synthesise();
  await start();
});
after(async () => {
  sfn.destroy();
  s3.destroy();
  await countersign.kill();
  rmSync(folder, { recursive: true });
});

/** Orders that are processed as jobs, and a studio that renders films in both ways. */
function synthesise(): void {
  const app = new App({ builtinCloudFormationValidation: false, outdir: assembly, context: cdkJson.context });
  // oxlint-disable-next-line no-new -- a stack is made for what it adds to the app
  new OrderApprovalStack(app, 'Orders', { longTasks: 'batch' });
  const stack = new Stack(app, 'Studio');
  films(stack, 'OnBatch', new BatchLongTasks(stack, 'BatchLongTasks'));
  films(stack, 'OnFargate', new FargateLongTasks(stack, 'FargateLongTasks'));
  films(stack, 'OnMute', new FargateLongTasks(stack, 'MuteLongTasks'), {
    heartbeat: Duration.seconds(61),
    attempts: 10,
  });
  app.synth();
  hurry(join(assembly, 'Studio.template.json'));
}

/** Shortens waits that are of no use to a test. What LongTask refuses as too short, the services take. */
function hurry(path: string): void {
  let text = readFileSync(path, 'utf8');
  for (const [slow, quick] of [
    ['SUPERVISOR_HEARTBEAT_SECONDS\\":\\"15', 'SUPERVISOR_HEARTBEAT_SECONDS\\":\\"1'],
    ['HeartbeatTimeout\\"],\\"IntervalSeconds\\":10', 'HeartbeatTimeout\\"],\\"IntervalSeconds\\":1'],
    ['HeartbeatSeconds\\":61', 'HeartbeatSeconds\\":10'],
  ] as const) {
    assert.ok(text.includes(slow), slow);
    text = text.replaceAll(slow, quick);
  }
  writeFileSync(path, text);
}

function films(stack: Stack, machine: string, longTasks: LongTasks, props: Partial<LongTaskProps> = {}): void {
  const render = new LongTask(stack, `Render${machine}`, {
    longTasks,
    program: { entry: join(import.meta.dirname, 'long-task-program.ts') },
    heartbeat: Duration.minutes(1),
    ...props,
  });
  const definitionBody = DefinitionBody.fromChainable(render);
  longTasks.serve(new StateMachine(stack, machine, { stateMachineName: machine, definitionBody }));
}

async function start(): Promise<void> {
  countersign = await CountersignProcess.start(join(folder, 'data'), '--assembly', assembly);
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  const client = { endpoint: countersign.awsUrl, region: 'us-east-1', credentials };
  sfn = new SFNClient(client);
  s3 = new S3Client({ ...client, forcePathStyle: true });
}

/** One execution that runs one long task. */
class Film {
  readonly #executionArn: string;
  readonly #journal: string;

  private constructor(executionArn: string, journal: string) {
    this.#executionArn = executionArn;
    this.#journal = journal;
  }

  static async begin(flavour: Flavour | typeof MUTE, does: Told['does']): Promise<Film> {
    const name = `${does.replaceAll(' ', '-')}-${Math.random().toString(36).slice(2)}`;
    const told: Told = { journal: join(folder, `${flavour}-${name}`), does };
    const stateMachineArn = `arn:aws:states:us-east-1:000000000000:stateMachine:${flavour}`;
    const request = { stateMachineArn, name, input: JSON.stringify(told) };
    const { executionArn = '' } = await sfn.send(new StartExecutionCommand(request));
    return new Film(executionArn, told.journal);
  }

  /** The processes of each time that its program was run. */
  runs(): { pid: number; supervisor: number }[] {
    if (!existsSync(this.#journal)) return [];
    const lines = readFileSync(this.#journal, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as { pid: number; supervisor: number });
  }

  async running(times = 1): Promise<{ pid: number; supervisor: number }> {
    await until(
      `the program runs for the ${times}. time`,
      () => this.runs().length >= times,
      () => this.#story(),
    );
    return this.runs()[times - 1] ?? assert.fail();
  }

  async ended(): Promise<{ status: string; output: unknown; error: string; cause: string }> {
    for (let endsAt = Date.now() + PATIENCE_MS; ;) {
      const {
        status = '',
        output,
        error = '',
        cause = '',
      } = await sfn.send(new DescribeExecutionCommand({ executionArn: this.#executionArn }));
      if (status !== 'RUNNING') return { status, output: JSON.parse(output ?? 'null') as unknown, error, cause };
      assert.ok(Date.now() < endsAt, await this.#story());
      await pause();
    }
  }

  async stop(): Promise<void> {
    await sfn.send(new StopExecutionCommand({ executionArn: this.#executionArn, error: 'Cancelled' }));
  }

  async history(): Promise<HistoryEvent[]> {
    const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn: this.#executionArn }));
    return events;
  }

  async #story(): Promise<string> {
    const events = (await this.history()).map(({ id, type, taskFailedEventDetails }) => ({
      id,
      type,
      ...taskFailedEventDetails,
    }));
    return `${JSON.stringify(events)}\n${countersign.lines.slice(-30).join('\n')}`;
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 50));

async function until(what: string, isSo: () => boolean, story: () => Promise<string> = async () => ''): Promise<void> {
  for (const endsAt = Date.now() + PATIENCE_MS; !isSo(); await pause()) {
    if (Date.now() > endsAt) assert.fail(`it never came to this: ${what}\n${await story()}`);
  }
}

/** A process that nobody has waited for yet is gone as well. */
function isGone(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return true;
  }
}

async function gone({ pid, supervisor }: { pid: number; supervisor: number }): Promise<void> {
  await until('both processes are gone', () => isGone(pid) && isGone(supervisor));
}

const both = async (check: (flavour: Flavour) => Promise<void>) => void (await Promise.all(FLAVOURS.map(check)));

test('an order is processed as a job, and then waits for people as ever', async () => {
  await countersign.request('POST', '/orders', { orderId: 'long-1', orderDetails: 'two crates of apples' });
  const waiting = await countersign.waitForStatus('long-1', 'AWAITING_CONFIRMATION');
  assert.equal(waiting['orderDetails'], 'two crates of apples', 'what the program gave is what people are asked about');
  await countersign.request('POST', '/orders/long-1/confirmation', { decision: 'confirm' });
  await countersign.waitForStatus('long-1', 'COMPLETED');
});

test('what the program has given is the output of its state, and its progress was kept', async () => {
  await both(async (flavour) => {
    const film = await Film.begin(flavour, 'succeed');
    assert.deepEqual(await film.ended(), { status: 'SUCCEEDED', output: { runs: 1 }, error: '', cause: '' });
  });
  const keys = await keysOf('fargatelongtasks');
  const progress = keys.filter((key) => key.endsWith('/progress.json'));
  assert.equal(progress.length, 1, keys.join());
  assert.match(await read('fargatelongtasks', progress[0] ?? ''), /"percent":50,.*"message":"half of it"/v);
});

test('a program that fails ends its state with what it said, or with its exit code', async () => {
  await both(async (flavour) => {
    const { status, error, cause } = await (await Film.begin(flavour, 'fail')).ended();
    assert.equal(status, 'FAILED');
    assert.equal(error, flavour === 'OnBatch' ? 'States.TaskFailed' : 'FilmTorn');
    assert.match(cause, flavour === 'OnBatch' ? /"ExitCode":3/v : /^at reel 3 \(The program exited with 3\)$/v);
  });
});

test('a program that is killed has failed, and is not run again', async () => {
  await both(async (flavour) => {
    const film = await Film.begin(flavour, 'work');
    const processes = await film.running();
    process.kill(processes.pid, 'SIGKILL');
    const { status, cause } = await film.ended();
    assert.equal(status, 'FAILED');
    assert.match(cause, flavour === 'OnBatch' ? /"ExitCode":137/v : /ended by SIGKILL/v);
    await gone(processes);
    assert.equal(film.runs().length, 1);
  });
});

test('a supervisor that is killed takes its program along, and what watches containers says so', async () => {
  await both(async (flavour) => {
    const film = await Film.begin(flavour, 'work');
    const processes = await film.running();
    process.kill(processes.supervisor, 'SIGKILL');
    const { status, error, cause } = await film.ended();
    assert.equal(status, 'FAILED');
    assert.equal(error, flavour === 'OnBatch' ? 'States.TaskFailed' : 'LongTask.ContainerStopped');
    assert.match(cause, flavour === 'OnBatch' ? /"ExitCode":137/v : /exit code 137/v);
    await gone(processes);
  });
});

test('when its execution is stopped, a container is ended', async () => {
  await both(async (flavour) => {
    const film = await Film.begin(flavour, 'work');
    const processes = await film.running();
    await film.stop();
    assert.equal((await film.ended()).status, 'ABORTED');
    await gone(processes);
  });
});

test('after a kill -9 of the host nothing runs twice: a lost attempt is tried again, and gives its result', async () => {
  const films = await Promise.all(FLAVOURS.map((flavour) => Film.begin(flavour, 'work at first')));
  const lost = await Promise.all(films.map((film) => film.running()));
  await countersign.kill();
  await Promise.all(lost.map(gone));
  await start();
  for (const film of films) {
    assert.deepEqual(await film.ended(), { status: 'SUCCEEDED', output: { runs: 2 }, error: '', cause: '' });
  }
});

test('a container that lives and says nothing is given up, and ended when it comes back', async () => {
  const film = await Film.begin(MUTE, 'work at first');
  const mute = await film.running();
  process.kill(mute.supervisor, 'SIGSTOP');
  assert.equal((await film.ended()).status, 'SUCCEEDED');
  assert.ok(film.runs().length > 1);
  assert.ok((await film.history()).some(({ type }) => type === 'TaskTimedOut'));
  process.kill(mute.supervisor, 'SIGCONT');
  await gone(mute);
});

test('no token is left in S3, and none was ever in the log', async () => {
  for (const construct of ['fargatelongtasks', 'mutelongtasks']) await untilNone(construct, 'attempts/');
  const film = await Film.begin('OnFargate', 'succeed');
  await film.ended();
  // Whoever may read a history may see what its tasks were called with.
  const called = (await film.history()).map(({ taskScheduledEventDetails }) => taskScheduledEventDetails?.parameters);
  const [, token = assert.fail('there is no token')] = /"taskToken":"([^"]+)"/v.exec(called.join()) ?? [];
  assert.ok(!countersign.lines.join().includes(token));
});

/** Of the bucket of a construct, by what its name has in it. */
async function bucketOf(construct: string): Promise<string> {
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  const names = Buckets.flatMap(({ Name = '' }) => (Name.includes(construct) ? [Name] : []));
  assert.equal(names.length, 1, Buckets.map(({ Name }) => Name).join());
  return names[0] ?? '';
}

async function keysOf(construct: string): Promise<string[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: await bucketOf(construct) }));
  return Contents.flatMap(({ Key }) => Key ?? []);
}

async function read(construct: string, key: string): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: await bucketOf(construct), Key: key }));
  return (await Body?.transformToString()) ?? '';
}

async function untilNone(construct: string, prefix: string): Promise<void> {
  for (const endsAt = Date.now() + PATIENCE_MS; ; await pause()) {
    const left = (await keysOf(construct)).filter((key) => key.startsWith(prefix));
    if (left.length === 0) return;
    assert.ok(Date.now() < endsAt, `there is still ${left.join()}`);
  }
}
