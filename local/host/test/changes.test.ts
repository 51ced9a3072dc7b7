import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { test, type TestContext } from 'node:test';
import { startHttpServer } from '../src/http-server.ts';
import { createChanges } from '../src/services/changes.ts';

async function listening(t: TestContext) {
  const changes = createChanges();
  const server = await startHttpServer({ host: '127.0.0.1', port: 0, purpose: 'the test', handle: changes.handle });
  t.after(() => {
    changes.close();
    return server.close(0);
  });
  return { changes, server };
}

async function ask(url: string, method = 'GET'): Promise<IncomingMessage> {
  const sent = request(url, { method, agent: false }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return response.setEncoding('utf8');
}

/** The subjects of each message, as they come. */
async function* messages(stream: IncomingMessage): AsyncGenerator<readonly string[]> {
  let rest = '';
  for await (const chunk of stream as AsyncIterable<string>) {
    const parts = (rest + chunk).split('\n\n');
    rest = parts.pop() ?? '';
    for (const part of parts) if (part.startsWith('data: ')) yield JSON.parse(part.slice(6)) as string[];
  }
}

test('who sends a body with it and goes is noticed', async (t) => {
  const { server } = await listening(t);
  const { port } = new URL(server.url);
  const body = Buffer.alloc(1_000_000);
  const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true }).resume();
  socket.write(`GET / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: ${body.length}\r\n\r\n`);
  socket.end(body);
  await once(socket, 'close');
});

test('what changes together is told at once, by subject, and nothing else is told', async (t) => {
  const { changes, server } = await listening(t);
  const stream = await ask(server.url);
  assert.equal(stream.headers['content-type'], 'text/event-stream');
  const told = messages(stream);
  for (let count = 0; count < 10_000; count++) changes.note('executions');
  changes.note('objects');
  assert.deepEqual((await told.next()).value, ['executions', 'objects']);
  changes.note('mails');
  assert.deepEqual((await told.next()).value, ['mails']);
  stream.destroy();
});

test('what changed while nobody listened is not told to whoever comes later', async (t) => {
  const { changes, server } = await listening(t);
  changes.note('executions');
  const told = messages(await ask(server.url));
  changes.note('time');
  assert.deepEqual((await told.next()).value, ['time']);
});

test('there are so many streams and no more, until somebody leaves', async (t) => {
  const { server } = await listening(t);
  const streams = await Promise.all(Array.from({ length: 32 }, () => ask(server.url)));
  assert.ok(streams.every(({ statusCode }) => statusCode === 200));
  assert.equal((await ask(server.url)).statusCode, 503);
  streams[0]?.destroy();
  let status: number | undefined = 503;
  while (status === 503) ({ statusCode: status } = await ask(server.url));
  assert.equal(status, 200);
  assert.equal((await ask(server.url, 'POST')).statusCode, 405);
});

test('closing ends the streams, so that the server can close, and opens none', async (t) => {
  const { changes, server } = await listening(t);
  const stream = await ask(server.url);
  changes.close();
  for await (const _ of messages(stream)) assert.fail('nothing was to be told');
  assert.equal((await ask(server.url)).statusCode, 503);
});
