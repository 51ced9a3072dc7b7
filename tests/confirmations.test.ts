import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Answer, CountersignProcess } from './countersign-process.ts';
import { Person } from './people.ts';

// Over HTTP, with `countersign start` as a process of its own, signed in as its demonstration users: anna is a customer, ben
// and chris are managers, dora is a director.

const POLICY = {
  stages: [{ groups: ['managers'] }],
  thresholds: [
    {
      from: { value: '1000', currency: 'EUR' },
      stages: [{ groups: ['managers'], needed: 2 }, { groups: ['directors'] }],
    },
  ],
  requesterMayDecide: false,
  commentRequired: ['reject'],
};

const folder = mkdtempSync(join(tmpdir(), 'confirmations-'));
let countersign: CountersignProcess;
let anna: Person;
let ben: Person;
let chris: Person;
let dora: Person;

before(async () => {
  countersign = await CountersignProcess.startForPeople(folder, '-c', `confirmationPolicy=${JSON.stringify(POLICY)}`);
  const everybody = ['anna', 'ben', 'chris', 'dora'].map((name) => Person.signIn(name, countersign));
  [anna, ben, chris, dora] = (await Promise.all(everybody)) as [Person, Person, Person, Person];
});
after(async () => {
  assert.equal(await countersign.stop(), 0);
  rmSync(folder, { recursive: true });
});

/** An order of this person's that waits. */
async function waiting(orderId: string, by: Person = anna, value = '80.00'): Promise<string> {
  const order = { orderId, orderDetails: 'two chairs', amount: { value, currency: 'EUR' } };
  const { status } = await by.request('POST', '/orders', order);
  assert.equal(status, 202);
  await countersign.waitForStatus(orderId, 'AWAITING_CONFIRMATION', { as: by });
  return orderId;
}

function assertProblem({ status, body, text }: Answer, expected: number, type: string): void {
  assert.equal(status, expected, text);
  assert.equal(body['type'], `urn:countersign:problem:${type}`);
}

test('who has not signed in gets nowhere', async () => {
  await waiting('signed-in-1');
  for (const [method, path] of [
    ['GET', '/orders/signed-in-1'],
    ['GET', '/orders?status=AWAITING_CONFIRMATION'],
    ['POST', '/orders'],
    ['POST', '/orders/signed-in-1/confirmation'],
    ['GET', '/orders/signed-in-1/receipt'],
    ['PUT', '/orders/signed-in-1/deadline'],
  ] as const) {
    const { status } = await countersign.request(method, path, method === 'GET' ? undefined : { decision: 'confirm' });
    assert.equal(status, 401, `${method} ${path}`);
  }
  const forged = await countersign.request('GET', '/orders/signed-in-1', undefined, { authorization: 'Bearer a.b.c' });
  assert.equal(forged.status, 401);
});

test('a manager confirms, a customer may not, and nobody may confirm what they have requested', async () => {
  const id = await waiting('group-1');
  assertProblem(await anna.answer(id, 'confirm'), 403, 'not-allowed');
  const { status, body } = await ben.answer(id, 'confirm', { comment: 'seen the chairs' });
  assert.equal(status, 200);
  assert.deepEqual([body['status'], body['decidedBy']], ['CONFIRMED', ['ben']]);
  const done = await countersign.waitForStatus(id, 'COMPLETED', { as: anna });
  assert.partialDeepStrictEqual(done['confirmation'], { decidedBy: ['ben'], comment: 'seen the chairs' });

  const own = await waiting('group-2', ben);
  assertProblem(await ben.answer(own, 'confirm'), 403, 'not-allowed');
  assert.equal((await chris.answer(own, 'confirm')).status, 200);
});

