import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { CliError } from '../src/cli-error.ts';
import { liveView } from '../src/live-view.ts';
import { poll } from '../src/poll.ts';
import { type Answer, ordersApiDouble, problem } from './orders-api-double.ts';
import { MAIN, plainEnvironment, runCli } from './run-cli.ts';

const pending = { approvers: {}, confirmations: { stage: 1, stages: 1, given: 0, needed: 2 }, mayAnswer: true };
const waiting = {
  orderId: 'apples-1',
  status: 'AWAITING_CONFIRMATION',
  expiresAt: '2999-01-01T00:00:00.000Z',
  pending,
};
const half = { ...waiting, pending: { ...pending, confirmations: { ...pending.confirmations, given: 1 } } };
const confirmed = {
  orderId: 'apples-1',
  status: 'CONFIRMED',
  confirmation: { decision: 'confirm', decidedBy: ['ben', 'chris'] },
};
const completed = { ...confirmed, status: 'COMPLETED', endedAt: '2026-01-01T00:00:00.000Z' };

/** Gives one answer after the other, and the last one again and again. */
function inTurn(...answers: Answer[]): () => Answer {
  return () => (answers.length > 1 ? answers.shift() : answers[0]) ?? assert.fail('there are answers');
}

function ok(body: object): Answer {
  return { status: 200, body };
}

test('watch shows an order each time that it has changed, and ends when the order has', async () => {
  await using api = await ordersApiDouble(inTurn(ok(waiting), ok(waiting), ok(half), ok(confirmed), ok(completed)));
  const { code, stdout, stderr } = await runCli(['orders', 'watch', 'apples-1', '--interval', '1', '--url', api.url]);
  assert.deepEqual([code, stderr], [0, '']);
  const instant = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
  assert.match(
    stdout,
    new RegExp(
      `^${instant}  apples-1  AWAITING_CONFIRMATION  0/2 confirmed, until 2999-01-01T00:00:00.000Z\n` +
        `${instant}  apples-1  AWAITING_CONFIRMATION  1/2 confirmed, until 2999-01-01T00:00:00.000Z\n` +
        `${instant}  apples-1  CONFIRMED  by ben and chris\n` +
        `${instant}  apples-1  COMPLETED  by ben and chris\n$`,
    ),
  );
});

test('watch --json gives one object a line; an API that is away for a moment is asked again', async () => {
  await using api = await ordersApiDouble(
    inTurn(ok(waiting), problem(503, 'Not now.'), problem(503, 'Not now.'), ok(completed)),
  );
  const { code, stdout, stderr } = await runCli([
    'orders',
    'watch',
    'apples-1',
    '--interval',
    '1',
    '--json',
    '--url',
    api.url,
  ]);
  assert.equal(code, 0);
  assert.deepEqual(
    stdout
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line)),
    [waiting, completed],
  );
  assert.equal(stderr, 'Not now. Asking again …\n');
});

test('watch of an order that is not there is not found', async () => {
  await using api = await ordersApiDouble(() => problem(404, 'There is no order "x".'));
  const { code, stderr } = await runCli(['orders', 'watch', 'x', '--url', api.url]);
  assert.equal(code, 3);
  assert.match(stderr, /There is no order "x"/);
});

test('watch without an id tells what came, what changed and what became of the rest, until somebody stops it', async () => {
  const pages = inTurn(
    ok({ orders: [waiting] }),
    ok({ orders: [half, { ...waiting, orderId: 'pears-2' }] }),
    ok({ orders: [] }),
  );
  await using api = await ordersApiDouble((_method, path) =>
    path.startsWith('/orders?') ? pages() : path === '/orders/apples-1' ? ok(completed) : problem(404, 'No.'),
  );
  const child = spawn(
    process.execPath,
    [MAIN, 'orders', 'watch', '--mine', '--interval', '1', '--json', '--url', api.url],
    {
      env: plainEnvironment(),
    },
  );
  const shown: unknown[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    shown.push(JSON.parse(line));
    if (shown.length === 4) child.kill('SIGINT');
  });
  const [code] = await once(child, 'close');
  assert.deepEqual(shown, [waiting, half, { ...waiting, orderId: 'pears-2' }, completed]);
  assert.equal(code, 0);
  assert.equal(api.requests[0]?.path, '/orders?status=AWAITING_CONFIRMATION&limit=100&mine=true');
});

test('a view is drawn over the one before, and is never higher than the terminal', () => {
  const written: string[] = [];
  const redraw = liveView({ columns: 10, rows: 5, write: (text: string) => written.push(text) });
  redraw('one\ntwo');
  redraw(`\u001B[1m${'x'.repeat(10)}\u001B[22m\n${'y'.repeat(11)}\nz\nnot shown`);
  redraw('end');
  assert.deepEqual(written, [
    'one\ntwo\n',
    `\r\u001B[2A\u001B[0J\u001B[1m${'x'.repeat(10)}\u001B[22m\n${'y'.repeat(11)}\nz\n`,
    '\r\u001B[4A\u001B[0Jend\n',
  ]);
});

test('what fails at the first question ends the asking, and so does our own mistake at any', async () => {
  const { signal: stop } = new AbortController();
  const away = new CliError(1, 'away', 'wait');
  await assert.rejects(poll({ intervalMs: 0, stop, ask: () => Promise.reject(away) }), away);
  const mistake = new TypeError('a mistake');
  let count = 0;
  const ask = async () => {
    count += 1;
    if (count === 2) throw mistake;
    return 'same' as const;
  };
  await assert.rejects(poll({ intervalMs: 0, stop, ask }), mistake);
});

test('an API that dies in the middle of its answer is away, and no fault of the command', async () => {
  await using api = await ordersApiDouble(
    inTurn(ok(waiting), { status: 200, body: '{"half', breaksOff: true }, ok(completed)),
  );
  const { code, stderr } = await runCli(['orders', 'watch', 'apples-1', '--interval', '1', '--url', api.url]);
  assert.equal(code, 0);
  assert.match(stderr, /^No orders API answers at .* Asking again …\n$/);
});
