import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { startApi } from './api-gateway-fixture.ts';
import { startLambda } from './lambda-fixture.ts';

const INTERNAL_SERVER_ERROR = [500, 'application/json', '{"message":"Internal Server Error"}'];

const RESULTS: [result: unknown, status: number, contentType: string | undefined, body: string][] = [
  // Inferred: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
  ['Hello from Lambda!', 200, 'application/json', 'Hello from Lambda!'],
  [{ message: 'Hello from Lambda!' }, 200, 'application/json', '{"message":"Hello from Lambda!"}'],
  [[1, 2], 200, 'application/json', '[1,2]'],
  [7, 200, 'application/json', '7'],
  [null, 200, 'application/json', 'null'],
  [{ body: 'no status code' }, 200, 'application/json', '{"body":"no status code"}'],
  // Given.
  [{ statusCode: 201, headers: { 'Content-Type': 'text/html' }, body: '<p>' }, 201, 'text/html', '<p>'],
  [{ statusCode: 200, body: 'plain' }, 200, 'text/plain;charset=UTF-8', 'plain'],
  [{ statusCode: '404' }, 404, 'text/plain;charset=UTF-8', ''],
  [{ statusCode: 200, isBase64Encoded: true, body: 'w6k=' }, 200, 'text/plain;charset=UTF-8', 'é'],
  [
    { statusCode: 200, headers: { 'content-length': 1, 'transfer-encoding': 'x' }, body: 'whole' },
    200,
    'text/plain;charset=UTF-8',
    'whole',
  ],
];

test('a result without a status code is a body, one with it is the response', async (t) => {
  let result: unknown;
  const { send } = await startApi(t, () => JSON.stringify(result));
  for (const [given, ...expected] of RESULTS) {
    result = given;
    const { status, headers, body } = await send('/');
    assert.deepEqual([status, headers['content-type'], body], expected, JSON.stringify(given));
    assert.match(String(headers['apigw-requestid']), /^[\w\-]{15}=$/v);
  }
});

test('headers keep their types as text, and each cookie is a header', async (t) => {
  const result = {
    statusCode: 204,
    headers: { 'X-Count': 3, 'X-Flag': true, Location: '/orders/1' },
    cookies: ['a=1; Secure', 'b=2'],
  };
  const { send } = await startApi(t, () => JSON.stringify(result));
  const { status, headers } = await send('/');
  assert.equal(status, 204);
  assert.deepEqual([headers['x-count'], headers['x-flag'], headers.location], ['3', 'true', '/orders/1']);
  assert.deepEqual(headers['set-cookie'], ['a=1; Secure', 'b=2']);
});

test('a response that cannot be sent is an internal error, and the log knows why', async (t) => {
  let result: unknown;
  const { send, log } = await startApi(t, () => JSON.stringify(result));
  const malformed = [
    { statusCode: 'abc' },
    { statusCode: 99 },
    { statusCode: 101 },
    { statusCode: 600 },
    { statusCode: 200.5 },
    { statusCode: null },
    { statusCode: 200, body: { not: 'a string' } },
    { statusCode: 200, headers: 'x' },
    { statusCode: 200, headers: { a: ['1'] } },
    { statusCode: 200, headers: { 'a b': '1' } },
    { statusCode: 200, headers: { a: '1\r\nset-cookie: forged=1' } },
    { statusCode: 200, cookies: 'a=1' },
    { statusCode: 200, cookies: ['a=1\r\nx: y'] },
  ];
  for (const given of malformed) {
    result = given;
    const { status, headers, body } = await send('/');
    assert.deepEqual([status, headers['content-type'], body], INTERNAL_SERVER_ERROR, JSON.stringify(given));
    assert.equal(headers['set-cookie'], undefined);
  }
  const reasons = log.filter(({ event }) => event === 'api.integration.failed');
  assert.equal(reasons.length, malformed.length);
  assert.match(
    String(reasons[0]?.fields['reason']),
    /^MalformedResponse: statusCode is not a number from 200 to 599 but string abc/v,
  );
});

test('a failing function shows a client nothing of itself', async (t) => {
  const lambda = startLambda(t);
  const name = lambda.create('export const handler = async () => { throw new Error("secret detail") }');
  const { send } = await startApi(t, () => '', {
    routes: [
      { routeKey: 'GET /', target: name },
      { routeKey: 'GET /unknown', target: 'nobody' },
    ],
    invoke: (request) => lambda.service.invoke(request),
  });
  for (const path of ['/', '/unknown']) {
    const { status, headers, body } = await send(path);
    assert.deepEqual([status, headers['content-type'], body], INTERNAL_SERVER_ERROR);
  }
});

