import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { after, test } from 'node:test';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  ListStateMachinesCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { startEngineServer } from '../src/engine-server.ts';
import { silentLog } from '../src/log.ts';
import { keysFile } from './keys-file.ts';
import { refusalOf } from './refusal.ts';
import { served } from './served.ts';

const root = mkdtempSync(join(tmpdir(), 'countersign-engine-'));
after(() => rmSync(root, { recursive: true }));

const base = { host: '127.0.0.1', port: 0, log: silentLog };

function clientOf(url: string): SFNClient {
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  return new SFNClient({ endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 });
}

const waiting = JSON.stringify({
  StartAt: 'Ask',
  States: {
    Ask: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Parameters: { FunctionName: 'ask', Payload: { 'token.$': '$$.Task.Token' } },
      End: true,
    },
  },
});

async function startMachine(sfn: SFNClient, definition: string): Promise<string> {
  const roleArn = 'arn:aws:iam::000000000000:role/any';
  const { stateMachineArn } = await sfn.send(new CreateStateMachineCommand({ name: 'm', definition, roleArn }));
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, name: 'e' }));
  assert.ok(executionArn);
  return executionArn;
}

async function ended(sfn: SFNClient, executionArn: string) {
  for (;;) {
    const execution = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    if (execution.status !== 'RUNNING') return execution;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Somebody else's Lambda: keeps the first payload it is called with. */
async function startLambda() {
  const { promise: called, resolve } = Promise.withResolvers<unknown>();
  const handle: RequestListener = (request, response) => {
    assert.equal(request.url, '/2015-03-31/functions/ask/invocations');
    void json(request).then((payload) => {
      response.end('null');
      resolve(payload);
    });
  };
  return { endpoint: `http://127.0.0.1:${await served({ after }, handle)}`, called };
}

test('a wait outlives the server, and the token it gave to Lambda ends it', async () => {
  const dataDir = join(root, 'kept');
  const lambda = await startLambda();
  const first = await startEngineServer({ ...base, dataDir, lambdaEndpoint: lambda.endpoint });
  assert.equal(first.dataDir, dataDir);
  const executionArn = await startMachine(clientOf(first.url), waiting);
  const payload = await lambda.called;
  assert.ok(typeof payload === 'object' && payload !== null && 'token' in payload && typeof payload.token === 'string');
  await first.close();

  const second = await startEngineServer({ ...base, dataDir });
  const sfn = clientOf(second.url);
  await sfn.send(new SendTaskSuccessCommand({ taskToken: payload.token, output: '{"ok":true}' }));
  const { status, output } = await ended(sfn, executionArn);
  assert.deepEqual([status, output], ['SUCCEEDED', '{"ok":true}']);
  await second.close();
});

test('without a data folder nothing is kept', async () => {
  const definition = JSON.stringify({ StartAt: 'A', States: { A: { Type: 'Pass', End: true } } });
  const first = await startEngineServer(base);
  assert.equal(first.dataDir, undefined);
  await startMachine(clientOf(first.url), definition);
  await first.close();
  const second = await startEngineServer(base);
  const { stateMachines } = await clientOf(second.url).send(new ListStateMachinesCommand({}));
  assert.deepEqual(stateMachines, []);
  await second.close();
});

test('without a Lambda endpoint a task that calls a function fails and says why', async () => {
  const server = await startEngineServer(base);
  const sfn = clientOf(server.url);
  const { status, error, cause } = await ended(sfn, await startMachine(sfn, waiting));
  assert.deepEqual([status, error], ['FAILED', 'Lambda.SdkClientException']);
  assert.match(cause ?? '', /no Lambda endpoint was named/v);
  await server.close();
});

test('other services are refused by name, and health is answered', async () => {
  const server = await startEngineServer(base);
  const health = await fetch(`${server.url}/_countersign/health`);
  assert.deepEqual([health.status, await health.json()], [200, { status: 'ready' }]);
  assert.equal((await fetch(`${server.url}/_countersign/health`, { method: 'POST' })).status, 405);
  const other = { 'x-amz-target': 'DynamoDB_20120810.PutItem' };
  const refused = await fetch(server.url, { method: 'POST', headers: other, body: '{}' });
  assert.equal(refused.status, 501);
  assert.match(await refused.text(), /The service of \\"DynamoDB_20120810\.PutItem\\" does not run here/v);
  assert.equal((await fetch(`${server.url}/bucket/key`)).status, 501);
  assert.equal((await fetch(`${server.url}/2015-03-31/functions/f/invocations`, { method: 'POST' })).status, 501);
  await server.close();
});

test('a port in use and a folder in use are one sentence each, and leave nothing behind', async () => {
  const taken = createTcpServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  assert.ok(typeof address === 'object' && address !== null);
  const dataDir = join(root, 'refused');
  const inUse = await refusalOf(() => startEngineServer({ ...base, dataDir, port: address.port }));
  assert.equal(inUse.message, `Port ${address.port} for Step Functions is in use.`);
  taken.close();

  const server = await startEngineServer({ ...base, dataDir });
  const held = await refusalOf(() => startEngineServer({ ...base, dataDir }));
  assert.equal(held.message, `The data folder "${dataDir}" is in use by process ${process.pid}.`);
  await server.close();
});

test('an address that is not of this machine is refused', async () => {
  const { message } = await refusalOf(() =>
    startEngineServer({ ...base, host: '203.0.113.7', credentialsFile: keysFile() }),
  );
  assert.equal(message, '"203.0.113.7" is no address of this machine.');
});
