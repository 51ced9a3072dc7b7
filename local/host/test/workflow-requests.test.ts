import assert from 'node:assert/strict';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { SFN } from '@aws-sdk/client-sfn';
import { startEngineServer, type EngineServer } from '../src/engine-server.ts';
import { createLog } from '../src/log.ts';
import { keysFile } from './keys-file.ts';
import { until } from './test-host.ts';

const roleArn = 'arn:aws:iam::000000000000:role/r';

describe('what the person at the machine can see and do of its workflows', () => {
  const logged: string[] = [];
  let server: EngineServer;
  let sfn: SFN;
  let activityArn: string;
  let stateMachineArn: string;
  before(async () => {
    const log = createLog({ write: (line) => logged.push(line), form: 'json', level: 'debug' });
    server = await startEngineServer({ host: '127.0.0.1', port: 0, log });
    const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
    sfn = new SFN({ endpoint: server.url, region: 'us-east-1', credentials });
    ({ activityArn = '' } = await sfn.createActivity({ name: 'pack' }));
    const pack = {
      Type: 'Task',
      Resource: activityArn,
      Parameters: { 'whole.$': '$$' },
      HeartbeatSeconds: 600,
      End: true,
    };
    const definition = JSON.stringify({ StartAt: 'Pack', States: { Pack: pack } });
    ({ stateMachineArn = '' } = await sfn.createStateMachine({ name: 'packing', definition, roleArn }));
  });
  after(() => server.close());

  async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(`${server.url}/_countersign/${path}`, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  /** Starts an execution. Answers with its ARN and the task that it waits for. */
  async function startWaiting(name: string) {
    const { executionArn = '' } = await sfn.startExecution({ stateMachineArn, name });
    const task = await until(async () => {
      const { body } = await ask('GET', `tasks?executionArn=${encodeURIComponent(executionArn)}`);
      return (body['tasks'] as Record<string, string>[])[0];
    });
    return { executionArn, task, path: `tasks/${task['taskId']}` };
  }

  const statusOf = async (executionArn: string) => (await sfn.describeExecution({ executionArn })).status;

  test('a task that waits is listed and answered, and no token is shown', async () => {
    const { executionArn, task, path } = await startWaiting('succeeds');
    assert.deepEqual(Object.keys(task).sort(), [
      'executionArn',
      'heartbeatBy',
      'resource',
      'since',
      'stateName',
      'taskId',
    ]);
    assert.deepEqual([task['executionArn'], task['stateName'], task['resource']], [executionArn, 'Pack', activityArn]);
    assert.deepEqual(await ask('POST', `${path}/heartbeat`, {}), { status: 200, body: {} });
    assert.deepEqual(await ask('POST', `${path}/success`, { output: { boxes: 2 } }), { status: 200, body: {} });
    assert.equal((await sfn.describeExecution({ executionArn })).output, '{"boxes":2}');
    const again = await ask('POST', `${path}/success`, { output: '{}' });
    assert.deepEqual([again.status, again.body['__type']], [409, 'TaskTimedOut']);
  });

  test('a task fails with the error and the cause that somebody gives; an output can be JSON text', async () => {
    const failing = await startWaiting('fails');
    await ask('POST', `${failing.path}/failure`, { error: 'NoBoxes', cause: 'none left' });
    const { status, error, cause } = await sfn.describeExecution({ executionArn: failing.executionArn });
    assert.deepEqual([status, error, cause], ['FAILED', 'NoBoxes', 'none left']);
    const text = await startWaiting('text');
    assert.equal((await ask('POST', `${text.path}/success`, { output: '[1, 2]' })).status, 200);
    assert.equal((await sfn.describeExecution({ executionArn: text.executionArn })).output, '[1,2]');
  });

  test('what is wrong with an answer is said, and changes nothing', async () => {
    const { executionArn, task, path } = await startWaiting('wrong');
    const wrong: [string, unknown, number][] = [
      [`${path}/success`, {}, 400],
      [`${path}/success`, { output: 'no JSON' }, 400],
      [`${path}/success`, [], 400],
      [`${path}/success`, `{"output":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, 400],
      [`${path}/failure`, { error: 1 }, 400],
      [`${path}/nothing`, {}, 404],
      ['tasks/unknown/success', { output: '{}' }, 404],
      [`tasks/${task['taskId']?.replace(/^AgA/v, 'AQA')}/success`, { output: '{}' }, 404],
    ];
    for (const [at, body, status] of wrong) {
      const answer = await ask('POST', at, body);
      assert.equal(answer.status, status, JSON.stringify([at, body, answer]));
      assert.equal(typeof answer.body['message'], 'string');
    }
    assert.equal((await ask('GET', `${path}/success`)).status, 405);
    const asForm = await ask('POST', `${path}/success`, { output: '{}' }, { 'content-type': 'text/plain' });
    assert.equal(asForm.status, 415);
    const large = await ask('POST', `${path}/success`, { output: 'x'.repeat(3_000_000) });
    assert.equal(large.status, 413);
    assert.equal((await ask('GET', `tasks?executionArn=${executionArn}x`)).status, 404);
    assert.equal((await ask('GET', 'tasks?nextToken=none')).status, 400);
    assert.equal(await statusOf(executionArn), 'RUNNING');
  });

  test('pages from elsewhere, and names that were made to point here, do nothing', async () => {
    const { executionArn, path } = await startWaiting('foreign');
    const success = { output: '{}' };
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
      assert.equal((await ask('POST', `${path}/success`, success, headers)).status, 403);
    }
    const named = request(`${server.url}/_countersign/${path}/success`, {
      method: 'POST',
      headers: { host: 'evil.example', 'content-type': 'application/json' },
    });
    named.end(JSON.stringify(success));
    const status = await new Promise<number | undefined>((resolve) => {
      named.once('response', (response) => void text(response).then(() => resolve(response.statusCode)));
    });
    assert.equal(status, 403);
    assert.equal(await statusOf(executionArn), 'RUNNING');
  });

  test('a few actions of Step Functions are there for pages, and hide tokens wherever they stand', async () => {
    const { executionArn } = await startWaiting('history');
    const { taskToken = '' } = await sfn.getActivityTask({ activityArn });
    // The first task of the activity may be another test's; its token is hidden no less.
    const page = await ask('POST', 'states/GetExecutionHistory', { executionArn });
    const real = JSON.stringify((await sfn.getExecutionHistory({ executionArn })).events);
    assert.match(real, /AQA[\w\-]{44}/v);
    assert.doesNotMatch(JSON.stringify(page.body), /AQA[\w\-]{44}/v);
    assert.match(JSON.stringify(page.body), /\(task token, hidden\)/v);
    assert.equal((page.body['events'] as unknown[]).length, 3);
    const started = await ask('POST', 'states/StartExecution', {
      stateMachineArn,
      input: JSON.stringify({ taskToken }),
    });
    const shown = await ask('POST', 'states/DescribeExecution', { executionArn: started.body['executionArn'] });
    assert.equal(shown.body['input'], '{"taskToken":"(task token, hidden)"}');
    const unknown = await ask('POST', 'states/DescribeExecution', { executionArn: `${executionArn}x` });
    assert.equal(unknown.status, 400);
    assert.match(String(unknown.body['__type']), /#ExecutionDoesNotExist$/v);
    for (const action of ['SendTaskSuccess', 'GetActivityTask', 'DeleteStateMachine', 'toString', '']) {
      assert.equal((await ask('POST', `states/${action}`, {})).status, 404, action);
    }
  });

  test('an execution is found by its name', async () => {
    const { executionArn } = await startWaiting('named');
    const found = await ask('GET', 'executions?name=named');
    assert.deepEqual(found.body, { executions: [{ executionArn, stateMachineArn, status: 'RUNNING' }] });
    assert.deepEqual((await ask('GET', 'executions?name=nobody')).body, { executions: [] });
  });

  test('machines are listed with how many executions they have', async () => {
    await startWaiting('counted');
    const { body } = await ask('GET', 'machines');
    const [machine] = body['machines'] as {
      name: string;
      type: string;
      counts: { RUNNING?: number };
      recent: unknown[];
    }[];
    assert.ok(machine);
    assert.deepEqual([machine.name, machine.type], ['packing', 'STANDARD']);
    assert.ok((machine.counts.RUNNING ?? 0) > 0);
    assert.ok(machine.recent.length > 0);
    assert.equal((await ask('GET', 'machines?nextToken=none')).status, 400);
  });

  test('nothing of it is logged that answers a task', () => {
    assert.doesNotMatch(logged.join('\n'), /A[QgwA]A[\w\-]{44}/v);
  });
});

test('where others reach the server there is none of it', async () => {
  const log = createLog({ write: () => {}, form: 'json', level: 'error' });
  const server = await startEngineServer({ host: '0.0.0.0', port: 0, credentialsFile: keysFile(), log });
  for (const path of ['tasks', 'machines']) {
    assert.equal((await fetch(`${server.url}/_countersign/${path}`)).status, 501);
  }
  await server.close();
});
