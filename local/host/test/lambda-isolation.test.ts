import assert from 'node:assert/strict';
import { once } from 'node:events';
import { renameSync } from 'node:fs';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { codeFolder, gone, startLambda } from './lambda-fixture.ts';

const EXIT = (requestId: string, reason: string) => `RequestId: ${requestId} Error: ${reason}`;

/** What a handler does, its timeout, and the error its invoker gets. */
const MISBEHAVIOURS: [
  what: string,
  code: string,
  timeoutSeconds: number,
  error: (requestId: string) => [type: string, message: string | RegExp],
][] = [
  [
    'sleeps past its timeout',
    'await new Promise((r) => setTimeout(r, 60_000))',
    1,
    (id) => ['Sandbox.Timedout', new RegExp(`^\\d{4}-[\\d:T.\\-]+Z ${id} Task timed out after 1\\.00 seconds$`, 'v')],
  ],
  [
    'loops for ever',
    'for (;;);',
    1,
    (id) => ['Sandbox.Timedout', new RegExp(`${id} Task timed out after 1\\.00 seconds$`, 'v')],
  ],
  [
    'exits with a code',
    'process.exit(3)',
    5,
    (id) => ['Runtime.ExitError', EXIT(id, 'Runtime exited with error: exit status 3')],
  ],
  [
    'exits with 0',
    'process.exit(0)',
    5,
    (id) => ['Runtime.ExitError', EXIT(id, 'Runtime exited without providing a reason')],
  ],
  [
    'waits for what never comes',
    'await new Promise(() => {})',
    5,
    (id) => ['Runtime.ExitError', EXIT(id, 'Runtime exited without providing a reason')],
  ],
  [
    'drops a rejected promise',
    'Promise.reject(new Error("dropped")); await new Promise((r) => setTimeout(r, 500))',
    5,
    (id) => ['Runtime.ExitError', EXIT(id, 'Runtime exited with error: exit status 1')],
  ],
  [
    'throws in a timer',
    'setTimeout(() => { throw new Error("late") }); await new Promise((r) => setTimeout(r, 500))',
    5,
    (id) => ['Runtime.ExitError', EXIT(id, 'Runtime exited with error: exit status 1')],
  ],
  [
    'kills itself',
    'process.kill(process.pid, "SIGTERM"); await new Promise((r) => setTimeout(r, 500))',
    5,
    (id) => ['Runtime.ExitError', EXIT(id, 'Runtime exited with error: signal: terminated')],
  ],
  [
    'writes to the descriptor of the runtime',
    'fs.writeSync(3, "\\xff".repeat(64)); await new Promise((r) => setTimeout(r, 500))',
    5,
    (id) => ['Runtime.ExitError', EXIT(id, 'Runtime exited with error: signal: killed')],
  ],
  [
    'answers with more than 6 MB',
    'return "x".repeat(6_291_556)',
    5,
    () => [
      'Function.ResponseSizeTooLarge',
      'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
    ],
  ],
];

