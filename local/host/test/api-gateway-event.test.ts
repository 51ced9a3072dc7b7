import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApi } from './api-gateway-fixture.ts';

const routes = [{ routeKey: '$default', target: 'function' }];
const answer = () => '{}';

test('the event has the shape of payload format 2.0', async (t) => {
  const { send, events, port } = await startApi(t, answer, {
    routes: [{ routeKey: 'POST /orders/{orderId}', target: 'function' }],
  });
  const before = Date.now();
  await send('/orders/a%20b?parameter1=value1&parameter1=value2&parameter2=value', {
    method: 'POST',
    headers: {
      Cookie: 'cookie1=a; cookie2=b',
      Header1: 'value1',
      Header2: ['value1', 'value2'],
      'User-Agent': 'agent',
      'Content-Type': 'application/json',
      'X-Amzn-Trace-Id': 'Root=1-67891233-abcdef012345678912345678',
    },
    body: '{"a":"é"}',
  });
  const [event] = events;
  assert.ok(event !== undefined);
  const { time, timeEpoch, requestId } = event.requestContext;
  assert.ok(timeEpoch >= before && timeEpoch <= Date.now());
  assert.match(time, /^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/v);
  assert.equal(Date.parse(time.replace(':', ' ')), Math.floor(timeEpoch / 1000) * 1000);
  assert.match(requestId, /^[\w\-]{15}=$/v);
  assert.deepEqual(event, {
    version: '2.0',
    routeKey: 'POST /orders/{orderId}',
    rawPath: '/orders/a%20b',
    rawQueryString: 'parameter1=value1&parameter1=value2&parameter2=value',
    cookies: ['cookie1=a', 'cookie2=b'],
    headers: {
      'content-length': '10',
      'content-type': 'application/json',
      header1: 'value1',
      header2: 'value1,value2',
      host: `127.0.0.1:${port}`,
      'user-agent': 'agent',
      'x-amzn-trace-id': 'Root=1-67891233-abcdef012345678912345678',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-port': String(port),
      'x-forwarded-proto': 'http',
    },
    queryStringParameters: { parameter1: 'value1,value2', parameter2: 'value' },
    requestContext: {
      accountId: '123456789012',
      apiId: 'a1b2c3d4e5',
      domainName: `127.0.0.1:${port}`,
      domainPrefix: '127',
      http: {
        method: 'POST',
        path: '/orders/a%20b',
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: 'agent',
      },
      requestId,
      routeKey: 'POST /orders/{orderId}',
      stage: '$default',
      time,
      timeEpoch,
    },
    body: '{"a":"é"}',
    pathParameters: { orderId: 'a b' },
    isBase64Encoded: false,
  });
});

test('what a request does not have is absent', async (t) => {
  const { send, events } = await startApi(t, answer, { routes });
  await send('/');
  const [event] = events;
  assert.deepEqual(Object.keys(event ?? {}), [
    'version',
    'routeKey',
    'rawPath',
    'rawQueryString',
    'headers',
    'requestContext',
    'isBase64Encoded',
  ]);
  assert.deepEqual([event?.routeKey, event?.rawPath, event?.rawQueryString], ['$default', '/', '']);
  assert.match(event?.headers['x-amzn-trace-id'] ?? '', /^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/v);
});

test('query parameters are decoded, joined by commas, and any name is only a name', async (t) => {
  const { send, events } = await startApi(t, answer, { routes });
  await send('/?a=%E2%82%AC+1&a=2&empty=&bare&__proto__=x&%=%');
  const { queryStringParameters = {}, rawQueryString } = events[0] ?? {};
  assert.equal(rawQueryString, 'a=%E2%82%AC+1&a=2&empty=&bare&__proto__=x&%=%');
  assert.deepEqual(Object.entries(queryStringParameters), [
    ['a', '€ 1,2'],
    ['empty', ''],
    ['bare', ''],
    ['__proto__', 'x'],
    ['%', '%'],
  ]);
});

test('headers of the connection end at the API, and the path to it is noted', async (t) => {
  const { send, events } = await startApi(t, answer, { routes });
  const chunked = { 'Transfer-Encoding': 'chunked', Connection: 'keep-alive', TE: 'trailers' };
  await send('/', {
    method: 'POST',
    headers: { ...chunked, 'X-Forwarded-For': '192.0.2.1', 'Content-Type': 'text/plain' },
    body: 'é',
  });
  const headers = events[0]?.headers ?? {};
  assert.deepEqual(
    Object.keys(headers).filter((name) => ['transfer-encoding', 'connection', 'te'].includes(name)),
    [],
  );
  assert.equal(headers['content-length'], '2');
  assert.equal(headers['x-forwarded-for'], '192.0.2.1, 127.0.0.1');
});

test('a body of a text type is text, any other is Base64', async (t) => {
  const { send, events } = await startApi(t, answer, { routes });
  const text = 'a=1&b=é';
  const cases: [headers: Record<string, string>, body: string | Buffer, isBase64Encoded: boolean][] = [
    [{ 'Content-Type': 'application/json' }, text, false],
    [{ 'Content-Type': 'Application/JSON; charset=utf-8' }, text, false],
    [{ 'Content-Type': 'application/problem+json' }, text, false],
    [{ 'Content-Type': 'application/xml' }, text, false],
    [{ 'Content-Type': 'application/javascript' }, text, false],
    [{ 'Content-Type': 'text/csv' }, text, false],
    [{ 'Content-Type': 'application/x-www-form-urlencoded' }, text, true],
    [{ 'Content-Type': 'application/jsonlines' }, text, true],
    [{ 'Content-Type': 'image/png' }, Buffer.from([0x89, 0x50]), true],
    [{ 'Content-Type': 'application/json' }, Buffer.from([0x22, 0xff, 0x22]), true],
    [{ 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' }, Buffer.from([0x1f, 0x8b]), true],
    [{}, text, true],
  ];
  for (const [headers, body, isBase64Encoded] of cases) {
    await send('/', { method: 'POST', headers, body });
    const event = events.at(-1);
    assert.equal(event?.isBase64Encoded, isBase64Encoded, JSON.stringify(headers));
    assert.deepEqual(Buffer.from(event.body ?? '', isBase64Encoded ? 'base64' : 'utf8'), Buffer.from(body));
  }
});

test('a request for the server as a whole is for no route', async (t) => {
  const { send, events } = await startApi(t, answer, { routes });
  const { status, body } = await send('*', { method: 'OPTIONS' });
  assert.deepEqual([status, body, events], [404, '{"message":"Not Found"}', []]);
});
