import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INBOX } from '../src/page/address.ts';
import { sortedInbox } from '../src/page/inbox-list.ts';
import type { Pending, PendingOrder } from '../src/page/orders.ts';
import { pauseMs, restMs } from '../src/page/pause.ts';
import { timerWords } from '../src/page/timer-words.ts';
import { spanText } from '../src/page/time-text.ts';
import { entryWords, nextText, readable } from '../src/page/words.ts';

const pending: Pending = {
  approvers: {},
  confirmations: { stage: 1, stages: 1, given: 0, needed: 1 },
  mayAnswer: true,
};

test('what happens next is said before it happens', () => {
  const next = (more: Partial<Pending['confirmations']>, hold = 0) =>
    nextText('confirm', { ...pending, holdSeconds: hold, confirmations: { ...pending.confirmations, ...more } });
  assert.equal(next({}), 'The order is confirmed, and its workflow goes on.');
  assert.match(next({}, 90), /It can be undone for 1 min 30 s\.$/);
  assert.match(next({ needed: 3, given: 1 }), /number 2 of 3; the order waits for 1 more/);
  assert.match(next({ stages: 2 }), /goes to those of step 2/);
  assert.match(nextText('reject', pending), /rejected, for everybody/);
});

test('spans have two units at most', () => {
  const spans = { 0: '0 s', 59_999: '59 s', 61_000: '1 min 1 s', 3_600_000: '1 h', 93_600_000: '1 d 2 h', [-5]: '0 s' };
  for (const [ms, text] of Object.entries(spans)) assert.equal(spanText(Number(ms)), text);
});

const order = (orderId: string, hours: number, more: Partial<PendingOrder> = {}): PendingOrder => ({
  orderId,
  orderDetails: `details of ${orderId}`,
  waitingSince: new Date(0).toISOString(),
  expiresAt: new Date(hours * 3_600_000).toISOString(),
  pending,
  ...more,
});
const others = { pending: { ...pending, mayAnswer: false } };

test('the inbox has mine first, each part by deadline', () => {
  const all = [
    order('late', 90),
    order('theirs', 1, others),
    order('soon', 2),
    order('later', 91, { requestedBy: 'anna' }),
  ];
  const ids = (place: typeof INBOX) => {
    const found = sortedInbox(all, place, 0);
    return [found.mine, found.others].map((part) => part.map(({ orderId }) => orderId).join(' '));
  };
  assert.deepEqual(ids(INBOX), ['soon late later', 'theirs']);
  assert.deepEqual(ids({ ...INBOX, show: 'mine' }), ['soon late later', '']);
  assert.deepEqual(ids({ ...INBOX, due: 'today' }), ['soon', 'theirs']);
  assert.deepEqual(ids({ ...INBOX, query: 'ANNA details' }), ['later', '']);
  assert.deepEqual(ids({ ...INBOX, query: 'nobody' }), ['', '']);
});

test('a service that fails or is slow is asked less and less often', () => {
  assert.deepEqual(
    [0, 1, 2, 3, 9].map((failures) => pauseMs(10, failures)),
    [2_000, 4_000, 8_000, 16_000, 30_000],
  );
  assert.equal(pauseMs(1_000, 0), 5_000);
});

test('an entry of the record is told in words, and one of a later version by its type', () => {
  const words = (event: Record<string, unknown>) => entryWords({ seq: 1, at: '', event, hash: '' });
  const by = { person: 'ben', groups: [], via: 'api' };
  assert.deepEqual(words({ type: 'answered', by, decision: 'confirm', comment: 'fine' }), {
    who: 'ben',
    what: 'confirmed: fine',
  });
  assert.deepEqual(words({ type: 'constructor' }), { who: 'The service', what: 'constructor' });
  assert.equal(
    words({ type: 'requested', stages: [{ groups: ['managers'] }, {}] }).what,
    'asked group managers, then everybody',
  );
  assert.equal(readable('unitPrice_net'), 'Unit price net');
});

test('a timer is told in words, and one of a later version by its kind', () => {
  const executionArn = 'arn:aws:states:us-east-1:000000000000:execution:Orders:apples-1';
  assert.deepEqual(timerWords({ dueAt: '', kind: 'TaskTimeout', state: 'WaitForConfirmation', executionArn }), {
    what: 'WaitForConfirmation has taken its time',
    about: 'apples-1',
  });
  assert.deepEqual(timerWords({ dueAt: '', kind: 'Schedule' }), { what: 'A schedule fires', about: 'of the app' });
  assert.equal(timerWords({ dueAt: '', kind: 'toString' }).what, 'To string');
});

test('what is told of is followed at once, and never faster than it can be read', () => {
  assert.equal(restMs(1), 200);
  assert.equal(restMs(1_000), 1_000);
  assert.equal(restMs(60_000), 30_000);
});
