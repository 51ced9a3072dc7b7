import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crashAt } from '../../confirmations/test/around.ts';
import { DEADLINE_SECONDS } from './fake-step-functions.ts';
import { ID, World, worldWithOrder, worldWithWaitingOrder } from './world.ts';

const RECORD = `records/${ID}.json`;
const WAIT = `waits/${ID}.json`;

test('a confirmation answers the wait with the decision and with nothing else', async () => {
  const world = await worldWithWaitingOrder();

  const { status, body } = await world.confirm({ decision: 'confirm', comment: 'go ahead' });

  assert.equal(status, 200);
  const decidedAt = new Date(world.nowMs).toISOString();
  const { receipt } = body;
  assert.match(String(receipt), /^[0-9a-f]{64}$/);
  assert.deepEqual(body, {
    id: ID,
    decision: 'confirm',
    comment: 'go ahead',
    decidedAt,
    status: 'CONFIRMED',
    receipt,
  });
  assert.deepEqual(world.sfn.answerOf(ID), { decision: 'confirm', comment: 'go ahead', decidedAt, receipt });
});

test('a used token is gone from the store, and the decision stays', async () => {
  const world = await worldWithWaitingOrder();
  await world.confirm({ decision: 'confirm' });
  assert.deepEqual(world.keys(), [RECORD]);
});

test('a rejection is an answer as well, and no failure', async () => {
  const world = await worldWithWaitingOrder();
  const { status, body } = await world.confirm({ decision: 'reject' });
  assert.equal(status, 200);
  assert.equal(body['status'], 'REJECTED');
  world.finish();
  assert.equal((await world.get(`/orders/${ID}`)).body['status'], 'REJECTED');
});

test('a confirmation that comes before the wait is kept, and applied when the wait opens', async () => {
  const world = await worldWithOrder();

  const early = await world.confirm({ decision: 'confirm' });
  assert.equal(early.status, 200);
  assert.equal(world.sfn.answerOf(ID), undefined);

  await world.wait();
  assert.equal(world.sfn.answerOf(ID)?.decision, 'confirm');
  assert.deepEqual(world.keys(), [RECORD]);
});

test('a confirmation that comes while the wait is being opened is one of an order that asks', async () => {
  const world = await worldWithOrder();
  await world.wait(crashAt(1, 'before')).catch(() => {});
  assert.deepEqual(world.keys(), [WAIT], 'its token is stored, and nothing is asked yet');

  const { status, body } = await world.confirm({ decision: 'confirm' });
  assert.equal(status, 200);
  assert.equal(body['status'], 'CONFIRMED');
  assert.equal(world.sfn.answerOf(ID)?.decision, 'confirm');
});

test('the same decision again gets the same receipt, byte for byte, at every stage of the order', async () => {
  const world = await worldWithOrder();
  const first = await world.confirm({ decision: 'confirm', comment: 'the first comment stays' });
  const repeat = async () => {
    world.nowMs += 60_000;
    const again = await world.confirm({ decision: 'confirm', comment: 'another comment' });
    assert.equal(again.status, 200);
    assert.equal(again.text, first.text);
  };
  await repeat();
  await world.wait();
  await repeat();
  world.finish();
  await repeat();
  world.nowMs += DEADLINE_SECONDS * 1000;
  await repeat();
});

test('a contradicting decision is refused and told what was decided, and when', async () => {
  const world = await worldWithWaitingOrder();
  const first = await world.confirm({ decision: 'reject' });
  const contradict = async () => {
    world.nowMs += 60_000;
    const { status, body } = await world.confirm({ decision: 'confirm' });
    assert.equal(status, 409);
    assert.equal(body['type'], 'urn:countersign:problem:contradicting-decision');
    assert.equal(body['decision'], 'reject');
    assert.equal(body['decidedAt'], first.body['decidedAt']);
  };
  await contradict();
  world.finish();
  await contradict();
  assert.equal(world.sfn.answerOf(ID)?.decision, 'reject');
});

