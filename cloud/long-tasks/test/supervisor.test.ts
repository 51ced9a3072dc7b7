import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { supervise } from '../src/supervisor/supervise.ts';
import { AwsDouble } from './aws-double.ts';

// The supervisor as its container runs it: a process of its own, with a program that is another.

const MAIN = join(import.meta.dirname, '../src/supervisor/main.ts');
const TASK_TOKEN = 'a-task-token-that-nobody-may-see';
const REFERENCE = 'r'.repeat(43);
const PATIENCE_MS = 60_000;

const aws = new AwsDouble();
let endpoint: string;
before(async () => {
  endpoint = await aws.listen();
});
after(() => aws.close());

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

class Supervisor {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;

  constructor(command: readonly string[], environment: Record<string, string>) {
    this.child = spawn(process.execPath, [MAIN, ...command], {
      env: {
        PATH: process.env['PATH'],
        AWS_ENDPOINT_URL: endpoint,
        AWS_REGION: 'eu-west-1',
        AWS_ACCESS_KEY_ID: 'the-role-of-the-task',
        AWS_SECRET_ACCESS_KEY: 'x',
        SUPERVISOR_BUCKET: 'long-tasks',
        LONG_TASK_ID: 'render-1',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.ended = this.#end();
  }

  async #end(): Promise<Ended> {
    const { stdout, stderr } = this.child;
    assert.ok(stdout !== null && stderr !== null);
    const [output, errors] = await Promise.all([text(stdout), text(stderr), once(this.child, 'exit')]);
    return { code: this.child.exitCode, output: output + errors };
  }
}

/** A program in Node that works for ever, unless it is said otherwise. */
const program = (source: string) => [process.execPath, '--input-type=commonjs', '-e', source];
const say = (report: object) => `require('fs').writeSync(3, ${JSON.stringify(`${JSON.stringify(report)}\n`)});`;
const FOR_EVER = 'setInterval(() => {}, 1000);';

/** Waits for its token, which is answered through S3 by reference. */
function waiting(command: readonly string[], environment: Record<string, string> = {}): Supervisor {
  aws.objects.clear();
  aws.said.length = 0;
  aws.requests.length = 0;
  aws.waitsFor = TASK_TOKEN;
  aws.deletesNothing = false;
  aws.refusesAnswers = false;
  const attempt = { taskId: 'render-1', taskToken: TASK_TOKEN, input: { film: 'Metropolis' } };
  aws.objects.set(`attempts/${REFERENCE}.json`, JSON.stringify(attempt));
  return new Supervisor(command, {
    SUPERVISOR_REFERENCE: REFERENCE,
    SUPERVISOR_HEARTBEAT_SECONDS: '0.1',
    ...environment,
  });
}

async function until(isSo: () => boolean, what: string): Promise<void> {
  for (const endsAt = Date.now() + PATIENCE_MS; !isSo();) {
    assert.ok(Date.now() < endsAt, `it never happened: ${what}`);
    await pause(10);
  }
}

const answers = () => aws.said.filter(({ action }) => action !== 'SendTaskHeartbeat');
const kept = (key: string): unknown => JSON.parse(aws.objects.get(key) ?? 'null');

test('what the program has given is the output of its task, and the token is gone with it', async () => {
  const source = `let input = '';
    process.stdin.on('data', (some) => (input += some)).on('end', () => {
      const { film } = JSON.parse(input);
      console.log('rendering ' + film);
      ${say({ percent: 40, message: 'frames' })}
      require('fs').writeSync(3, JSON.stringify({ result: { film, minutes: 153 } }) + '\\n');
    });`;
  const { code, output } = await waiting(program(source)).ended;
  assert.equal(code, 0, output);
  assert.deepEqual(
    answers().map(({ action, body }) => [action, body['output']]),
    [['SendTaskSuccess', '{"film":"Metropolis","minutes":153}']],
  );
  assert.partialDeepStrictEqual(kept('tasks/render-1/progress.json'), { percent: 40, message: 'frames' });
  assert.equal(aws.objects.has(`attempts/${REFERENCE}.json`), false);
  assert.match(output, /rendering Metropolis/v);
  assert.ok(!output.includes(TASK_TOKEN) && !output.includes(REFERENCE), output);
});

test('a program that fails says with what, and how it is seen from outside', async () => {
  const { code, output } = await waiting(
    program(`${say({ error: 'NoSuchFilm', cause: 'It was lost in 1927' })} process.exitCode = 3;`),
  ).ended;
  assert.equal(code, 3, output);
  assert.partialDeepStrictEqual(answers(), [
    {
      action: 'SendTaskFailure',
      body: { error: 'NoSuchFilm', cause: 'It was lost in 1927 (The program exited with 3)' },
    },
  ]);
});

test('a program that is killed, or cannot be started, has failed', async () => {
  const killed = await waiting(program(`process.kill(process.pid, 'SIGKILL'); ${FOR_EVER}`)).ended;
  assert.equal(killed.code, 137);
  assert.partialDeepStrictEqual(answers(), [
    {
      action: 'SendTaskFailure',
      body: { error: 'LongTask.Failed', cause: 'The program was ended by SIGKILL, as happens when memory runs out' },
    },
  ]);
  const missing = await waiting(['/program/of/nobody']).ended;
  assert.equal(missing.code, 127);
  assert.match(String(answers()[0]?.body['cause']), /could not be started: .*ENOENT/v);
});

test('a result that Step Functions would not take is a failure, and not silence', async () => {
  const tooLong = `require('fs').writeSync(3, JSON.stringify({ result: 'x'.repeat(300000) }) + '\\n');`;
  const { code } = await waiting(program(tooLong)).ended;
  assert.equal(code, 1);
  assert.equal(answers()[0]?.body['error'], 'LongTask.ResultTooLong');
});

test('as long as the program works its heart beats, and when nobody waits any more it is ended', async () => {
  const supervisor = waiting(program(FOR_EVER));
  await until(() => aws.said.length > 3, 'heartbeats');
  // The execution was stopped, or the task timed out.
  aws.waitsFor = undefined;
  const { code, output } = await supervisor.ended;
  assert.equal(code, 0, output);
  assert.deepEqual(answers(), []);
  assert.match(output, /long-task\.abandoned/v);
});

test('a container that comes too late begins nothing', async () => {
  const late = waiting(program(`console.log('begun');`));
  aws.waitsFor = undefined;
  const { code, output } = await late.ended;
  assert.equal(code, 0);
  assert.doesNotMatch(output, /^begun$/mv);
});

test('told to stop, it hands that on and answers nothing: who stopped it says why', async () => {
  const source = `process.on('SIGTERM', () => { console.log('saved'); process.exit(7); }); ${say({ percent: 1 })} ${FOR_EVER}`;
  const supervisor = waiting(program(source));
  await until(() => aws.objects.has('tasks/render-1/progress.json'), 'the program works');
  supervisor.child.kill('SIGTERM');
  const { code, output } = await supervisor.ended;
  assert.equal(code, 7, output);
  assert.match(output, /saved/v);
  assert.deepEqual(answers(), []);
  assert.ok(aws.objects.has(`attempts/${REFERENCE}.json`), 'what watches containers needs the token');
});

const SUPERVISION = {
  environment: {},
  heartbeatMs: 1,
  stopMs: 1,
  progressMs: 1,
  patience: { againMs: 1, atMostMs: PATIENCE_MS },
  told: new AbortController().signal,
  now: () => new Date(0),
  log: () => {},
};

test('an answer that does not arrive is given again, while the heart beats', async () => {
  let tries = 0;
  let beats = 0;
  const task = {
    input: {},
    heartbeat: async () => {
      beats += 1;
      return true;
    },
    keepProgress: async () => {},
    succeed: async () => {
      tries += 1;
      const beatsBefore = beats;
      await until(() => beats > beatsBefore, 'a heartbeat');
      // As the SDK throws it.
      if (tries < 3) throw Object.assign(new Error('no network'), { $metadata: { attempts: 8 } });
      return true;
    },
    fail: () => assert.fail('it has succeeded'),
  };
  assert.equal(await supervise({ ...SUPERVISION, task, command: program('') }), 0);
  assert.equal(tries, 3);
});

test('a job whose input is none fails at once', async () => {
  aws.objects.clear();
  aws.objects.set('tasks/render-1/input.json', 'Nosferatu');
  const { code, output } = await new Supervisor(program(''), {}).ended;
  assert.equal(code, 1);
  assert.match(output, /long-task\.supervisor-failed.*SyntaxError/v);
  assert.doesNotMatch(output, /long-task\.aws-not-reached/v);
});

test('one whose answer is refused ends, for its heart must not beat on', async () => {
  const refused = waiting(program(say({ result: 'done' })));
  aws.refusesAnswers = true;
  const { code, output } = await refused.ended;
  assert.equal(code, 1, output);
  assert.match(output, /long-task\.supervisor-failed.*AccessDeniedException/v);
});

test('an answer that was taken is no failure because its token could not be removed', async () => {
  const done = waiting(program(say({ result: 'done' })));
  aws.deletesNothing = true;
  const { code, output } = await done.ended;
  assert.equal(code, 0, output);
  assert.deepEqual(
    answers().map(({ action }) => action),
    ['SendTaskSuccess'],
  );
});

test('told to stop before its program has begun, it does not begin it, and has not succeeded', async () => {
  const never = () => assert.fail('nothing is answered');
  const task = { input: {}, heartbeat: async () => true, keepProgress: never, succeed: never, fail: never };
  const command = ['/program/of/nobody'];
  const supervision = { ...SUPERVISION, task, command };
  assert.equal(await supervise({ ...supervision, told: AbortSignal.abort() }), 143);
});

test('a program that will not stop is killed, and one that ends well while it is told to has succeeded', async () => {
  const deaf = waiting(program(`process.on('SIGTERM', () => {}); ${say({ percent: 1 })} ${FOR_EVER}`), {
    SUPERVISOR_STOP_SECONDS: '0.1',
  });
  await until(() => aws.objects.has('tasks/render-1/progress.json'), 'the program works');
  deaf.child.kill('SIGTERM');
  assert.equal((await deaf.ended).code, 137);
  const quick = waiting(program(`process.on('SIGTERM', () => process.exit(0)); ${say({ percent: 99 })} ${FOR_EVER}`));
  await until(() => aws.objects.has('tasks/render-1/progress.json'), 'the program works');
  quick.child.kill('SIGTERM');
  assert.equal((await quick.ended).code, 0);
  assert.equal(answers()[0]?.action, 'SendTaskSuccess');
});

test('the program has the credentials of its task, and neither the token nor a reference to it', async () => {
  const supervisor = waiting(
    program(`${say({ percent: 1, message: 'up' })} console.log(JSON.stringify(process.env)); ${FOR_EVER}`),
  );
  await until(() => aws.objects.has('tasks/render-1/progress.json'), 'the program works');
  const { pid } = supervisor.child;
  const [child = ''] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
  const environment = readFileSync(`/proc/${child}/environ`, 'utf8');
  aws.waitsFor = undefined;
  const { output } = await supervisor.ended;
  assert.match(environment, /AWS_ACCESS_KEY_ID=the-role-of-the-task/v);
  assert.match(environment, /LONG_TASK_ID=render-1/v);
  for (const seen of [
    environment,
    output,
    readFileSync(MAIN, 'utf8'),
    aws.requests.filter((line) => !line.includes('/attempts/')).join('\n'),
  ]) {
    assert.ok(!seen.includes(TASK_TOKEN) && !seen.includes(REFERENCE) && !seen.includes('SUPERVISOR_REFERENCE'));
  }
});

test('a job is given its input by S3 and leaves its result there; its exit code is its answer', async () => {
  aws.objects.clear();
  aws.said.length = 0;
  aws.objects.set('tasks/render-1/input.json', '{"film":"Nosferatu"}');
  const done = new Supervisor(
    program(`process.stdin.on('data', (input) => require('fs').writeSync(3, '{"result":' + input + '}'))`),
    {},
  );
  assert.equal((await done.ended).code, 0);
  assert.deepEqual(kept('tasks/render-1/result.json'), { film: 'Nosferatu' });
  const failed = new Supervisor(program('process.exit(4)'), {});
  assert.equal((await failed.ended).code, 4);
  assert.deepEqual(aws.said, []);
});

test('without what its state gives it, it says what is missing', async () => {
  const { code, output } = await new Supervisor(program(''), { SUPERVISOR_BUCKET: '' }).ended;
  assert.equal(code, 1);
  assert.match(output, /needs SUPERVISOR_BUCKET and LONG_TASK_ID in its environment: is it started by its state/v);
});
