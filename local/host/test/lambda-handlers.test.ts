import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeFolder, startLambda } from './lambda-fixture.ts';

test('a handler gets the event, and its result is the payload', async (t) => {
  const lambda = startLambda(t);
  const name = lambda.create('export const handler = async (event) => ({ doubled: event.n * 2, text: "é€😀" })');
  assert.deepEqual(await lambda.result(name, { n: 21 }), { doubled: 42, text: 'é€😀' });
});

test('a handler may be CommonJS, in a folder, nested in an object, or not async', async (t) => {
  const lambda = startLambda(t);
  const commonJs = lambda.create({ 'index.js': 'exports.handler = async () => typeof require' });
  const inFolder = lambda.create(
    { 'dist/api.mjs': 'export const orders = { get: async () => 1 }' },
    { handler: 'dist/api.orders.get' },
  );
  const sync = lambda.create('export const handler = () => [1]');
  const byDefault = lambda.create('export default { handler: async () => "by default" }');
  assert.equal(await lambda.result(commonJs), 'function');
  assert.equal(await lambda.result(inFolder), 1);
  assert.deepEqual(await lambda.result(sync), [1]);
  assert.equal(await lambda.result(byDefault), 'by default');
});

test('a CommonJS bundle stays CommonJS inside a project whose package.json says "module"', async (t) => {
  const lambda = startLambda(t);
  const project = codeFolder(t, {
    'package.json': '{ "type": "module" }',
    'cdk.out/asset.1/index.js': 'const { answer } = require("./answer");\nexports.handler = async () => answer;',
    'cdk.out/asset.1/answer.js': '/*\nexport in a comment\n*/\nexports.answer = 42;',
    'cdk.out/asset.2/index.js': 'import { sep } from "node:path";\nexport const handler = async () => sep;',
    'cdk.out/asset.3/index.mjs': 'export const handler = async () => "mjs";',
  });
  const results = ['asset.1', 'asset.2', 'asset.3'].map((asset) =>
    lambda.result(lambda.create({}, { codeDir: `${project}/cdk.out/${asset}` })),
  );
  assert.deepEqual(await Promise.all(results), [42, '/', 'mjs']);
});

test('no result at all is null', async (t) => {
  const lambda = startLambda(t);
  assert.equal(await lambda.result(lambda.create('export const handler = async () => {}')), null);
});

test('the context says who is asked, for what, and how much time is left', async (t) => {
  const lambda = startLambda(t);
  const code = `export const handler = async (event, context) => ({
    ...context, left: context.getRemainingTimeInMillis(), trace: process.env._X_AMZN_TRACE_ID })`;
  const name = lambda.create(code, { functionName: 'Orders', memoryMb: 256, timeoutSeconds: 3 });
  const clientContext = Buffer.from('{"custom":{"a":1}}').toString('base64');
  const response = await lambda.service.invoke({ functionName: name, payload: '{}', clientContext });
  const { left, trace, logStreamName, ...context } = JSON.parse(response.payload) as Record<string, unknown>;
  assert.deepEqual(context, {
    functionName: 'Orders',
    functionVersion: '$LATEST',
    memoryLimitInMB: '256',
    logGroupName: '/aws/lambda/Orders',
    clientContext: { custom: { a: 1 } },
    invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:Orders',
    awsRequestId: response.requestId,
  });
  assert.ok(typeof left === 'number' && left > 1000 && left <= 3000, `left: ${String(left)}`);
  assert.match(String(trace), /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/v);
  assert.match(String(logStreamName), /^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/v);
});

test('an invocation by a qualified ARN is told that ARN', async (t) => {
  const lambda = startLambda(t);
  lambda.create('export const handler = async (event, context) => context.invokedFunctionArn', {
    functionName: 'Orders',
  });
  const arn = 'arn:aws:lambda:eu-west-1:123456789012:function:Orders:$LATEST';
  assert.equal(await lambda.result(arn), arn);
});