test('after the deadline a confirmation is too late, and the workflow is told so', async () => {
  const world = await worldWithWaitingOrder();
  world.nowMs += DEADLINE_SECONDS * 1000;
  await expectTooLate(world);
  assert.equal(world.sfn.answerOf(ID)?.decision, 'expired');
  assert.deepEqual(world.keys(), [RECORD]);
  await expectTooLate(world);
  world.finish();
  await expectTooLate(world);
});

test('at the deadline the workflow closes the order by itself', async () => {
  const world = await worldWithWaitingOrder();
  world.nowMs += DEADLINE_SECONDS * 1000;
  const message = await world.close(world.sfn.timeOut(ID));
  assert.equal(message.decision, 'expired');
  assert.deepEqual(world.keys(), [RECORD]);
  await expectTooLate(world);
  world.sfn.end(ID, message);
  await expectTooLate(world);
});

async function expectTooLate(world: World): Promise<void> {
  const { status, body } = await world.confirm({ decision: 'confirm' });
  assert.equal(status, 410);
  assert.equal(body['type'], 'urn:countersign:problem:deadline-passed');
}

test('a moment before the deadline is in time', async () => {
  const world = await worldWithWaitingOrder();
  world.nowMs += DEADLINE_SECONDS * 1000 - 1;
  assert.equal((await world.confirm({ decision: 'confirm' })).status, 200);
});

test('a decision that was recorded in time and never delivered is honoured at the deadline', async () => {
  const world = await worldWithWaitingOrder();
  const decidedAt = new Date(world.nowMs).toISOString();
  const unsent = await world.confirm({ decision: 'confirm' }, async (call, perform) => {
    if (call === 'SendTaskSuccessCommand') throw new Error('rate exceeded');
    return perform();
  });
  assert.equal(unsent.status, 503);

  world.nowMs += DEADLINE_SECONDS * 1000;
  const decision = await world.close(world.sfn.timeOut(ID));

  assert.partialDeepStrictEqual(decision, { decision: 'confirm', decidedAt });
  assert.deepEqual(world.keys(), [RECORD]);
  assert.equal((await world.confirm({ decision: 'confirm' })).status, 200);
});

test('an order nobody knows cannot be confirmed', async () => {
  const world = new World();
  assert.equal((await world.confirm({ decision: 'confirm' })).status, 404);
  assert.deepEqual(world.keys(), []);
});

test('an order that failed before it was decided takes no confirmation', async () => {
  const world = await worldWithOrder();
  world.sfn.fail(ID, { status: 'FAILED', error: 'Error', cause: 'no' });
  const { status, body } = await world.confirm({ decision: 'confirm' });
  assert.equal(status, 409);
  assert.equal(body['type'], 'urn:countersign:problem:request-ended');
  assert.deepEqual(world.keys(), []);
});

test('an order that was stopped while it waited takes no confirmation, also when asked twice', async () => {
  const world = await worldWithWaitingOrder();
  world.sfn.fail(ID, { status: 'ABORTED' });
  world.nowMs += 1000;
  for (const time of ['once', 'twice']) {
    const { status, body } = await world.confirm({ decision: 'confirm' });
    assert.equal(status, 409, time);
    assert.equal(body['type'], 'urn:countersign:problem:request-ended');
  }
  assert.ok(!world.keys().includes(WAIT), 'its token is gone');
});

test('an order that failed after it was confirmed still shows its receipt', async () => {
  const world = await worldWithWaitingOrder();
  const first = await world.confirm({ decision: 'confirm' });
  world.nowMs += 1000;
  world.sfn.fail(ID, { status: 'FAILED', error: 'Error', cause: 'the carrier is on strike' });
  const again = await world.confirm({ decision: 'confirm' });
  assert.equal(again.status, 200);
  assert.equal(again.text, first.text);
});

