import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { ListStateMachinesCommand, SendTaskHeartbeatCommand, SFNClient } from '@aws-sdk/client-sfn';
import type { Engine } from '../../engine/src/index.ts';
import {
  eventually,
  headersFor,
  openApi,
  PASSING_DEFINITION,
  ROLE_ARN,
  WAITING_DEFINITION,
  type RawAnswer,
} from './open-api.ts';

/** Starts of executions take until it goes on, and what was begun is told by name. */
function slowDisk(engine: Engine): { readonly begun: readonly string[]; goOn(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const start = engine.startExecution.bind(engine);
  const begun: string[] = [];
  engine.startExecution = async (request) => {
    begun.push(request.name ?? '');
    await promise;
    return await start(request);
  };
  return { begun, goOn: resolve };
}

const NOTHING_MORE = { underWay: 0, waiting: 0, late: 0 };

test('an SDK takes it for throttling', async () => {
  const warnings: [string, unknown][] = [];
  const log = { warn: (event: string, fields: unknown) => warnings.push([event, fields]), error() {} };
  await using api = await openApi({ load: NOTHING_MORE, log });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const sfn = new SFNClient({ endpoint: api.endpoint, region: 'eu-west-1', credentials, maxAttempts: 2 });
  const error = await sfn.send(new ListStateMachinesCommand({})).catch((thrown: unknown) => thrown);
  const { name, message, $metadata } = error as Error & { $metadata: Record<string, unknown> };
  assert.equal(name, 'ThrottlingException');
  assert.match(message, /^Rate exceeded: 0 requests wait already\. Try again later/);
  assert.equal($metadata['httpStatusCode'], 400);
  assert.equal($metadata['attempts'], 2);
  assert.deepEqual(warnings, [
    ['step-functions-api.throttled', { count: 1 }],
    ['step-functions-api.throttled', { count: 2 }],
  ]);
  // This one was let in: it was asked what it says.
  await assert.rejects(sfn.send(new SendTaskHeartbeatCommand({ taskToken: 'x' })), { name: 'InvalidToken' });
  sfn.destroy();
});

test('of ten times what fits, each is carried out or throttled, what ends work goes through, and then there is room', async () => {
  const load = { underWay: 8, waiting: 24, late: 8 };
  await using api = await openApi({ load });
  const create = async (name: string, definition: string): Promise<string> => {
    const { text } = await api.call('CreateStateMachine', { name, definition, roleArn: ROLE_ARN });
    return (JSON.parse(text) as { stateMachineArn: string }).stateMachineArn;
  };
  const waiting = await create('waiting', WAITING_DEFINITION);
  await api.call('StartExecution', { stateMachineArn: waiting, name: 'first' });
  const call = await eventually(() => api.calls[0]);
  const { token: taskToken } = (call.parameters as { Payload: { token: string } }).Payload;

  const stateMachineArn = await create('passing', PASSING_DEFINITION);
  const start = (name: string) => api.call('StartExecution', { stateMachineArn, name });
  const disk = slowDisk(api.engine);
  const fits = load.underWay + load.waiting;
  const throttled: RawAnswer[] = [];
  const begun = Array.from({ length: 10 * fits }, async (_, index) => {
    const answer = await start(`e${index}`);
    if (answer.status !== 200) throttled.push(answer);
    return { name: `e${index}`, status: answer.status };
  });
  await eventually(() => (throttled.length === 9 * fits ? true : undefined));
  assert.equal((await api.call('SendTaskSuccess', { taskToken, output: '{}' })).status, 200);
  disk.goOn();
  const started = (await Promise.all(begun)).filter(({ status }) => status === 200).map(({ name }) => name);
  assert.equal(started.length, fits);
  for (const { status, text } of throttled) assert.match(`${status} ${text}`, /^400 .*#ThrottlingException"/);
  const { items } = api.engine.listExecutions({ stateMachineArn, maxResults: 1000 });
  assert.deepEqual(items.map(({ name }) => name).toSorted(), started.toSorted());
  assert.equal((await start('afterwards')).status, 200);
});

test('what fails makes room as well', async () => {
  await using api = await openApi({ load: { underWay: 1, waiting: 0, late: 1 } });
  for (const action of ['StartExecution', 'StartSyncExecution', 'SendTaskSuccess', 'StartExecution']) {
    const { status, text } = await api.call(action, {});
    assert.match(`${status} ${text}`, /^400 .*ValidationException/);
  }
  assert.equal((await api.call('ListStateMachines', {})).status, 200);
});

test('whoever hangs up while it waits begins nothing', async () => {
  await using api = await openApi({ load: { underWay: 1, waiting: 10, late: 1 } });
  const { text } = await api.call('CreateStateMachine', {
    name: 'passing',
    definition: PASSING_DEFINITION,
    roleArn: ROLE_ARN,
  });
  const { stateMachineArn } = JSON.parse(text) as { stateMachineArn: string };
  const disk = slowDisk(api.engine);
  const first = api.call('StartExecution', { stateMachineArn, name: 'first' });
  await eventually(() => (disk.begun.length === 1 ? true : undefined));
  const gone = new Promise((resolve) => {
    api.server.on('request', (_request, response) => response.once('close', resolve));
  });
  const body = JSON.stringify({ stateMachineArn, name: 'gone' });
  const head = Object.entries({ host: '127.0.0.1', ...headersFor('StartExecution') }).map((pair) => pair.join(': '));
  const socket = connect(api.port, '127.0.0.1');
  const served = new Promise((resolve) => api.server.once('request', (request) => request.once('end', resolve)));
  socket.write(`POST / HTTP/1.1\r\n${head.join('\r\n')}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  await served;
  socket.destroy();
  await gone;
  disk.goOn();
  assert.equal((await first).status, 200);
  assert.equal((await api.call('StartExecution', { stateMachineArn, name: 'last' })).status, 200);
  assert.deepEqual(disk.begun, ['first', 'last']);
});

test('long bodies that come in together are throttled at so many bytes, and short ones are taken', async () => {
  await using api = await openApi({ bodiesBytesMax: 200_000 });
  const long = 'x'.repeat(150_000);
  const send = (body: string) => api.send({ headers: headersFor('ListStateMachines'), body });
  // It has sent most of its body, and the end of it does not come.
  const head = Object.entries({ host: '127.0.0.1', ...headersFor('ListStateMachines') }).map((pair) => pair.join(': '));
  const slow = connect(api.port, '127.0.0.1').on('error', () => {});
  const arrived = new Promise<void>((resolve) => {
    api.server.once('request', (request) => {
      let bytes = 0;
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes === long.length) resolve();
      });
    });
  });
  slow.write(`POST / HTTP/1.1\r\n${head.join('\r\n')}\r\ncontent-length: 150001\r\n\r\n${long}`);
  await arrived;
  const refused = await send(JSON.stringify({ long }));
  assert.equal(refused.status, 400);
  assert.match(refused.text, /#ThrottlingException/);
  assert.equal((await send(JSON.stringify({ short: 'x'.repeat(16_000) }))).status, 200);
  slow.destroy();
  await eventually(async () => ((await send(JSON.stringify({ long }))).status === 200 ? true : undefined));
});