test('whatever functions do, each fails by its proper name and one that behaves well does not notice', async (t) => {
  const lambda = startLambda(t);
  const wellBehaved = lambda.create('export const handler = async () => process.pid');
  const pid = await lambda.result(wellBehaved);
  const over = new AbortController();
  const meanwhile = (async () => {
    while (!over.signal.aborted) {
      assert.equal(await lambda.result(wellBehaved), pid);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();

  const outcomes = MISBEHAVIOURS.map(async ([what, code, timeoutSeconds, expected]) => {
    const handler = `import fs from 'node:fs'; export const handler = async () => { ${code} };`;
    const functionName = lambda.create(handler, { timeoutSeconds });
    const { functionError, requestId, payload } = await lambda.service.invoke({ functionName, payload: '{}' });
    const error = JSON.parse(payload) as Record<string, unknown>;
    const [errorType, errorMessage] = expected(requestId);
    assert.deepEqual([functionError, error['errorType']], ['Unhandled', errorType], what);
    if (typeof errorMessage === 'string') assert.equal(error['errorMessage'], errorMessage, what);
    else assert.match(String(error['errorMessage']), errorMessage, what);
    const report = lambda.records.find(
      (record) => record.event === 'lambda.report' && record.fields['requestId'] === requestId,
    );
    // Of the minute that it would have taken; how late a busy machine wakes to cut it off is not looked at.
    assert.ok(Number(report?.fields['durationMs']) < timeoutSeconds * 1000 + 20_000, what);
  });
  await Promise.all(outcomes);
  over.abort();
  await meanwhile;
});

test('a function that runs out of heap, or fills buffers beyond its memory, is ended', async (t) => {
  const lambda = startLambda(t);
  const heap = lambda.create(
    'export const handler = async () => { const kept = []; for (;;) kept.push({ text: String(kept.length) }) }',
  );
  const buffers = lambda.create(`export const handler = async () => {
    const kept = [];
    for (let megabytes = 0; megabytes < 2000; megabytes += 20) {
      kept.push(Buffer.alloc(20_000_000, 1));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }`);
  // V8 gives up at its own limit; when it has taken much at once, the limit of the whole process may be met first.
  assert.match((await lambda.error(heap)).errorMessage, /Runtime exited with error: signal: (?:aborted|killed)$/v);
  if (process.platform !== 'linux') return;
  const { errorType, errorMessage } = await lambda.error(buffers);
  assert.equal(errorType, 'Runtime.OutOfMemory');
  assert.match(errorMessage, /Runtime exited with error: signal: killed$/v);
});

test('an instance that has failed is not used again', async (t) => {
  const lambda = startLambda(t);
  const name = lambda.create(
    'let n = 0; export const handler = async ({ exit }) => { n += 1; if (exit) process.exit(1); return n; }',
  );
  assert.equal(await lambda.result(name), 1);
  assert.equal(await lambda.result(name), 2);
  await lambda.error(name, { exit: true });
  assert.equal(await lambda.result(name), 1);
});

test('a thrown error leaves the instance as it is', async (t) => {
  const lambda = startLambda(t);
  const name = lambda.create(
    'let n = 0; export const handler = async ({ fail }) => { n += 1; if (fail) throw new Error("no"); return n; }',
  );
  await lambda.error(name, { fail: true });
  assert.equal(await lambda.result(name), 2);
});

test('an instance that cannot be started is the fault of Lambda, and the next attempt may do', async (t) => {
  const lambda = startLambda(t);
  const code = { 'index.mjs': 'export const handler = async () => 1' };
  const thrown = lambda.create(code, { environment: { BROKEN: 'a\0b' } });
  const codeDir = codeFolder(t, code);
  const told = lambda.create(code, { codeDir });
  renameSync(codeDir, `${codeDir}-away`);
  for (const name of [thrown, told, told]) await assert.rejects(lambda.result(name), { name: 'ServiceException' });
  renameSync(`${codeDir}-away`, codeDir);
  assert.equal(await lambda.result(told), 1);
});

test('a connection that was closed between two invocations is not used by the second', async (t) => {
  const server = createServer((_request, response) => response.end('answer')).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const lambda = startLambda(t);
  const name = lambda.create(`import http from 'node:http';
    import { text } from 'node:stream/consumers';
    const agent = new http.Agent({ keepAlive: true });
    export const handler = ({ method }) => new Promise((resolve, reject) => {
      const request = http.request({ host: '127.0.0.1', port: ${port}, agent, method });
      request.on('response', (response) => resolve(text(response)));
      request.on('error', reject);
      request.end();
    });`);
  for (let i = 0; i < 10; i++) {
    assert.equal(await lambda.result(name, { method: 'POST' }), 'answer');
    server.closeAllConnections();
  }
});

test('what a function starts ends with its instance', async (t) => {
  const lambda = startLambda(t);
  const name = lambda.create(
    `import { spawn } from 'node:child_process';
     export const handler = async () => {
       console.log(spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' }).pid);
       for (;;);
     }`,
    { timeoutSeconds: 1 },
  );
  assert.equal((await lambda.error(name)).errorType, 'Sandbox.Timedout');
  const pid = Number(lambda.messages()[0]);
  assert.ok(pid > 0);
  await gone(pid);
});

test('a function sees its own environment and nothing of the host', async (t) => {
  process.env['HOST_SECRET'] = 'not for functions';
  t.after(() => delete process.env['HOST_SECRET']);
  const lambda = startLambda(t);
  const name = lambda.create(
    'export const handler = async () => ({ environment: process.env, cwd: process.cwd(), argv: process.execArgv })',
    {
      functionName: 'Orders',
      environment: { TABLE: 'orders', AWS_REGION: 'eu-central-1', AWS_LAMBDA_FUNCTION_NAME: 'somebody-else' },
    },
  );
  const { environment, cwd, argv } = (await lambda.result(name)) as {
    environment: Record<string, string>;
    cwd: string;
    argv: string[];
  };
  const { AWS_LAMBDA_LOG_STREAM_NAME: _stream, _X_AMZN_TRACE_ID: _trace, ...rest } = environment;
  assert.deepEqual(rest, {
    AWS_ACCESS_KEY_ID: 'local',
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
    AWS_LAMBDA_FUNCTION_NAME: 'Orders',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/Orders',
    AWS_REGION: 'eu-central-1',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
    HOME: '/home/sbx_user1051',
    LAMBDA_TASK_ROOT: cwd,
    LANG: 'en_US.UTF-8',
    PATH: '/usr/local/bin:/usr/bin:/bin:/opt/bin',
    TABLE: 'orders',
    TZ: ':UTC',
    _HANDLER: 'index.handler',
  });
  assert.deepEqual(argv, ['--max-old-space-size=115']);
});
