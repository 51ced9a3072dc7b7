import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseInstant } from '../src/instant-text.ts';
import { ordersApiDouble, problem } from './orders-api-double.ts';
import { runCli } from './run-cli.ts';

const answer = { id: 'apples-1', status: 'AWAITING_CONFIRMATION', deadline: '2999-01-01T00:00:00.000Z' };

for (const [args, request, body] of [
  [['undo', 'apples-1'], 'POST /orders/apples-1/undo', {}],
  [['undo', 'apples-1', '--reason', 'meant b'], 'POST /orders/apples-1/undo', { reason: 'meant b' }],
  [['withdraw', 'apples-1', '--reason', 'twice'], 'POST /orders/apples-1/withdrawal', { reason: 'twice' }],
  [['reassign', 'apples-1', '--to', 'chris'], 'POST /orders/apples-1/reassignment', { to: 'chris' }],
  [
    ['reassign', 'apples-1', '--from', 'ben', '--to', 'chris', '--reason', 'away'],
    'POST /orders/apples-1/reassignment',
    { to: 'chris', from: 'ben', reason: 'away' },
  ],
  [
    ['deadline', 'apples-1', '2026-12-01T17:00:00+01:00', '--reason', 'late'],
    'PUT /orders/apples-1/deadline',
    { deadline: '2026-12-01T16:00:00.000Z', reason: 'late' },
  ],
] as const) {
  test(`orders ${args.join(' ')} asks for it, and shows where the order then stands`, async () => {
    await using api = await ordersApiDouble(() => ({ status: 200, body: answer }));
    const { code, stdout, stderr } = await runCli(['orders', ...args, '--url', api.url]);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(
      stdout,
      /^Order +apples-1\nDeadline +2999-01-01T00:00:00\.000Z \(in .*\)\nStatus +AWAITING_CONFIRMATION\n$/,
    );
    const [first] = api.requests;
    assert.deepEqual([`${first?.method} ${first?.path}`, first?.body], [request, body]);
  });
}

test('what is withdrawn has no deadline any more', async () => {
  await using api = await ordersApiDouble(() => ({ status: 200, body: { ...answer, status: 'WITHDRAWN' } }));
  const { stdout } = await runCli(['orders', 'withdraw', 'apples-1', '--url', api.url]);
  assert.match(stdout, /^Order +apples-1\nStatus +WITHDRAWN\n$/);
});

test('what comes too late to be undone is a conflict, and says whose decision it is', async () => {
  const more = { decision: 'confirm', decidedAt: '2026-01-01T00:00:00.000Z', decidedBy: ['ben'] };
  await using api = await ordersApiDouble(() => problem(409, 'It took effect.', undefined, more));
  const { code, stderr } = await runCli(['orders', 'undo', 'apples-1', '--url', api.url]);
  assert.equal(code, 4);
  assert.match(stderr, /^error: It took effect\.\n {2}confirm by ben, \d+ d.* ago\n→ .*orders show apples-1/);
});

test('who may not do it learns how to sign in as somebody who may', async () => {
  await using api = await ordersApiDouble(() => problem(403, 'Only the owner can move its deadline.'));
  const { code, stderr } = await runCli(['orders', 'deadline', 'apples-1', '+2d', '--url', api.url]);
  assert.equal(code, 1);
  assert.match(stderr, /^error: Only the owner .*\n→ `countersign whoami` shows who you are\./);
});

const NOW = Date.parse('2026-11-23T08:00:00.000Z');

for (const [text, instant] of [
  ['+2d', '2026-11-25T08:00:00.000Z'],
  ['+4h', '2026-11-23T12:00:00.000Z'],
  ['+1d12h', '2026-11-24T20:00:00.000Z'],
  ['+90m', '2026-11-23T09:30:00.000Z'],
  ['2026-12-01T17:00Z', '2026-12-01T17:00:00.000Z'],
  ['2026-12-01T17:00:00.5-05:00', '2026-12-01T22:00:00.500Z'],
] as const) {
  test(`the instant ${text} is ${instant}`, () => assert.equal(parseInstant(text, NOW), instant));
}

for (const text of [
  '',
  '+',
  '2d',
  '+2',
  '+2w',
  '+1h1d',
  '+99999999999d',
  '2026-12-01',
  '2026-12-01T17:00',
  '2026-13-01T17:00Z',
]) {
  test(`"${text}" is no instant`, () => assert.throws(() => parseInstant(text, NOW), /An instant is/));
}
