import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { CountersignProcess, type Answer } from './countersign-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'one-order-'));
let countersign: CountersignProcess;
const answers: Answer[] = [];

before(async () => {
  countersign = await CountersignProcess.start(folder);
});
after(async () => {
  assert.equal(await countersign.stop(), 0);
  rmSync(folder, { recursive: true });
});

async function ask(...request: Parameters<CountersignProcess['request']>): Promise<Answer> {
  const answer = await countersign.request(...request);
  answers.push(answer);
  return answer;
}

const submit = (orderId: string, more: object = {}): Promise<Answer> =>
  ask('POST', '/orders', { orderId, orderDetails: 'two crates of apples', ...more });
const confirm = (orderId: string, decision: unknown = 'confirm', more: object = {}): Promise<Answer> =>
  ask('POST', `/orders/${orderId}/confirmation`, { decision, ...more });

async function waiting(orderId: string): Promise<void> {
  const { status } = await submit(orderId);
  assert.equal(status, 202);
  await countersign.waitForStatus(orderId, 'AWAITING_CONFIRMATION');
}

test('an order is accepted, pauses, is confirmed and completes', async () => {
  const accepted = await submit('confirmed-1', { amount: { value: '12.50', currency: 'EUR' } });
  assert.equal(accepted.status, 202);
  assert.deepEqual(accepted.body, {
    orderId: 'confirmed-1',
    status: 'PROCESSING',
    links: {
      self: '/orders/confirmed-1',
      confirmation: '/orders/confirmed-1/confirmation',
      receipt: '/orders/confirmed-1/receipt',
    },
  });
  const pending = await countersign.waitForStatus('confirmed-1', 'AWAITING_CONFIRMATION');
  assert.ok(Date.parse(String(pending['expiresAt'])) - Date.parse(String(pending['acceptedAt'])) >= 3 * 86_400_000);

  const receipt = await confirm('confirmed-1', 'confirm', { comment: 'looks good' });
  assert.equal(receipt.status, 200);
  assert.deepEqual([receipt.body['decision'], receipt.body['comment']], ['confirm', 'looks good']);

  const done = await countersign.waitForStatus('confirmed-1', 'COMPLETED');
  assert.equal(done['orderDetails'], 'two crates of apples');
  assert.deepEqual(done['amount'], { value: '12.50', currency: 'EUR' });
  assert.equal((done['confirmation'] as { comment?: string }).comment, 'looks good');
});

test('a rejection ends the order as REJECTED, on a branch and not as a crash', async () => {
  await waiting('rejected-1');
  assert.equal((await confirm('rejected-1', 'reject')).status, 200);
  await countersign.waitForStatus('rejected-1', 'REJECTED');
  const { types, status } = await historyOf('rejected-1');
  assert.equal(status, 'SUCCEEDED');
  assert.ok(types.includes('ChoiceStateExited'));
  assert.ok(!types.some((type) => type.endsWith('Failed')));
});

test('each of the thirteen steps is in the history or in the log', async () => {
  await waiting('steps-1');
  await confirm('steps-1');
  await countersign.waitForStatus('steps-1', 'COMPLETED');
  const { names } = await historyOf('steps-1');
  for (const state of ['ProcessOrder', 'WaitForConfirmation', 'CompleteOrder']) assert.ok(names.includes(state), state);
  const mine = countersign.lines.filter((line) => line.includes('steps-1')).join('\n');
  for (const event of [
    'order.accepted',
    'order.processed',
    'wait.stored',
    'request.decided.confirm',
    'message.delivered',
    'order.completed',
  ]) {
    assert.match(mine, new RegExp(event.replace('.', '\\.')));
  }
});

test('the same request again is the same order; the same id for another order is a conflict', async () => {
  const first = await submit('twice-1');
  const again = await submit('twice-1');
  assert.deepEqual([again.status, again.body['orderId']], [202, first.body['orderId']]);
  const other = await submit('twice-1', { orderDetails: 'something else' });
  assert.equal(other.status, 409);
  assert.match(other.headers.get('content-type') ?? '', /application\/problem\+json/);
});