test('what is expensive takes two managers and then a director, in that order', async () => {
  const id = await waiting('stages-1', anna, '1000.00');
  assertProblem(await dora.answer(id, 'confirm'), 403, 'not-allowed');
  const first = await ben.answer(id, 'confirm');
  assert.partialDeepStrictEqual(first.body, {
    status: 'AWAITING_CONFIRMATION',
    confirmations: { stage: 1, stages: 2, given: 1, needed: 2 },
  });
  assert.equal((await ben.answer(id, 'confirm')).text, first.text, 'the same again is the same receipt');
  assertProblem(await ben.answer(id, 'reject', { comment: 'on second thoughts' }), 409, 'contradicting-decision');
  await chris.answer(id, 'confirm');
  const { body } = await dora.request('GET', `/orders/${id}`);
  assert.partialDeepStrictEqual(body['pending'], { approvers: { groups: ['directors'] }, mayAnswer: true });
  const last = await dora.answer(id, 'confirm');
  assert.deepEqual([last.body['status'], last.body['decidedBy']], ['CONFIRMED', ['ben', 'chris', 'dora']]);
  await countersign.waitForStatus(id, 'COMPLETED', { as: anna });

  const cheap = await waiting('stages-2', anna, '999.99');
  assert.equal((await ben.answer(cheap, 'confirm')).body['status'], 'CONFIRMED');
  const unknown = { orderId: 'stages-3', orderDetails: 'nobody knows how much' };
  await anna.request('POST', '/orders', unknown);
  await countersign.waitForStatus('stages-3', 'AWAITING_CONFIRMATION', { as: anna });
  assert.equal((await ben.answer('stages-3', 'confirm')).body['status'], 'AWAITING_CONFIRMATION');
});

test('a rejection says why, ends it at any stage, and the loser learns who decided what and when', async () => {
  const id = await waiting('rejected-1', anna, '5000');
  const bare = await ben.answer(id, 'reject');
  assertProblem(bare, 400, 'invalid-request');
  assert.partialDeepStrictEqual(bare.body['errors'], [{ pointer: '/comment' }]);
  const { status, body } = await ben.answer(id, 'reject', { comment: 'too many chairs' });
  assert.equal(status, 200);
  const loser = await chris.answer(id, 'confirm');
  assertProblem(loser, 409, 'contradicting-decision');
  assert.partialDeepStrictEqual(loser.body, { decision: 'reject', decidedBy: ['ben'], decidedAt: body['decidedAt'] });
  await countersign.waitForStatus(id, 'REJECTED', { as: anna });
});

test('an answer can be sent again under its key, and another one under the same key is refused', async () => {
  const id = await waiting('key-1', anna, '1000');
  const send = (decision: string, more: object = {}) =>
    ben.request('POST', `/orders/${id}/confirmation`, { decision, ...more }, { 'idempotency-key': 'monday-1' });
  const first = await send('confirm');
  assert.equal(first.status, 200);
  assert.equal((await send('confirm')).text, first.text);
  assertProblem(await send('confirm', { comment: 'another' }), 422, 'idempotency-key-reused');
});

test('who is away gives it to somebody else, who then decides alone', async () => {
  const id = await waiting('reassigned-1');
  const given = await ben.request('POST', `/orders/${id}/reassignment`, { to: 'anna', reason: 'on leave' });
  assert.equal(given.status, 200);
  assertProblem(await ben.answer(id, 'confirm'), 403, 'not-allowed');
  assertProblem(await anna.answer(id, 'confirm'), 403, 'not-allowed');
  assertProblem(
    await dora.request('POST', `/orders/${id}/reassignment`, { from: 'chris', to: 'dora' }),
    403,
    'not-allowed',
  );
  assert.equal((await chris.request('POST', `/orders/${id}/reassignment`, { to: 'dora' })).status, 200);
  assert.equal((await dora.answer(id, 'confirm')).body['status'], 'CONFIRMED');
});

test('who asked can withdraw it, and then nobody can answer', async () => {
  const id = await waiting('withdrawn-1');
  assertProblem(await dora.request('POST', `/orders/${id}/withdrawal`, {}), 403, 'not-allowed');
  const withdrawn = await anna.request('POST', `/orders/${id}/withdrawal`, { reason: 'ordered twice' });
  assert.partialDeepStrictEqual(withdrawn.body, { status: 'WITHDRAWN' });
  const late = await ben.answer(id, 'confirm');
  assertProblem(late, 410, 'withdrawn');
  assert.match(String(late.body['detail']), /ordered twice/);
  await countersign.waitForStatus(id, 'WITHDRAWN', { as: anna });
});

test('an early answer is weighed by the same policy', async () => {
  const orderId = 'early-1';
  const amount = { value: '80.00', currency: 'EUR' };
  const { status } = await anna.request('POST', '/orders', { orderId, orderDetails: 'two chairs', amount });
  assert.equal(status, 202);
  assertProblem(await anna.answer(orderId, 'confirm'), 403, 'not-allowed');
  assert.equal((await ben.answer(orderId, 'confirm')).body['status'], 'CONFIRMED');
  await countersign.waitForStatus(orderId, 'COMPLETED', { as: anna });
});