test('a request travels through a real function and back', async (t) => {
  const lambda = startLambda(t);
  const name = lambda.create(`export const handler = async (event) => ({
    statusCode: 202,
    headers: { location: '/orders/' + event.pathParameters.id },
    body: event.requestContext.http.method + ' ' + JSON.parse(event.body).text,
  })`);
  const { send } = await startApi(t, () => '', {
    routes: [{ routeKey: 'POST /orders/{id}', target: `arn:aws:lambda:eu-west-1:123456789012:function:${name}` }],
    invoke: (request) => lambda.service.invoke(request),
  });
  const { status, headers, body } = await send('/orders/1', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{"text":"é"}',
  });
  assert.deepEqual([status, headers.location, body], [202, '/orders/1', 'POST é']);
});

test('a function that takes too long, or is throttled, is unavailable', async (t) => {
  const lambda = startLambda(t);
  const slow = lambda.create('export const handler = () => new Promise((resolve) => setTimeout(resolve, 2000))');
  const throttled = lambda.create('export const handler = async () => 1', { reservedConcurrency: 0 });
  const { send } = await startApi(t, () => '', {
    routes: [
      { routeKey: 'GET /slow', target: slow, timeoutMs: 200 },
      { routeKey: 'GET /throttled', target: throttled },
    ],
    invoke: (request) => lambda.service.invoke(request),
  });
  for (const path of ['/slow', '/throttled']) {
    const { status, body } = await send(path);
    assert.deepEqual([status, body], [503, '{"message":"Service Unavailable"}'], path);
  }
});

test('no route is 404', async (t) => {
  const { send, events } = await startApi(t, () => '{}', { routes: [{ routeKey: 'GET /orders', target: 'function' }] });
  for (const request of [{}, { method: 'POST', body: 'x'.repeat(100_000) }]) {
    const { status, headers, body } = await send('/nothing', request);
    assert.deepEqual([status, headers['content-type'], body], [404, 'application/json', '{"message":"Not Found"}']);
  }
  assert.deepEqual(events, []);
});

test('10 MB are the most a request may have, and an event of more than 6 MB is refused as well', async (t) => {
  const lambda = startLambda(t);
  const name = lambda.create('export const handler = async (event) => String(event.body.length)', { memoryMb: 512 });
  const { send } = await startApi(t, () => '', {
    routes: [{ routeKey: 'POST /', target: name }],
    invoke: (request) => lambda.service.invoke(request),
  });
  const post = (bytes: number) =>
    send('/', { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: 'x'.repeat(bytes) });
  assert.equal((await post(6_200_000)).body, '6200000');
  for (const bytes of [6_291_456, 10 * 1024 * 1024 + 1]) {
    const { status, body } = await post(bytes);
    assert.deepEqual([status, body], [413, '{"message":"Request Entity Too Large"}'], String(bytes));
  }
});

test('too long a body is refused before it is sent', async (t) => {
  const { port, events } = await startApi(t, () => '{}');
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.write('POST / HTTP/1.1\r\nHost: api\r\nContent-Length: 10485761\r\n\r\n');
  const [first] = (await once(socket, 'data')) as [Buffer];
  assert.match(first.toString(), /^HTTP\/1\.1 413 /v);
  assert.deepEqual(events, []);
});

test('each request is one line of log, without anything the client or the function said', async (t) => {
  const { send, log } = await startApi(t, () => '{"statusCode":201,"body":"private answer"}', {
    routes: [{ routeKey: 'POST /orders/{id}', target: 'function' }],
  });
  const { headers } = await send('/orders/private-id?token=private', {
    method: 'POST',
    headers: { Cookie: 'private=1' },
    body: 'private',
  });
  await send('/private-path');
  while (log.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  const [first, second] = log.map(({ event, fields: { ms, ...fields } }) => ({
    event,
    isTimed: typeof ms === 'number',
    ...fields,
  }));
  const requestId = headers['apigw-requestid'];
  assert.deepEqual(first, {
    event: 'api.request',
    isTimed: true,
    method: 'POST',
    route: 'POST /orders/{id}',
    status: 201,
    requestId,
  });
  assert.deepEqual(
    { ...second, requestId: '' },
    { event: 'api.request', isTimed: true, method: 'GET', route: undefined, status: 404, requestId: '' },
  );
  assert.doesNotMatch(JSON.stringify(log), /private/v);
});

test('a client that goes away is noted, and disturbs nobody', async (t) => {
  const { port, send, log } = await startApi(t, () => '{}');
  const socket = connect(port, '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nHost: api\r\nContent-Length: 100\r\n\r\nhalf');
  while (log.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    socket.destroy();
  }
  assert.equal(log[0]?.event, 'api.request');
  assert.equal(log[0]?.fields['clientGone'], true);
  assert.equal((await send('/')).status, 200);
  assert.deepEqual(
    log.filter(({ event }) => event === 'api.failed'),
    [],
  );
});