test('an Idempotency-Key stands for the id', async () => {
  const body = { orderDetails: 'by key' };
  const [first, second] = [
    await ask('POST', '/orders', body, { 'Idempotency-Key': 'key-1' }),
    await ask('POST', '/orders', body, { 'Idempotency-Key': 'key-1' }),
  ];
  assert.equal(first.status, 202);
  assert.equal(first.body['orderId'], second.body['orderId']);
  const third = await ask('POST', '/orders', body, { 'Idempotency-Key': 'key-2' });
  assert.notEqual(third.body['orderId'], first.body['orderId']);
  assert.equal((await ask('POST', '/orders', { orderDetails: 'other' }, { 'Idempotency-Key': 'key-1' })).status, 409);
});

test('a decision that is repeated has the same receipt; one that contradicts it is told what was decided', async () => {
  await waiting('repeated-1');
  const first = await confirm('repeated-1', 'confirm', { comment: 'first' });
  await countersign.waitForStatus('repeated-1', 'COMPLETED');
  const again = await confirm('repeated-1', 'confirm', { comment: 'second' });
  assert.equal(again.status, 200);
  assert.deepEqual([again.body['decidedAt'], again.body['comment']], [first.body['decidedAt'], 'first']);
  const contradiction = await confirm('repeated-1', 'reject');
  assert.equal(contradiction.status, 409);
  assert.match(contradiction.text, /confirm/);
  assert.ok(contradiction.text.includes(String(first.body['decidedAt'])));
});

test('twenty people who decide at once are all told one decision', async () => {
  await waiting('crowd-1');
  const all = await Promise.all(
    Array.from({ length: 20 }, (_, index) => confirm('crowd-1', index % 2 === 0 ? 'confirm' : 'reject')),
  );
  const receipts = all.filter(({ status }) => status === 200);
  assert.equal(receipts.length, 10);
  assert.equal(new Set(receipts.map(({ body }) => `${String(body['decision'])} ${String(body['decidedAt'])}`)).size, 1);
  assert.ok(all.every(({ status }) => status === 200 || status === 409));
});

test('a confirmation that comes before the wait is kept and applied', async () => {
  await submit('early-1');
  assert.equal((await confirm('early-1')).status, 200);
  await countersign.waitForStatus('early-1', 'COMPLETED');
});

test('an order that is not there is not there', async () => {
  assert.equal((await ask('GET', '/orders/nobody-1')).status, 404);
  assert.equal((await confirm('nobody-1')).status, 404);
});

test('a confirmation cannot change the order', async () => {
  await waiting('fixed-1');
  const changed = await confirm('fixed-1', 'confirm', {
    orderDetails: 'ten crates',
    amount: { value: '0', currency: 'EUR' },
  });
  assert.equal(changed.status, 400);
  await confirm('fixed-1');
  assert.equal((await countersign.waitForStatus('fixed-1', 'COMPLETED'))['orderDetails'], 'two crates of apples');
});

test('what waits is listed page by page, in the order of the ids', async () => {
  for (const id of ['list-c', 'list-a', 'list-b']) await waiting(id);
  const found: string[] = [];
  let cursor = '';
  do {
    const page = await ask('GET', `/orders?status=AWAITING_CONFIRMATION&limit=2${cursor}`);
    assert.equal(page.status, 200);
    const orders = page.body['orders'] as { orderId: string; status: string }[];
    assert.ok(orders.length <= 2 && orders.every(({ status }) => status === 'AWAITING_CONFIRMATION'));
    found.push(...orders.map(({ orderId }) => orderId));
    const next = page.body['nextCursor'];
    cursor = typeof next === 'string' ? `&cursor=${encodeURIComponent(next)}` : '';
  } while (cursor !== '');
  assert.deepEqual(found, found.toSorted());
  assert.deepEqual(
    found.filter((id) => id.startsWith('list-')),
    ['list-a', 'list-b', 'list-c'],
  );
  assert.ok(!found.includes('confirmed-1'));
});

