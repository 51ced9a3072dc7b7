import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageVersion } from '../src/repository.ts';
import { type Answer, ordersApiDouble, problem } from './orders-api-double.ts';
import { runCli } from './run-cli.ts';

interface Sent {
  id: string;
  decision: string;
  comment?: string;
}

const decided = {
  decision: 'confirm',
  decidedAt: '2026-01-01T00:00:00.000Z',
  decidedBy: ['ben', 'chris'],
  status: 'CONFIRMED',
  receipt: 'f'.repeat(64),
};

/** As the API does it: each answer has a result of its own. */
function bulk(resultOf: (id: string) => { status: number; body: object }) {
  return (_method: string, _path: string, body: unknown): Answer => ({
    status: 200,
    body: { results: sentIn(body).map(({ id }) => ({ id, ...resultOf(id) })) },
  });
}

function sentIn(body: unknown): Sent[] {
  return typeof body === 'object' && body !== null && 'answers' in body && Array.isArray(body.answers)
    ? body.answers
    : assert.fail('this is no request for many');
}

const allConfirmed = bulk((id) => ({ status: 200, body: { id, ...decided } }));

test('confirm sends its data, from the command or from a file, and its idempotency key', async () => {
  await using api = await ordersApiDouble(() => ({ status: 200, body: { id: 'apples-1', ...decided } }));
  const folder = mkdtempSync(join(tmpdir(), 'countersign-cli-'));
  const file = join(folder, 'data.json');
  writeFileSync(file, '{"invoice":"2"}');
  await runCli(['orders', 'confirm', 'x', '--data', '{"invoice":"1"}', '--idempotency-key', 'k', '--url', api.url]);
  await runCli(['orders', 'confirm', 'x', '--data', `@${file}`, '--url', api.url]);
  rmSync(folder, { recursive: true });
  assert.deepEqual(
    api.requests.map(({ body, headers }) => [body, headers['idempotency-key']]),
    [
      [{ decision: 'confirm', data: { invoice: '1' } }, 'k'],
      [{ decision: 'confirm', data: { invoice: '2' } }, undefined],
    ],
  );
});

test('by its user agent the API can tell that somebody used the command line', async () => {
  await using api = await ordersApiDouble(() => ({ status: 200, body: { id: 'apples-1', ...decided } }));
  await runCli(['orders', 'confirm', 'apples-1', '--url', api.url]);
  assert.equal(api.requests[0]?.headers['user-agent'], `countersign/${packageVersion()}`);
});

test('a decision that is held tells who made it, until when, and how to take it back', async () => {
  const held = { id: 'apples-1', ...decided, effectiveAt: new Date(Date.now() + 1_830_000).toISOString() };
  await using api = await ordersApiDouble(() => ({ status: 200, body: held }));
  const { stdout, stderr } = await runCli(['orders', 'confirm', 'apples-1', '--url', api.url]);
  assert.match(stdout, /^By +ben, chris$/m);
  assert.match(stdout, new RegExp(`^Undo until +${held.effectiveAt} \\(in 30 min\\)$`, 'm'));
  assert.match(stdout, /^Receipt +f{64}$/m);
  assert.equal(stderr, '→ countersign orders undo apples-1\n');
});

test('one confirmation of several tells how many are still needed', async () => {
  const confirmations = { stage: 2, stages: 3, given: 1, needed: 3 };
  const receipt = { id: 'apples-1', decision: 'confirm', status: 'AWAITING_CONFIRMATION', confirmations };
  await using api = await ordersApiDouble(() => ({ status: 200, body: receipt }));
  const { code, stdout, stderr } = await runCli(['orders', 'confirm', 'apples-1', '--url', api.url]);
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /^Needs +2 more confirmations, in stage 2 of 3$/m);
});

test('a decision before the order waits says that it is kept', async () => {
  const receipt = { id: 'apples-1', decision: 'confirm', status: 'AWAITING_CONFIRMATION' };
  await using api = await ordersApiDouble(() => ({ status: 202, body: receipt }));
  const { code, stderr } = await runCli(['orders', 'confirm', 'apples-1', '--url', api.url]);
  assert.equal(code, 0);
  assert.match(stderr, /is kept, and counts as soon as it does/);
});

test('a conflict says who decided, and when', async () => {
  const decidedAt = new Date(Date.now() - 7_260_000).toISOString();
  const more = { decision: 'reject', decidedAt, decidedBy: ['ben', 'chris'] };
  await using api = await ordersApiDouble(() => problem(409, 'It stands.', undefined, more));
  const { code, stderr } = await runCli(['orders', 'confirm', 'apples-1', '--url', api.url]);
  assert.equal(code, 4);
  assert.equal(
    stderr,
    'error: It stands.\n  reject by ben and chris, 2 h 1 min ago\n→ `countersign orders show apples-1` shows what became of it.\n',
  );
});