test('many are answered at once, with a result each', async () => {
  const ids = await Promise.all(['bulk-1', 'bulk-2'].map((id) => waiting(id)));
  const own = await waiting('bulk-3', ben);
  const answers = [...ids, own, 'bulk-nobody'].map((id) => ({ id, decision: 'confirm' }));
  const { status, body } = await ben.request('POST', '/orders/confirmations', { answers });
  assert.equal(status, 200);
  const results = body['results'] as { id: string; status: number }[];
  assert.deepEqual(
    results.map((result) => [result.id, result.status]),
    [
      ['bulk-1', 200],
      ['bulk-2', 200],
      ['bulk-3', 403],
      ['bulk-nobody', 404],
    ],
  );
});

test('the inbox shows what waits for me', async () => {
  const id = await waiting('mine-1', ben);
  const inbox = async (person: Person): Promise<string[]> => {
    const { body } = await person.request('GET', '/orders?status=AWAITING_CONFIRMATION&mine=true&limit=100');
    return (body['orders'] as { orderId: string }[]).map(({ orderId }) => orderId);
  };
  assert.ok((await inbox(chris)).includes(id));
  assert.ok(!(await inbox(ben)).includes(id), 'it is their own');
  assert.ok(!(await inbox(anna)).includes(id), 'no manager');
});

test('the record tells who did what, from where, and on what grounds; and its chain can be checked', async () => {
  const id = await waiting('record-1');
  await ben.request('GET', `/orders/${id}`);
  await anna.answer(id, 'confirm');
  await ben.orders('confirm', id, '--comment', 'fine');
  await countersign.waitForStatus(id, 'COMPLETED', { as: anna });
  const { body, text } = await anna.request('GET', `/orders/${id}/receipt`);
  const entries = body['entries'] as { event: { type: string; by?: { person?: string; via: string } } }[];
  const told = entries.map(({ event: { type, by } }) => [type, by?.person, by?.via]);
  assert.deepEqual(told, [
    ['requested', undefined, undefined],
    ['opened', undefined, undefined],
    ['viewed', 'anna', 'api'],
    ['viewed', 'ben', 'api'],
    ['refused', 'anna', 'api'],
    ['answered', 'ben', 'command-line'],
    ['decided', undefined, undefined],
    ['delivered', undefined, undefined],
  ]);
  assert.equal(body['brokenAt'], undefined);

  assert.match(await anna.orders('verify', id), /8/);
  const saved = join(folder, 'receipt.json');
  writeFileSync(saved, text.replace('"fine"', '"fire"'));
  await assert.rejects(anna.orders('verify', saved), /6/);
});

test('a decision that is held can be undone until it takes effect', async () => {
  const held = mkdtempSync(join(tmpdir(), 'held-'));
  const policy = JSON.stringify({ holdSeconds: 4 });
  const other = await CountersignProcess.start(held, '-c', `confirmationPolicy=${policy}`);
  try {
    // The one that is undone comes last, for there are four seconds to undo it.
    for (const orderId of ['held-2', 'held-1']) {
      await other.request('POST', '/orders', { orderId, orderDetails: 'x' });
      await other.waitForStatus(orderId, 'AWAITING_CONFIRMATION');
      const { body } = await other.request('POST', `/orders/${orderId}/confirmation`, { decision: 'confirm' });
      assert.equal(Date.parse(String(body['effectiveAt'])) - Date.parse(String(body['decidedAt'])), 4_000);
    }
    assert.equal((await other.request('POST', '/orders/held-1/undo', { reason: 'a slip' })).status, 200);
    await other.waitForStatus('held-1', 'AWAITING_CONFIRMATION');
    await other.waitForStatus('held-2', 'COMPLETED');
    assertProblem(await other.request('POST', '/orders/held-2/undo', {}), 409, 'too-late-to-undo');
    assert.equal((await other.request('POST', '/orders/held-1/confirmation', { decision: 'reject' })).status, 200);
    await other.waitForStatus('held-1', 'REJECTED');
  } finally {
    await other.stop();
    rmSync(held, { recursive: true });
  }
});
