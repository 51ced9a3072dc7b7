import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { startHttpServer } from '../src/http-server.ts';

const CONNECTIONS = 500;

function startServer(reached: string[] = []) {
  return startHttpServer({
    host: '127.0.0.1',
    port: 0,
    purpose: 'the test',
    handle(request, response) {
      reached.push(request.url ?? '');
      request.resume().once('end', () => response.end('answered'));
    },
  });
}

/** All that comes back over a connection until the server closes it. */
function conversation(url: string, said: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let heard = '';
  socket.on('data', (data) => (heard += data.toString()));
  socket.on('error', () => {});
  socket.once('close', () => resolve(heard));
  socket.write(said);
  return promise;
}

test('whoever does not finish its headers is cut off, and others are answered meanwhile', async () => {
  const server = await startServer();
  const port = Number(new URL(server.url).port);
  const closed: Promise<string>[] = [];
  for (let count = 0; count < CONNECTIONS; count++) {
    const slow: Socket = connect(port, '127.0.0.1').on('error', () => {});
    let heard = '';
    slow.on('data', (data) => (heard += data.toString()));
    closed.push(new Promise((resolve) => slow.once('close', () => resolve(heard))));
    slow.write('POST / HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: ');
  }
  const open = new Set(closed);
  for (const one of closed) void one.then(() => open.delete(one));
  let answeredMeanwhile = 0;
  while (open.size > 0) {
    const response = await fetch(server.url);
    assert.equal(await response.text(), 'answered');
    if (open.size === CONNECTIONS) answeredMeanwhile++;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.ok(answeredMeanwhile > 0);
  for (const heard of await Promise.all(closed)) assert.match(heard, /^HTTP\/1\.1 408 /v);
  await server.close(0);
});

test('a request that can be read in two ways is not read, and its connection is closed', async () => {
  const reached: string[] = [];
  const server = await startServer(reached);
  const head = 'POST / HTTP/1.1\r\nhost: 127.0.0.1\r\n';
  const smuggled = 'GET /smuggled HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n';
  for (const [what, said] of [
    ['a length and chunks', `${head}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ['two lengths', `${head}content-length: 4\r\ncontent-length: 0\r\n\r\n${smuggled}`],
    [
      'chunks that are not the last encoding',
      `${head}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    ['a length that is no number', `${head}content-length: 4x\r\n\r\n${smuggled}`],
    ['a negative length', `${head}content-length: -1\r\n\r\n${smuggled}`],
    ['a space before a colon', `${head}transfer-encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ['a folded header', `${head}x: y\r\n content-length: 4\r\n\r\n${smuggled}`],
  ] as const) {
    assert.match(await conversation(server.url, said), /^HTTP\/1\.1 400 /v, what);
    assert.ok(!reached.includes('/smuggled'), what);
  }
  // The head of these is in order, so they are begun, and they end with the chunk that is not.
  for (const [what, chunk] of [
    ['no hexadecimal digit', 'zz\r\nabcd\r\n'],
    ['a negative size', '-1\r\nabcd\r\n'],
    ['a size beyond all numbers', `${'f'.repeat(20)}\r\nabcd\r\n`],
    ['more than was said', '2\r\nabcd\r\n0\r\n\r\n'],
  ] as const) {
    const heard = await conversation(server.url, `${head}transfer-encoding: chunked\r\n\r\n${chunk}${smuggled}`);
    assert.match(heard, /^HTTP\/1\.1 400 /v, what);
    assert.ok(!heard.includes('answered') && !reached.includes('/smuggled'), what);
  }
  assert.equal(await (await fetch(server.url)).text(), 'answered');
  await server.close(0);
});

test('headers without end are refused', async () => {
  const server = await startServer();
  const heard = await conversation(server.url, `GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ${'x'.repeat(100_000)}`);
  assert.match(heard, /^HTTP\/1\.1 431 /v);
  await server.close(0);
});
