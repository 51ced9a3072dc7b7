import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SFN } from '@aws-sdk/client-sfn';
import { runCli } from './run-cli.ts';
import { type RunningCommand, startCommand } from './running-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-cli-'));
after(() => rmSync(folder, { recursive: true }));

const definition = JSON.stringify({
  StartAt: 'Greet',
  States: { Greet: { Type: 'Pass', Result: { greeting: 'hello' }, End: true } },
});

function urlOf({ ready }: RunningCommand): string {
  assert.equal(typeof ready['url'], 'string');
  return String(ready['url']);
}

function client(endpoint: string): SFN {
  return new SFN({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' } });
}

async function greet(endpoint: string, name: string): Promise<void> {
  const aws = client(endpoint);
  const { stateMachineArn } = await aws.createStateMachine({
    name: 'Greeter',
    definition,
    roleArn: 'arn:aws:iam::000000000000:role/x',
  });
  await aws.startExecution({ stateMachineArn, name });
  aws.destroy();
}

test('the engine serves Step Functions, and what it ran is there after a stop and a start', async () => {
  const data = join(folder, 'kept');
  await using first = await startCommand(['engine', '--port', '0', '--data', data]);
  assert.equal(first.ready['dataDir'], data);
  await greet(urlOf(first), 'monday');
  assert.equal(await first.stop('SIGTERM'), 0);

  await using second = await startCommand(['engine', '--port', '0', '--data', data]);
  const list = await runCli(['executions', 'list', '--endpoint', urlOf(second)]);
  assert.match(list.stdout, /^monday +SUCCEEDED +.* +Greeter$/m);
  const history = await runCli(['executions', 'history', 'monday', '--endpoint', urlOf(second)]);
  assert.match(
    history.stdout,
    /ExecutionStarted\n.*PassStateEntered +Greet\n.*PassStateExited +Greet\n.*ExecutionSucceeded\n$/,
  );
  assert.equal(await second.stop('SIGINT'), 0);
});

test('the engine without --data says that it keeps nothing', async () => {
  await using engine = await startCommand(['engine', '--port', '0']);
  assert.equal(engine.ready['dataDir'], null);
  await greet(urlOf(engine), 'monday');
  const { stdout } = await runCli(['executions', 'list', '--endpoint', urlOf(engine), '--json']);
  assert.match(stdout, /"name":"monday"/);
});

test('every line of --json is one JSON object with an event', async () => {
  await using engine = await startCommand(['engine', '--port', '0']);
  assert.equal(await engine.stop('SIGTERM'), 0);
  for (const line of engine.lines) assert.equal(typeof line['event'], 'string');
});

test('a folder in use and a port in use are refused with a sentence and a way out', async () => {
  const data = join(folder, 'busy');
  await using engine = await startCommand(['engine', '--port', '0', '--data', data]);
  const port = new URL(urlOf(engine)).port;
  for (const args of [
    ['--port', '0', '--data', data],
    ['--port', port],
  ]) {
    const { code, stdout, stderr } = await runCli(['engine', ...args]);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^error: .+\n→ .+\n$/);
  }
});

test('clients on the network may call the engine by the names that it was given, with a key, and by no other', async () => {
  const keys = join(folder, 'keys');
  writeFileSync(keys, `[me]\naws_access_key_id = ${'K'.repeat(16)}\naws_secret_access_key = ${'S'.repeat(32)}\n`, {
    mode: 0o600,
  });
  const names = ['--allowed-host', 'engine.internal', '--allowed-host', 'states.internal'];
  await using engine = await startCommand([
    'engine',
    '--port',
    '0',
    '--host',
    '0.0.0.0',
    '--credentials',
    keys,
    ...names,
  ]);
  const url = urlOf(engine);
  assert.equal(await statusFor(url, 'engine.internal'), 200);
  assert.equal(await statusFor(url, 'states.internal:8083'), 200);
  assert.equal(await statusFor(url, 'evil.example'), 403);
});

/** What a client with the right key is answered that has found the engine under this name. */
async function statusFor(endpoint: string, host: string): Promise<number | undefined> {
  const credentials = { accessKeyId: 'K'.repeat(16), secretAccessKey: 'S'.repeat(32) };
  const aws = new SFN({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  // Before it is signed: the signature is over the name.
  aws.middlewareStack.add(
    (next) => async (args) => {
      Object.assign((args.request as { headers: object }).headers, { host });
      return await next(args);
    },
    { step: 'build', priority: 'low' },
  );
  const status = ({ $metadata }: { $metadata: { httpStatusCode?: number } }) => $metadata.httpStatusCode;
  return await aws
    .listStateMachines()
    .then(status, status)
    .finally(() => aws.destroy());
}