test('several ids are one request, and each has its own result', async () => {
  const effectiveAt = new Date(Date.now() + 1_830_000).toISOString();
  const waits = { status: 'AWAITING_CONFIRMATION', decision: 'confirm' };
  const bodies: Record<string, { status: number; body: object }> = {
    held: { status: 200, body: { ...decided, effectiveAt } },
    half: { status: 200, body: { ...waits, confirmations: { stage: 1, stages: 1, given: 1, needed: 2 } } },
    early: { status: 202, body: waits },
    gone: { status: 410, body: { detail: 'Nobody had decided in time.' } },
  };
  await using api = await ordersApiDouble(bulk((id) => bodies[id] ?? assert.fail(id)));
  const args = ['orders', 'confirm', 'held', 'half', 'early', 'gone', 'held', '--comment', 'checked'];
  const { code, stdout, stderr } = await runCli([...args, '--url', api.url]);
  assert.equal(code, 1);
  assert.deepEqual(
    api.requests.map(({ method, path }) => `${method} ${path}`),
    ['POST /orders/confirmations'],
  );
  assert.deepEqual(
    sentIn(api.requests[0]?.body),
    ['held', 'half', 'early', 'gone'].map((id) => ({ id, decision: 'confirm', comment: 'checked' })),
  );
  const [headings = '', held = '', half = '', early = '', gone = '', ...rest] = stdout.trimEnd().split('\n');
  assert.match(headings, /^ORDER +RESULT +CONFIRMED +BY +ABOUT$/);
  assert.match(held, /^held +CONFIRMED +ben, chris +can be undone until .* \(in 30 min\)$/);
  assert.match(half, /^half +AWAITING_CONFIRMATION +1\/2$/);
  assert.match(early, /^early +AWAITING_CONFIRMATION +kept: it counts as soon as the order waits$/);
  assert.match(gone, /^gone +failed \(410\) +Nobody had decided in time\.$/);
  assert.deepEqual(rest, []);
  assert.match(stderr, /^error: 1 of 4 orders could not be confirmed\.\n→ .*\n$/);
});

test('ids come from stdin, a hundred in a request; what succeeds ends with 0', async () => {
  await using api = await ordersApiDouble(allConfirmed);
  const ids = Array.from({ length: 205 }, (_, index) => `order-${index}`);
  const stdin = `${ids.join('\n')}\n`;
  const { code, stdout, stderr } = await runCli(['orders', 'reject', '-', '--json', '--url', api.url], { stdin });
  assert.deepEqual([code, stderr], [0, '']);
  assert.deepEqual(
    api.requests.map(({ body }) => sentIn(body).length),
    [100, 100, 5],
  );
  const { results }: { results: { id: string }[] } = JSON.parse(stdout);
  assert.deepEqual(
    results.map(({ id }) => id),
    ids,
  );
});

test('no request is larger than the API takes', async () => {
  await using api = await ordersApiDouble(allConfirmed);
  const ids = Array.from({ length: 60 }, (_, index) => `order-${index}`);
  const { code } = await runCli(['orders', 'confirm', ...ids, '--comment', '€'.repeat(1_000), '--url', api.url]);
  assert.equal(code, 0);
  const sizes = api.requests.map(({ body }) => Buffer.byteLength(JSON.stringify(body)));
  assert.ok(sizes.length > 1 && sizes.every((size) => size <= 64 * 1024), sizes.join(', '));
  assert.equal(api.requests.flatMap(({ body }) => sentIn(body)).length, 60);
});

test('an id that cannot be does not keep the others back', async () => {
  await using api = await ordersApiDouble((method, path, body) => {
    const wrong = sentIn(body).flatMap(({ id }, index) => (id.includes('/') ? [index] : []));
    const errors = wrong.map((index) => ({ pointer: `/answers/${index}/id`, detail: 'This must be an id.' }));
    return errors.length > 0 ? problem(400, 'Things are wrong.', errors) : allConfirmed(method, path, body);
  });
  const { code, stdout, stderr } = await runCli(['orders', 'confirm', 'a', 'b/c', 'd', '--url', api.url]);
  assert.equal(code, 1);
  const order = stdout.split('\n').map((line) => line.split(' ')[0]);
  assert.deepEqual(order, ['ORDER', 'a', 'b/c', 'd', '']);
  assert.match(stdout, /^b\/c +failed \(400\) +This must be an id\.$/m);
  assert.match(stdout, /^a +CONFIRMED/m);
  assert.match(stdout, /^d +CONFIRMED/m);
  assert.match(stderr, /1 of 3 orders/);
});

test('where a later request fails, the results of those before it are told all the same', async () => {
  await using api = await ordersApiDouble((method, path, body) =>
    sentIn(body).length === 100 ? allConfirmed(method, path, body) : problem(503, 'Not at the moment.'),
  );
  const ids = Array.from({ length: 101 }, (_, index) => `order-${index}`);
  const { code, stdout, stderr } = await runCli(['orders', 'confirm', ...ids, '--url', api.url]);
  assert.equal(code, 1);
  assert.equal(stdout.trimEnd().split('\n').length, 101);
  assert.match(stderr, /^error: Not at the moment\.\n→ /);
});

test('no ids on stdin are nothing to do, and no failure', async () => {
  await using api = await ordersApiDouble(allConfirmed);
  const { code, stdout, stderr } = await runCli(['orders', 'confirm', '-', '--url', api.url], { stdin: '\n' });
  assert.deepEqual([code, stdout], [0, '']);
  assert.match(stderr, /nothing to do/);
  assert.deepEqual(api.requests, []);
});
