import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { startLambda } from './lambda-fixture.ts';
import type { RunningLambda } from './lambda-fixture.ts';
import { served } from './served.ts';

const ECHO = 'export const handler = async (event) => { if (event.fail) throw new TypeError("no"); return event; }';

interface Answer {
  status: number | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

interface Endpoint {
  lambda: RunningLambda;
  port: number;
  send: (path: string, body: string, headers?: Record<string, string>, method?: string) => Promise<Answer>;
  invoke: (name: string, body: string, headers?: Record<string, string>) => Promise<Answer>;
}

async function startEndpoint(t: TestContext): Promise<Endpoint> {
  const lambda = startLambda(t);
  const port = await served(t, (message, response) => lambda.service.handle(message, response));
  const send: Endpoint['send'] = async (path, body, headers = {}, method = 'POST') => {
    const message = request({ host: '127.0.0.1', port, path, method, headers }).end(body);
    const [response] = (await once(message, 'response')) as [IncomingMessage];
    return { status: response.statusCode, headers: response.headers, body: await text(response) };
  };
  const invoke: Endpoint['invoke'] = (name, body, headers) =>
    send(`/2015-03-31/functions/${encodeURIComponent(name)}/invocations`, body, headers);
  return { lambda, port, send, invoke };
}

test('Invoke answers with the payload, the version and a request id', async (t) => {
  const { lambda, invoke } = await startEndpoint(t);
  const name = lambda.create(ECHO, { functionName: 'Orders' });
  for (const reference of [
    name,
    'Orders:$LATEST',
    '123456789012:function:Orders',
    'arn:aws:lambda:eu-west-1:123456789012:function:Orders',
    'arn:aws:lambda:eu-west-1:123456789012:function:Orders:$LATEST',
  ]) {
    const { status, headers, body } = await invoke(reference, '{ "a" : [1, "é"] }');
    assert.deepEqual([status, JSON.parse(body)], [200, { a: [1, 'é'] }], reference);
    assert.equal(headers['x-amz-executed-version'], '$LATEST');
    assert.equal(headers['x-amz-function-error'], undefined);
    assert.match(String(headers['x-amzn-requestid']), /^[0-9a-f\-]{36}$/v);
  }
  assert.equal((await invoke(name, '')).body, '{}');
});

test('Invoke tells a function error in a header, and the log where it is asked for', async (t) => {
  const { lambda, invoke } = await startEndpoint(t);
  const name = lambda.create(ECHO);
  const failed = await invoke(name, '{"fail":true}', { 'X-Amz-Log-Type': 'Tail' });
  assert.deepEqual([failed.status, failed.headers['x-amz-function-error']], [200, 'Unhandled']);
  assert.equal((JSON.parse(failed.body) as { errorType: string }).errorType, 'TypeError');
  assert.match(
    Buffer.from(String(failed.headers['x-amz-log-result']), 'base64').toString(),
    /^START[\s\S]*Invoke Error[\s\S]*REPORT/v,
  );
});

test('an event is answered with 202, a dry run with 204', async (t) => {
  const { lambda, invoke } = await startEndpoint(t);
  const name = lambda.create('export const handler = async () => console.log("ran")');
  const dry = await invoke(name, '{}', { 'X-Amz-Invocation-Type': 'DryRun' });
  assert.deepEqual([dry.status, dry.body], [204, '']);
  const event = await invoke(name, '{}', { 'X-Amz-Invocation-Type': 'Event' });
  assert.deepEqual([event.status, event.body], [202, '']);
  while (lambda.messages().length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(lambda.messages(), ['ran']);
});

const FUNCTION = '/2015-03-31/functions/Orders/invocations';
const ARN = 'arn:aws:lambda:eu-west-1:123456789012:function';

const REFUSALS: [
  what: string,
  path: string,
  body: string,
  headers: Record<string, string>,
  method: string,
  status: number,
  type: string,
  message: RegExp,
][] = [
  [
    'an unknown function',
    '/2015-03-31/functions/Nobody/invocations',
    '{}',
    {},
    'POST',
    404,
    'ResourceNotFoundException',
    new RegExp(`^Function not found: ${ARN}:Nobody$`, 'v'),
  ],
  [
    'an unknown version',
    `${FUNCTION}?Qualifier=7`,
    '{}',
    {},
    'POST',
    404,
    'ResourceNotFoundException',
    new RegExp(`^Function not found: ${ARN}:Orders:7$`, 'v'),
  ],
  [
    'a function of another region',
    `/2015-03-31/functions/${encodeURIComponent(ARN.replace('eu-west-1', 'us-east-1'))}%3AOrders/invocations`,
    '{}',
    {},
    'POST',
    404,
    'ResourceNotFoundException',
    /us-east-1/v,
  ],
  [
    'a malformed name',
    '/2015-03-31/functions/a%20b/invocations',
    '{}',
    {},
    'POST',
    400,
    'ValidationException',
    /'a b' at 'functionName'/v,
  ],
  [
    'a body that is not JSON',
    FUNCTION,
    '{"a":',
    {},
    'POST',
    400,
    'InvalidRequestContentException',
    /^Could not parse request body into json: /v,
  ],
  [
    'an unknown invocation type',
    FUNCTION,
    '{}',
    { 'X-Amz-Invocation-Type': 'Later' },
    'POST',
    400,
    'ValidationException',
    /'Later' at 'invocationType'/v,
  ],
  [
    'a client context that is not JSON',
    FUNCTION,
    '{}',
    { 'X-Amz-Client-Context': 'bm8=' },
    'POST',
    400,
    'InvalidRequestContentException',
    /Client context must be/v,
  ],
  [
    'an event over 1 MB',
    FUNCTION,
    JSON.stringify('x'.repeat(1_048_576)),
    { 'X-Amz-Invocation-Type': 'Event' },
    'POST',
    413,
    'RequestTooLargeException',
    /limit 1048576 bytes/v,
  ],
  [
    'a payload over 6 MB',
    FUNCTION,
    JSON.stringify('x'.repeat(6_291_456)),
    {},
    'POST',
    413,
    'RequestTooLargeException',
    /^Request must be smaller than 6291456 bytes/v,
  ],
  ['another method', FUNCTION, '', {}, 'GET', 405, 'MethodNotAllowedException', /./v],
  [
    'another action',
    '/2015-03-31/functions/Orders',
    '',
    {},
    'GET',
    404,
    'UnknownOperationException',
    /\/2015-03-31\/functions\/Orders/v,
  ],
];

test('what Lambda refuses is refused by its name, with its status', async (t) => {
  const { lambda, send, invoke } = await startEndpoint(t);
  lambda.create(ECHO, { functionName: 'Orders' });
  for (const [what, path, body, headers, method, status, type, message] of REFUSALS) {
    const answer = await send(path, body, headers, method);
    assert.deepEqual([answer.status, answer.headers['x-amzn-errortype']], [status, type], what);
    const refusal = JSON.parse(answer.body) as { message?: string; Message?: string };
    assert.match(refusal.message ?? refusal.Message ?? '', message, what);
  }
  lambda.create(ECHO, { functionName: 'Throttled', reservedConcurrency: 0 });
  const throttled = await invoke('Throttled', '{}');
  assert.equal(throttled.status, 429);
  assert.deepEqual(JSON.parse(throttled.body), {
    Type: 'User',
    Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    message: 'Rate Exceeded.',
  });
});

test('the largest payload and the largest answer pass', async (t) => {
  const { lambda, invoke } = await startEndpoint(t);
  const name = lambda.create(ECHO, { memoryMb: 512 });
  const payload = JSON.stringify('x'.repeat(6_291_456 - 2));
  const { status, body } = await invoke(name, payload);
  assert.equal(status, 200);
  assert.ok(body === payload);
});

test('a body without an announced length is refused at the byte too many', async (t) => {
  const { lambda, port } = await startEndpoint(t);
  lambda.create(ECHO, { functionName: 'Orders' });
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(`POST ${FUNCTION} HTTP/1.1\r\nHost: lambda\r\nTransfer-Encoding: chunked\r\n\r\n`);
  const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
  const endless = setInterval(() => socket.write(chunk.repeat(20)), 5);
  t.after(() => clearInterval(endless));
  const [first] = (await once(socket, 'data')) as [Buffer];
  assert.match(first.toString(), /^HTTP\/1\.1 413 /v);
  await closed;
});
