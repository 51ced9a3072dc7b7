import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { text } from 'node:stream/consumers';
import { SFN } from '@aws-sdk/client-sfn';
import { openDataDir } from '../../../local/host/src/index.ts';
import { MAIN, plainEnvironment, runCli } from './run-cli.ts';
import { startCommand } from './running-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-cli-'));
after(() => rmSync(folder, { recursive: true }));

const ANY_PORTS = ['--port', '0', '--aws-port', '0'];

/** What `cdk synth` writes for an app with one state machine: enough to be run, and not ours. */
function foreignAssembly(): string {
  const assembly = join(folder, 'foreign.out');
  mkdirSync(assembly, { recursive: true });
  const definition = { StartAt: 'Greet', States: { Greet: { Type: 'Pass', Result: 'hello', End: true } } };
  const properties = {
    StateMachineName: 'Greeter',
    DefinitionString: JSON.stringify(definition),
    RoleArn: 'arn:aws:iam::000000000000:role/greeter',
  };
  const template = { Resources: { Greeter: { Type: 'AWS::StepFunctions::StateMachine', Properties: properties } } };
  const stack = {
    type: 'aws:cloudformation:stack',
    environment: 'aws://unknown-account/unknown-region',
    properties: { templateFile: 'Greetings.template.json' },
  };
  writeFileSync(
    join(assembly, 'manifest.json'),
    JSON.stringify({ version: '36.0.0', artifacts: { Greetings: stack } }),
  );
  writeFileSync(join(assembly, 'Greetings.template.json'), JSON.stringify(template));
  return assembly;
}