test('what a handler throws is worded as Lambda words it', async (t) => {
  const lambda = startLambda(t);
  const name = lambda.create(`
    class OutOfStock extends Error { constructor(message) { super(message); this.name = 'OutOfStock'; } }
    export const handler = async ({ how }) => {
      if (how === 'error') throw new OutOfStock('no apples');
      if (how === 'string') throw 'just text';
      if (how === 'cyclic') { const value = {}; value.self = value; return value; }
      return 1n;
    }`);
  const { trace, ...error } = await lambda.error(name, { how: 'error' });
  assert.deepEqual(error, { errorType: 'OutOfStock', errorMessage: 'no apples' });
  assert.equal(trace?.[0], 'OutOfStock: no apples');
  assert.match(trace?.[1] ?? '', /at handler \(file:.*index\.mjs:4:/v);
  assert.deepEqual(await lambda.error(name, { how: 'string' }), {
    errorType: 'string',
    errorMessage: 'just text',
    trace: [],
  });
  for (const how of ['cyclic', 'bigint']) {
    const { errorType, errorMessage } = await lambda.error(name, { how });
    assert.deepEqual([errorType, errorMessage], ['Runtime.JSONStringifyError', 'Unable to stringify response body']);
  }
});

const BROKEN: [
  what: string,
  files: Record<string, string>,
  handler: string,
  errorType: string,
  errorMessage: RegExp,
][] = [
  ['a missing file', {}, 'index.handler', 'Runtime.ImportModuleError', /^Error: Cannot find module 'index'/v],
  [
    'a missing dependency',
    { 'index.cjs': 'require("not-there")' },
    'index.handler',
    'Runtime.ImportModuleError',
    /Cannot find module 'not-there'/v,
  ],
  [
    'a missing export',
    { 'index.mjs': 'export const other = 1' },
    'index.handler',
    'Runtime.HandlerNotFound',
    /^index\.handler is undefined or not exported$/v,
  ],
  [
    'an export that is no function',
    { 'index.mjs': 'export const handler = 1' },
    'index.handler',
    'Runtime.HandlerNotFound',
    /^index\.handler is not a function$/v,
  ],
  ['a handler without a dot', { 'index.mjs': '' }, 'index', 'Runtime.MalformedHandlerName', /^Bad handler$/v],
  [
    'a handler outside the code',
    { 'index.mjs': '' },
    '../index.handler',
    'Runtime.MalformedHandlerName',
    /not a valid handler name/v,
  ],
  [
    'a syntax error',
    { 'index.mjs': 'export const = 1' },
    'index.handler',
    'Runtime.UserCodeSyntaxError',
    /^SyntaxError: /v,
  ],
  [
    'code that throws when it is loaded',
    { 'index.mjs': 'throw new RangeError("early")' },
    'index.handler',
    'RangeError',
    /^early$/v,
  ],
  [
    'code that exits when it is loaded',
    { 'index.mjs': 'process.exit(7)' },
    'index.handler',
    'Runtime.ExitError',
    /^RequestId: [0-9a-f\-]{36} Error: Runtime exited with error: exit status 7$/v,
  ],
  [
    'response streaming',
    { 'index.mjs': 'export const handler = awslambda.streamifyResponse(async () => {})' },
    'index.handler',
    'Runtime.StreamingNotSupported',
    /not supported on this machine/v,
  ],
  [
    'a callback on nodejs24.x',
    { 'index.mjs': 'export const handler = (event, context, callback) => callback(null, 1)' },
    'index.handler',
    'Runtime.CallbackHandlerDeprecated',
    /removed support for callback-based function handlers/v,
  ],
];

test('a function that cannot be loaded says why', async (t) => {
  const lambda = startLambda(t);
  const outcomes = BROKEN.map(async ([what, files, handler, errorType, errorMessage]) => {
    const error = await lambda.error(lambda.create(files, { handler }));
    assert.equal(error.errorType, errorType, what);
    assert.match(error.errorMessage, errorMessage, what);
  });
  await Promise.all(outcomes);
});

test('a function that cannot be loaded is tried anew by each invocation', async (t) => {
  const lambda = startLambda(t);
  const name = lambda.create('throw new Error(process.pid)');
  const pids = [await lambda.error(name), await lambda.error(name)].map(({ errorMessage }) => errorMessage);
  assert.notEqual(pids[0], pids[1]);
});

test('up to nodejs22.x a handler may answer by callback', async (t) => {
  const lambda = startLambda(t);
  const create = (body: string) =>
    lambda.create(`export const handler = (event, context, callback) => { ${body} }`, { runtime: 'nodejs22.x' });
  assert.equal(await lambda.result(create('callback(null, "called")')), 'called');
  assert.equal(await lambda.result(create('context.succeed("succeeded")')), 'succeeded');
  assert.equal(await lambda.result(create('return Promise.resolve("returned")')), 'returned');
  assert.equal(await lambda.result(create('')), null);
  assert.equal((await lambda.error(create('callback(new Error("failed"))'))).errorMessage, 'failed');
  assert.equal((await lambda.error(create('throw new Error("thrown")'))).errorMessage, 'thrown');
});

test('a callback waits for an empty event loop, unless told not to', async (t) => {
  const lambda = startLambda(t);
  const name = lambda.create(
    `let fired = 0;
     export const handler = (event, context, callback) => {
       context.callbackWaitsForEmptyEventLoop = event.waits;
       const before = fired;
       setTimeout(() => { fired += 1; }, 50);
       const result = { toJSON: () => fired - before };
       callback(null, result);
     }`,
    { runtime: 'nodejs22.x' },
  );
  assert.equal(await lambda.result(name, { waits: true }), 1);
  assert.equal(await lambda.result(name, { waits: false }), 0);
});

test('up to nodejs22.x an unhandled rejection is answered by name', async (t) => {
  const lambda = startLambda(t);
  const code =
    'export const handler = async () => { Promise.reject(new Error("dropped")); await new Promise((r) => setTimeout(r, 1000)); }';
  const { errorType, errorMessage } = await lambda.error(lambda.create(code, { runtime: 'nodejs22.x' }));
  assert.deepEqual([errorType, errorMessage], ['Runtime.UnhandledPromiseRejection', 'Error: dropped']);
});

test('a function that is not Node.js, or has no code, is refused with a hint', (t) => {
  const lambda = startLambda(t);
  assert.throws(() => lambda.create('', { runtime: 'python3.14' }), { name: 'HostError', message: /"python3\.14"/v });
  assert.throws(() => lambda.create('', { codeDir: '/not/there' }), { name: 'HostError', message: /\/not\/there/v });
});
