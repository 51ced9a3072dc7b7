import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { awsRequestListener } from '../src/aws-server.ts';
import { namesOfThisMachine, startHttpServer } from '../src/http-server.ts';
import { withOwnRequests } from '../src/services/own-requests.ts';
import { refusalOf } from './refusal.ts';

const answer =
  (name: string): RequestListener =>
  (_request, response) =>
    void response.end(name);

const aws = awsRequestListener({
  stepFunctions: answer('step functions'),
  lambda: answer('lambda'),
  s3: answer('s3'),
  health: () => ({ status: 'ready' }),
  own: new Map([['outbox', answer('outbox')]]),
});

function start(handle: RequestListener, host = '127.0.0.1') {
  return startHttpServer({ host, port: 0, purpose: 'the test', handle });
}

/** `fetch` sets some of these headers itself, so the plain client sends them. */
async function send(url: string, path: string, headers: Record<string, string> = {}, method = 'POST'): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  request(`${url}${path}`, { method, headers }, (response) => {
    text(response).then((body) => resolve(`${response.statusCode} ${body}`), reject);
  })
    .on('error', reject)
    .end();
  return promise;
}

test('requests reach the service that AWS clients mean by them', async () => {
  const server = await start(aws);
  const to = (path: string, headers?: Record<string, string>) => send(server.url, path, headers);
  assert.equal(await to('/', { 'x-amz-target': 'AWSStepFunctions.StartExecution' }), '200 step functions');
  assert.equal(await to('/2015-03-31/functions/f/invocations'), '200 lambda');
  assert.equal(await to('/bucket/2015-03-31/key?x-id=PutObject'), '200 s3');
  assert.equal(await to('/'), '200 s3');
  assert.match(await to('/', { 'x-amz-target': 'AmazonSSM.GetParameter' }), /^501 .*AmazonSSM\.GetParameter/v);
  assert.equal(await send(server.url, '/_countersign/health?x', {}, 'GET'), '200 {"status":"ready"}');
  await server.close(0);
});

test('a web page has no access to the AWS of this machine, wherever it comes from', async () => {
  const server = await start(aws);
  for (const header of [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: server.url },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ]) {
    assert.match(await send(server.url, '/bucket/key', header, 'PUT'), /^403 /v, JSON.stringify(header));
    assert.match(await send(server.url, '/_countersign/health', header, 'GET'), /^403 /v, JSON.stringify(header));
  }
  // Whoever types the address reads what is there.
  assert.equal(await send(server.url, '/bucket/key', { 'sec-fetch-site': 'none' }, 'GET'), '200 s3');
  await server.close(0);
});

test('a link on a page from elsewhere leads to the outbox, and such a page cannot read it', async () => {
  const server = await start(aws);
  const follow = { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
  const to = (path: string, headers: Record<string, string>, method = 'GET') => send(server.url, path, headers, method);
  assert.equal(await to('/_countersign/outbox', follow), '200 outbox');
  assert.equal(await to('/_countersign/outbox/1?x', { ...follow, 'sec-fetch-site': 'cross-site' }), '200 outbox');
  const refused: [string, Record<string, string>, string?][] = [
    ['/_countersign/outbox', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }],
    ['/_countersign/outbox', { ...follow, 'sec-fetch-dest': 'iframe' }],
    ['/_countersign/outbox', { ...follow, origin: 'http://127.0.0.1:1' }],
    ['/_countersign/outbox', follow, 'POST'],
    ['/_countersign/outbox.json', follow],
    ['/_countersign/health', follow],
    ['/bucket/key', follow],
  ];
  for (const [path, headers, method] of refused) {
    assert.match(await to(path, headers, method), /^403 /v, JSON.stringify([path, headers, method]));
  }
  await server.close(0);
});

test('what is for the pages of an origin is for no other page', async () => {
  const own = new Map([['time', answer('time')]]);
  const server = await start(withOwnRequests(own, answer('the API')));
  const to = (path: string, headers: Record<string, string> = {}) => send(server.url, path, headers);
  assert.equal(await to('/orders', { origin: 'https://evil.example' }), '200 the API');
  assert.equal(await to('/_countersign/time/advance'), '200 time');
  assert.equal(await to('/_countersign/time?x', { origin: server.url, 'sec-fetch-site': 'same-origin' }), '200 time');
  assert.match(await to('/_countersign/nothing'), /^404 /v);
  for (const header of [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1:1' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ]) {
    assert.match(await to('/_countersign/time', header), /^403 /v, JSON.stringify(header));
  }
  await server.close(0);
});

test('a name that was made to point here is refused, whatever it asks for', async () => {
  const server = await start(answer('hello'));
  const port = new URL(server.url).port;
  const to = (host: string) => send(server.url, '/', { host });
  for (const host of [
    `127.0.0.1:${port}`,
    'localhost',
    'LOCALHOST:80',
    'app.localhost',
    `[::1]:${port}`,
    '192.0.2.1',
  ]) {
    assert.equal(await to(host), '200 hello', host);
  }
  for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example', 'localhost.evil.example']) {
    assert.match(await to(host), /^403 .*ForeignHost/v, host);
  }
  await server.close(0);
});

test('whoever opens a server to the network decides about names', async () => {
  const server = await start(answer('hello'), '0.0.0.0');
  assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+$/v);
  assert.equal(await send(server.url, '/', { host: 'my-laptop.example' }), '200 hello');
  await server.close(0);
  assert.deepEqual(namesOfThisMachine('127.0.0.1'), ['127.0.0.1', 'localhost', '[::1]']);
  assert.ok(namesOfThisMachine('0.0.0.0').length > 4);
  assert.ok(namesOfThisMachine('0.0.0.0', ['Engine.internal']).includes('engine.internal'));
  assert.deepEqual(namesOfThisMachine('127.0.0.1', ['engine.internal']), ['127.0.0.1', 'localhost', '[::1]']);
});

test('closing waits for the answers under way, and no longer than it was told', async () => {
  const started = Promise.withResolvers<void>();
  const server = await start((_request, response) => {
    started.resolve();
    setTimeout(() => response.end('late'), 50);
  });
  const late = send(server.url, '/');
  await started.promise;
  const closedAt = performance.now();
  await server.close(300_000);
  assert.equal(await late, '200 late');
  assert.ok(performance.now() - closedAt < 60_000, 'the connection that was answered is not waited for');

  const asked = Promise.withResolvers<void>();
  const stuck = await start(() => asked.resolve());
  const socket = connect(Number(new URL(stuck.url).port), '127.0.0.1');
  socket.on('error', () => {}).write('POST / HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await asked.promise;
  // Nobody answers: what it was told is all that ends this.
  await stuck.close(30);
});

test('ports and addresses that cannot be had are one sentence each', async () => {
  const server = await start(answer(''));
  const port = Number(new URL(server.url).port);
  const refusal = async (host: string, wanted: number) =>
    (await refusalOf(() => startHttpServer({ host, port: wanted, purpose: 'the test', handle: answer('') }))).message;
  assert.equal(await refusal('127.0.0.1', port), `Port ${port} for the test is in use.`);
  assert.equal(await refusal('203.0.113.7', 0), '"203.0.113.7" is no address of this machine.');
  await server.close(0);
});