test('a slow first attempt does not overwrite the token of the second', async () => {
  const world = await worldWithOrder();
  const slow = world.sfn.beginAttempt(ID);
  await world.wait();
  const stored = world.s3.objects.get(WAIT);

  await world.store(slow);

  assert.equal(world.s3.objects.get(WAIT), stored);
  assert.ok(world.eventNames().includes('wait.superseded'));
  assert.equal((await world.confirm({ decision: 'confirm' })).status, 200);
  assert.equal(world.sfn.answerOf(ID)?.decision, 'confirm');
});

test('a later attempt takes the place of an earlier one, and of one of an earlier entry into the state', async () => {
  const world = await worldWithWaitingOrder();
  const { stateEnteredTime } = JSON.parse(world.s3.objects.get(WAIT) ?? '').attempt;
  await world.wait();
  assert.equal(JSON.parse(world.s3.objects.get(WAIT) ?? '').attempt.retryCount, 1);

  const redriven = world.sfn.beginAttempt(ID);
  const enteredAgain = new Date(Date.parse(stateEnteredTime) + 1000).toISOString();
  await world.store({ ...redriven, attempt: { ...redriven.attempt, stateEnteredTime: enteredAgain, retryCount: 0 } });
  assert.equal(JSON.parse(world.s3.objects.get(WAIT) ?? '').taskToken, redriven.taskToken);
});

test('a slow first attempt that ends after everything leaves nothing behind', async () => {
  const world = await worldWithOrder();
  const slow = world.sfn.beginAttempt(ID);
  await world.wait();
  await world.confirm({ decision: 'confirm' });
  await world.store(slow);
  assert.deepEqual(world.keys(), [RECORD]);

  const late = await worldWithOrder();
  const first = late.sfn.beginAttempt(ID);
  await late.wait();
  late.nowMs += DEADLINE_SECONDS * 1000;
  await late.close(late.sfn.timeOut(ID));
  await late.store(first);
  assert.deepEqual(late.keys(), [RECORD]);
});

test('when both sides find the decision and the wait, the second send does no harm', async () => {
  const world = await worldWithOrder();
  const event = world.sfn.beginAttempt(ID);
  const [decided, stored, storeSent, apiSent] = [gate(), gate(), gate(), gate()];

  const confirming = world.confirm({ decision: 'confirm' }, async (call, perform) => {
    if (call === 'SendTaskSuccessCommand') await storeSent.isOpen;
    try {
      return await perform();
    } finally {
      if (call === 'SendTaskSuccessCommand') apiSent.open();
      if (call === 'PutObjectCommand') {
        decided.open();
        await stored.isOpen;
      }
    }
  });
  await decided.isOpen;
  await world.store(event, async (call, perform) => {
    if (call === 'DeleteObjectCommand') await apiSent.isOpen;
    const result = await perform();
    if (call === 'PutObjectCommand') stored.open();
    if (call === 'SendTaskSuccessCommand') storeSent.open();
    return result;
  });

  assert.equal((await confirming).status, 200);
  const deliveries = world.eventNames().filter((name) => name.startsWith('message.'));
  assert.deepEqual(deliveries, ['message.delivered', 'message.late']);
  assert.deepEqual(world.keys(), [RECORD]);
});

test('an id that is used again after its order has been forgotten is a new order, which the old decision does not confirm', async () => {
  const world = await worldWithWaitingOrder();
  await world.confirm({ decision: 'confirm' });
  world.finish();
  world.nowMs += 91 * 24 * 60 * 60 * 1000;
  world.sfn.executions.clear();

  await world.submit();
  await world.wait();
  assert.equal(world.sfn.answerOf(ID), undefined);
  assert.equal((await world.get(`/orders/${ID}`)).body['status'], 'AWAITING_CONFIRMATION');

  assert.equal((await world.confirm({ decision: 'reject' })).status, 200);
  assert.equal(world.sfn.answerOf(ID)?.decision, 'reject');
});

function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { isOpen: promise, open: resolve };
}