test('bad requests are refused with every fault named, and nothing is started', async () => {
  const faults = await ask('POST', '/orders', { orderId: 'a/b', orderDetails: 7, items: 'none', surprise: true });
  assert.equal(faults.status, 400);
  const pointers = (faults.body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer);
  for (const pointer of ['/orderId', '/orderDetails', '/items'])
    assert.ok(pointers.includes(pointer), `${pointer} in ${faults.text}`);

  const refused: [number, string, unknown][] = [
    [400, '/orders', '{"orderDetails": '],
    [400, '/orders', '[]'],
    [400, '/orders', 'null'],
    [400, '/orders', '{"__proto__": {"orderDetails": "x"}}'],
    [400, '/orders', '{"orderDetails": "x", "constructor": 1}'],
    [400, '/orders', { orderId: 'x'.repeat(81), orderDetails: 'x' }],
    [400, '/orders', { orderId: '../../etc', orderDetails: 'x' }],
    [400, '/orders', { orderId: '', orderDetails: 'x' }],
    [413, '/orders', { orderDetails: 'x'.repeat(1_048_576) }],
    [400, '/orders/confirmed-1/confirmation', { decision: 'maybe' }],
    [400, '/orders/confirmed-1/confirmation', {}],
  ];
  for (const [status, path, body] of refused) {
    const answer = await ask('POST', path, body);
    assert.equal(answer.status, status, `${path} ${JSON.stringify(body).slice(0, 60)} → ${answer.text.slice(0, 200)}`);
  }
  assert.equal(({} as Record<string, unknown>)['orderDetails'], undefined);
  assert.equal((await ask('GET', `/orders/${'x'.repeat(81)}`)).status >= 400, true);
  assert.equal((await ask('GET', '/orders/..%2f..%2fetc')).status >= 400, true);
  assert.equal((await ask('POST', '/orders', 'x', { 'content-type': 'text/plain' })).status, 415);
  assert.equal((await ask('GET', '/nothing')).status, 404);
  assert.ok(answers.every(({ status }) => status < 500));
});

test('an order nobody confirms expires, and a confirmation that comes too late is told so', async () => {
  const short = mkdtempSync(join(tmpdir(), 'one-order-short-'));
  const impatient = await CountersignProcess.start(short, '-c', `confirmationDeadlineDays=${4 / 86_400}`);
  try {
    await impatient.request('POST', '/orders', { orderId: 'late-1', orderDetails: 'x' });
    await impatient.waitForStatus('late-1', 'EXPIRED');
    const late = await impatient.request('POST', '/orders/late-1/confirmation', { decision: 'confirm' });
    assert.equal(late.status, 410);
    const { body } = await impatient.request('GET', '/orders?status=AWAITING_CONFIRMATION');
    assert.deepEqual(body['orders'], []);
  } finally {
    assert.equal(await impatient.stop(), 0);
    rmSync(short, { recursive: true });
  }
});

test('an order that waits when it is stopped can be confirmed after the next start', async () => {
  await waiting('over-a-stop-1');
  assert.equal(await countersign.stop(), 0);
  countersign = await CountersignProcess.start(folder);
  await countersign.waitForStatus('over-a-stop-1', 'AWAITING_CONFIRMATION');
  assert.equal((await confirm('over-a-stop-1')).status, 200);
  await countersign.waitForStatus('over-a-stop-1', 'COMPLETED');
});

test('the task token is in no answer and in no line of the log', async () => {
  const tokens: string[] = [];
  for (const orderId of ['over-a-stop-1', 'list-a']) {
    const { text } = await historyOf(orderId);
    tokens.push(...Array.from(text.matchAll(/\\"(?:T|t)askToken\\":\\"([\w-]{20,})\\"/g), ([, token = '']) => token));
  }
  assert.ok(tokens.length >= 2, 'the history, which is for operators, has the tokens');
  const said = [...answers.map(({ text }) => text), ...countersign.lines].join('\n');
  for (const token of tokens) assert.ok(!said.includes(token));
});

test('everything that it keeps is in its data folder', () => {
  assert.ok(readdirSync(folder).some((name) => name.endsWith('.sqlite')));
});

async function historyOf(
  orderId: string,
): Promise<{ types: string[]; names: string[]; status: string | undefined; text: string }> {
  const sfn = new SFNClient({
    endpoint: countersign.awsUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const { stateMachines } = await sfn.send(new ListStateMachinesCommand({}));
  const stateMachineArn = stateMachines?.[0]?.stateMachineArn;
  assert.ok(stateMachineArn !== undefined);
  const { executions } = await sfn.send(new ListExecutionsCommand({ stateMachineArn, maxResults: 1000 }));
  const execution = executions?.find(({ name }) => name === orderId);
  const { events = [] } = await sfn.send(
    new GetExecutionHistoryCommand({ executionArn: execution?.executionArn, maxResults: 1000 }),
  );
  sfn.destroy();
  return {
    types: events.map(({ type = '' }) => type),
    names: events.flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []),
    status: execution?.status,
    text: JSON.stringify(events),
  };
}