test('start runs a foreign app, says where it is in one line, and ends in order', async () => {
  const data = join(folder, 'foreign');
  await using app = await startCommand(['start', '--assembly', foreignAssembly(), '--data', data, ...ANY_PORTS]);
  const { event, ordersUrl, awsUrl, dataDir, apis } = app.ready;
  assert.deepEqual({ event, ordersUrl, dataDir, apis }, { event: 'ready', ordersUrl: null, dataDir: data, apis: [] });

  const aws = new SFN({
    endpoint: String(awsUrl),
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  const { stateMachines } = await aws.listStateMachines({});
  assert.deepEqual(
    stateMachines?.map(({ name }) => name),
    ['Greeter'],
  );
  aws.destroy();

  assert.equal(await app.stop('SIGTERM'), 0);
  for (const line of app.lines) assert.equal(typeof line['event'], 'string');
});

test(
  'start synthesises our app, and an order goes its whole way by the command line',
  { timeout: 120_000 },
  async () => {
    const data = join(folder, 'ours');
    await using app = await startCommand(['start', '--no-auth', '--data', data, ...ANY_PORTS]);
    const url = ['--url', String(app.ready['ordersUrl'])];
    assert.ok(existsSync(join(data, 'cdk.out', 'manifest.json')));

    const submitted = await runCli([
      'orders',
      'submit',
      'two crates of apples',
      '--id',
      'apples-1',
      '--item',
      'apple=48',
      '--amount',
      '120.00EUR',
      ...url,
    ]);
    assert.equal(submitted.code, 0, submitted.stderr);
    assert.match(submitted.stdout, /^apples-1 {2}PROCESSING\n/);

    await until(async () => (await runCli(['orders', 'list', ...url])).stdout.includes('apples-1'));
    const confirmed = await runCli(['orders', 'confirm', 'apples-1', '--comment', 'checked', ...url]);
    assert.equal(confirmed.code, 0, confirmed.stderr);
    assert.match(confirmed.stdout, /^Status +CONFIRMED$/m);

    await until(async () => (await runCli(['orders', 'show', 'apples-1', ...url])).stdout.includes('COMPLETED'));
    const again = await runCli(['orders', 'confirm', 'apples-1', '--comment', 'checked again', ...url]);
    assert.equal(again.stdout, confirmed.stdout);
    assert.equal((await runCli(['orders', 'reject', 'apples-1', ...url])).code, 4);
    assert.equal((await runCli(['orders', 'submit', 'pears', '--id', 'apples-1', ...url])).code, 4);
    assert.equal((await runCli(['orders', 'show', 'pears-1', ...url])).code, 3);
    assert.equal((await runCli(['orders', 'submit', 'x', '--id', 'not an id', ...url])).code, 2);

    const endpoint = ['--endpoint', String(app.ready['awsUrl'])];
    const history = await runCli(['executions', 'history', 'apples-1', '--full', ...endpoint]);
    assert.equal(history.code, 0, history.stderr);
    assert.match(history.stdout, /waitForTaskToken/);
    assert.match(history.stdout, /\(task token, hidden\)/);
    assert.equal(await app.stop('SIGINT'), 0);
  },
);

test(
  'for a person, start says where things are and what to try, and nothing of that is on stderr',
  { timeout: 120_000 },
  async () => {
    const args = [
      'start',
      '--assembly',
      foreignAssembly(),
      '--data',
      join(folder, 'person'),
      '--host',
      '127.0.0.1',
      ...ANY_PORTS,
    ];
    const child = spawn(process.execPath, [MAIN, ...args], {
      env: plainEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.once('data', () => setTimeout(() => child.kill('SIGINT'), 100));
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /AWS endpoint +http:\/\/127\.0\.0\.1:\d+ /);
    assert.match(stdout, /Data folder +.*person\n/);
    assert.match(stdout, /\nTry:\n {2}/);
    assert.match(stderr, /Stopping …/);
  },
);

test('a setting that cannot be is refused by a sentence', { timeout: 60_000 }, async () => {
  const args = ['start', '--data', join(folder, 'failing'), '-c', 'confirmationDeadlineDays=never', ...ANY_PORTS];
  const { code, stdout, stderr } = await runCli(args);
  assert.deepEqual([code, stdout], [2, ''], stderr);
  const [, said, nextStep, ...more] = stderr.trimEnd().split('\n');
  assert.equal(said, 'error: confirmationDeadlineDays is a number of days greater than 0, not "never".');
  assert.match(nextStep ?? '', /^→ Change it, in --context or cdk\.json; /);
  assert.deepEqual(more, []);
});

test('start shows everything that was said where a synthesis fails otherwise', { timeout: 60_000 }, async () => {
  const data = join(folder, 'in-the-way');
  openDataDir(data).close();
  writeFileSync(join(data, 'cdk.out'), 'a file, where a folder is to be');
  const { code, stdout, stderr } = await runCli(['start', '--data', data, '-c', 'stackName=Another', ...ANY_PORTS]);
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, /^error: The CDK app .* cannot be synthesised\.\n/m);
  assert.match(stderr, /CloudAssemblyError: .+cdk\.out must be a directory\n +at /);
  assert.match(stderr, /\n→ .+\n$/);
});

test('start refuses an assembly that is none, a folder that is not ours and a port in use', async () => {
  const foreign = join(folder, 'not-ours');
  mkdirSync(foreign);
  writeFileSync(join(foreign, 'thesis.txt'), 'precious');
  await using server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const taken = String(typeof address === 'object' && address !== null ? address.port : 0);
  for (const args of [
    ['--assembly', join(folder, 'nowhere'), '--data', join(folder, 'a'), ...ANY_PORTS],
    ['--assembly', foreignAssembly(), '--data', foreign, ...ANY_PORTS],
    ['--data', foreign, ...ANY_PORTS],
    ['--assembly', foreignAssembly(), '--data', join(folder, 'b'), '--port', '0', '--aws-port', taken],
  ]) {
    const { code, stdout, stderr } = await runCli(['start', ...args]);
    assert.deepEqual([code, stdout], [1, ''], args.join(' '));
    assert.match(stderr, /^error: .+\n→ .+\n$/, args.join(' '));
  }
});

test('an address that others can reach brings a warning, and wants keys', async () => {
  const open = [
    'start',
    '--assembly',
    foreignAssembly(),
    '--data',
    join(folder, 'open'),
    '--host',
    '0.0.0.0',
    ...ANY_PORTS,
  ];
  const { code, stderr } = await runCli(open);
  assert.equal(code, 1);
  assert.match(stderr, /^error: Whoever reaches 0\.0\.0\.0 could do everything.+\n→ .+--credentials FILE/m);
  const keys = join(folder, 'keys');
  writeFileSync(keys, `[me]\naws_access_key_id = ${'K'.repeat(16)}\naws_secret_access_key = ${'S'.repeat(32)}\n`, {
    mode: 0o600,
  });
  await using app = await startCommand([...open, '--credentials', keys]);
  assert.ok(app.lines.some(({ level, message }) => level === 'warn' && String(message).includes('--host 0.0.0.0')));
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 60_000;
  while (!(await holds())) assert.ok(Date.now() < deadlineMs, 'it should have come true within a minute');
}
