import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { text } from 'node:stream/consumers';
import { ordersApiDouble, problem } from './orders-api-double.ts';
import { runCli, stateHome } from './run-cli.ts';
import { Terminal } from './terminal.ts';

/** Where time was moved on: the API is in the year 2040. */
const date = 'Sun, 01 Jan 2040 12:00:00 GMT';
const waiting = {
  orderId: 'o-1',
  status: 'AWAITING_CONFIRMATION',
  waitingSince: '2040-01-01T11:00:00Z',
  expiresAt: '2040-01-03T12:00:30Z',
};

test('ages and deadlines are reckoned by the clock of the API, not by that of this machine', async () => {
  await using api = await ordersApiDouble((_method, path) => ({
    status: 200,
    date,
    body: path.startsWith('/orders?') ? { orders: [waiting] } : waiting,
  }));
  const listed = await runCli(['orders', 'list', '--url', api.url]);
  assert.match(listed.stdout, /^o-1 +1 h ago +in 2 d$/m);
  const shown = await runCli(['orders', 'show', 'o-1', '--url', api.url]);
  assert.match(shown.stdout, /^Deadline +2040-01-03T12:00:30Z \(in 2 d\)$/m);
});

test('a deadline that is so far from now is so far from the API’s now', async () => {
  const moved = { id: 'o-1', status: 'AWAITING_CONFIRMATION', deadline: '2040-01-03T12:00:00.000Z' };
  await using api = await ordersApiDouble((method) => ({
    status: 200,
    date,
    body: method === 'GET' ? waiting : moved,
  }));
  const { code, stderr } = await runCli(['orders', 'deadline', 'o-1', '+2d', '--url', api.url]);
  assert.equal(code, 0, stderr);
  const { deadline } = Object(api.requests.at(-1)?.body);
  assert.match(deadline, /^2040-01-03T(?:11:5\d|12:0\d):\d\d\.\d{3}Z$/);
});

test('how far the work on an order has come is a bar, and who works on it may say a word', async () => {
  const progress = { percent: 40, at: '2040-01-01T11:58:00Z', message: 'loading' };
  await using api = await ordersApiDouble(() => ({
    status: 200,
    date,
    body: { ...waiting, status: 'PROCESSING', progress },
  }));
  const { stdout } = await runCli(['orders', 'show', 'o-1', '--url', api.url]);
  assert.match(stdout, /^Progress +█{8}░{12} 40 % {2}loading, 2 min ago$/m);
});

test('a link is asked for, and is in no answer', async () => {
  await using api = await ordersApiDouble(() => ({ status: 202, body: { linkId: 'l1' } }));
  const asked = ['orders', 'link', 'o-1', '--to', 'eve@example.com', '--url', api.url];
  const { code, stdout, stderr } = await runCli(asked);
  assert.deepEqual([code, stdout, stderr], [0, '', 'A link to order o-1 is on its way to eve@example.com, by mail.\n']);
  const [{ method, path, body } = assert.fail('nothing was asked')] = api.requests;
  assert.deepEqual([method, path, body], ['POST', '/orders/o-1/links', { person: 'eve@example.com' }]);
  await using without = await ordersApiDouble(() => problem(404, 'There is nothing at this path.'));
  const { code: notFound, stderr: said } = await runCli([...asked.slice(0, -1), without.url]);
  assert.equal(notFound, 3);
  assert.match(said, /-c mailFrom=ADDRESS/);
});

/** An API that has stopped to take the token `old`, and an issuer that gives `new` for the refresh token it knows. */
async function apiWithNewClock(known: string) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      asked.push(`${request.url} ${request.headers.authorization ?? body}`);
      const isKnown = body.includes(`refresh_token=${known}`);
      const isIn = request.headers.authorization === 'Bearer new';
      response.writeHead(request.url === '/token' ? (isKnown ? 200 : 400) : isIn ? 200 : 401, {
        'content-type': 'application/json',
      });
      if (request.url === '/token')
        response.end(JSON.stringify(isKnown ? { access_token: 'new', expires_in: 3600 } : { error: 'invalid_grant' }));
      else response.end(JSON.stringify(isIn ? waiting : { message: 'Unauthorized' }));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const file = join(stateHome, 'countersign', 'sign-ins.json');
  mkdirSync(dirname(file), { recursive: true });
  const signIn = {
    issuer: url,
    clientId: 'c',
    tokenEndpoint: `${url}/token`,
    accessToken: 'old',
    refreshToken: 'again',
    expiresAtMs: Date.now() + 3_600_000,
    user: { username: 'anna', groups: [] },
  };
  writeFileSync(file, JSON.stringify({ [url]: signIn }));
  return {
    url,
    asked,
    kept: () => JSON.parse(readFileSync(file, 'utf8'))[url].accessToken,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

test('a sign-in that the API takes no more is renewed once, and what was asked is asked again', async () => {
  await using api = await apiWithNewClock('again');
  const { code, stderr } = await runCli(['orders', 'show', 'o-1', '--url', api.url]);
  assert.equal(code, 0, stderr);
  assert.deepEqual(api.asked, [
    '/orders/o-1 Bearer old',
    '/token grant_type=refresh_token&client_id=c&refresh_token=again',
    '/orders/o-1 Bearer new',
  ]);
  assert.equal(api.kept(), 'new');
});

test('where it cannot be renewed, or is refused again, that is the end of it', async () => {
  await using api = await apiWithNewClock('another');
  const { code, stderr } = await runCli(['orders', 'show', 'o-1', '--url', api.url]);
  assert.equal(code, 1);
  assert.match(stderr, /^error: Unauthorized\n→ Sign in: countersign login/);
  assert.equal(api.asked.length, 2);
  const given = await runCli(['orders', 'show', 'o-1', '--url', api.url], {
    env: { COUNTERSIGN_BEARER_TOKEN: 'mine' },
  });
  assert.equal(given.code, 1);
  assert.deepEqual(api.asked.slice(2), ['/orders/o-1 Bearer mine']);
});

test('on a terminal, many answers at once have a bar that goes when they are done', async () => {
  const batches: unknown[][] = [];
  await using api = await ordersApiDouble((_method, _path, body) => {
    const { answers } = Object(body);
    batches.push(answers);
    return {
      status: 200,
      body: { results: answers.map(({ id }: { id: string }) => ({ id, status: 200, body: { status: 'CONFIRMED' } })) },
    };
  });
  const ids = Array.from({ length: 150 }, (_, index) => `o-${index}`);
  await using terminal = Terminal.countersign(['orders', 'confirm', ...ids, '--url', api.url]);
  assert.equal(await terminal.ends(), 0, terminal.text);
  assert.deepEqual(
    batches.map(({ length }) => length),
    [100, 50],
  );
  assert.match(terminal.text, /█{16}░{8} 100\/150.*█{24} 150\/150/s);
  assert.ok(terminal.raw.includes('150/150\r\u001B[2K'), 'the bar goes');
});

test('on a terminal, what takes long turns a spinner; in a pipe it is one line', async () => {
  const module = join(import.meta.dirname, '..', 'src', 'spinner.ts');
  const source = `import { withSpinner } from ${JSON.stringify(module)};
    await withSpinner('Looking around', 'Looked', () => new Promise((resolve) => setTimeout(resolve, 400)));`;
  await using terminal = Terminal.program(process.execPath, ['--input-type=module-typescript', '-e', source]);
  assert.equal(await terminal.ends(), 0, terminal.text);
  assert.match(terminal.raw, /⠋ Looking around ….*⠙ Looking around …/s);
  assert.match(terminal.text, /✓.* Looked \(\d+\.\d s\)\n$/);
});
