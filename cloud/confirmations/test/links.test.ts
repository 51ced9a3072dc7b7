import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '../src/digest.ts';
import { LINKS, linkWorld, linkWorldThatAsks, problem } from './link-world.ts';
import { ASKED, CONFIRM, DAY, HOUR, ID, MINUTE, person, REJECT, SUBJECT, T0 } from './world.ts';
import { reassign } from '../src/commands/reassign.ts';
import { undo } from '../src/commands/undo.ts';
import { withdraw } from '../src/commands/withdraw.ts';
import { moveDeadline } from '../src/commands/move-deadline.ts';

test('who was asked by mail opens the link, reads, confirms, and the workflow goes on', async () => {
  const world = await linkWorld();
  const link = world.linkOf('anna');
  assert.equal((await world.send('GET', link.path)).status, 200);

  const opened = await world.open(link);
  assert.equal(opened.status, 200);
  const { nonce, ...shown } = opened.body;
  assert.deepEqual(shown, {
    id: ID,
    person: 'anna',
    requester: 'rita',
    subject: SUBJECT,
    deadline: new Date(T0 + 3 * DAY).toISOString(),
    confirmations: { stage: 1, stages: 1, given: 0, needed: 1 },
    shown: digestOf(SUBJECT),
  });

  const answered = await world.answerBy(link, { ...CONFIRM, comment: 'fine' }, nonce);
  assert.equal(answered.status, 200);
  assert.equal(answered.body['status'], 'CONFIRMED');
  assert.deepEqual(answered.body['decidedBy'], ['anna']);
  assert.equal(world.outcome()?.decision, 'confirm');
  assert.deepEqual(world.types(), ['requested', 'opened', 'link-issued', 'viewed', 'answered', 'decided', 'delivered']);
  const given = world.record.find(({ event }) => event.type === 'answered')?.event;
  const by = { person: 'anna', groups: [], via: 'link', linkId: link.linkId, sourceIp: '192.0.2.7' };
  assert.deepEqual(given, { type: 'answered', by, ...CONFIRM, comment: 'fine', stage: 0, shown: digestOf(SUBJECT) });
});

test('the same answer again by the same link gets the same receipt; another answer does not', async () => {
  const world = await linkWorld();
  const link = world.linkOf('anna');
  const nonce = (await world.open(link)).body['nonce'];
  const first = await world.answerBy(link, CONFIRM, nonce);
  const entries = world.record.length;
  const second = await world.answerBy(link, CONFIRM, nonce);
  assert.deepEqual([second.status, second.text], [200, first.text]);
  assert.equal(world.record.length, entries);

  const third = await world.answerBy(link, REJECT, nonce);
  assert.deepEqual([third.status, third.body['type']], [409, problem('contradicting-decision')]);
  assert.deepEqual(world.refusals().at(-1)?.because, 'contradicting-decision');
  assert.equal((await world.send('GET', link.path)).status, 410);
});

test('one of two who are needed answers by a link, and the other link goes on to work', async () => {
  const world = await linkWorld({ stages: [{ people: ['anna', 'ben'], needed: 2 }] });
  const first = await world.answerBy(world.linkOf('anna'), CONFIRM);
  assert.deepEqual(first.body['confirmations'], { stage: 1, stages: 1, given: 1, needed: 2 });
  assert.equal((await world.open(world.linkOf('anna'))).status, 410);
  const second = await world.answerBy(world.linkOf('ben'), CONFIRM);
  assert.deepEqual(second.body['decidedBy'], ['anna', 'ben']);
});

const stale = [
  [
    'after another has decided',
    410,
    'others have answered',
    async (world) => void (await world.answer(REJECT, person('ben'))),
  ],
  [
    'after it was given to somebody else',
    410,
    'given to somebody else',
    async (world) =>
      void (await world.do((draft) => reassign(draft, { id: ID, by: person('olga'), from: 'anna', to: 'chris' }))),
  ],
  [
    'after the request was withdrawn',
    410,
    'taken it back',
    async (world) => void (await world.do((draft) => withdraw(draft, { id: ID, by: person('olga') }))),
  ],
  ['after the deadline', 410, 'ended with the time', async (world) => void (world.nowMs += 3 * DAY)],
  [
    'after the deadline was moved nearer and has passed',
    410,
    'ended with the time',
    async (world) => {
      const to = new Date(T0 + HOUR).toISOString();
      await world.do((draft) => moveDeadline(draft, { id: ID, by: person('olga'), to }));
      world.nowMs += HOUR;
    },
  ],
  [
    'after its person has answered otherwise',
    410,
    'your answer was taken',
    async (world) => void (await world.answer(CONFIRM, person('anna'))),
  ],
] as const satisfies readonly (readonly [
  string,
  number,
  string,
  (world: Awaited<ReturnType<typeof linkWorld>>) => Promise<void>,
])[];

for (const [when, status, words, happen] of stale) {
  test(`a link is of no use ${when}, and says so`, async () => {
    const world = await linkWorld({ owner: 'olga', stages: [{ people: ['anna', 'ben'], needed: 2 }] });
    const link = world.linkOf('anna');
    const nonce = (await world.open(link)).body['nonce'];
    await happen(world);
    const answers = world.request.answers.length;

    const page = await world.send('GET', link.path);
    assert.equal(page.status, status);
    assert.match(page.text, new RegExp(words, 'iv'));
    assert.doesNotMatch(page.text, /<script/v);
    for (const response of [await world.open(link), await world.answerBy(link, CONFIRM, nonce)]) {
      assert.deepEqual([response.status, response.body['type']], [410, problem('link-dead')]);
      assert.match(String(response.body['detail']), new RegExp(words, 'iv'));
    }
    assert.equal(world.request.answers.length, answers);
    assert.deepEqual(
      world.refusals().map(({ by, attempted }) => [by.person, attempted]),
      [
        ['anna', 'open'],
        ['anna', 'confirm'],
      ],
    );
  });
}

test('an answer that was undone does not bring its link back to life', async () => {
  const world = await linkWorld({ stages: [{ people: ['anna'] }], holdSeconds: 60 });
  const link = world.linkOf('anna');
  const nonce = (await world.open(link)).body['nonce'];
  assert.equal((await world.answerBy(link, CONFIRM, nonce)).status, 200);
  await world.do((draft) => undo(draft, { id: ID, by: person('anna') }));
  assert.equal((await world.answerBy(link, CONFIRM, nonce)).status, 410);
  assert.equal(world.request.decided, undefined);
});

test('whoever it was given to has a link of their own', async () => {
  const world = await linkWorld();
  await world.do((draft) => reassign(draft, { id: ID, by: person('olga'), from: 'anna', to: 'ben' }));
  const first = world.linkOf('ben');
  // And on: the one in the middle has nothing left, although nobody took it from them by name.
  await world.do((draft) => reassign(draft, { id: ID, by: person('olga'), from: 'anna', to: 'chris' }));
  assert.equal((await world.open(first)).status, 410);
  assert.equal((await world.answerBy(world.linkOf('chris'), CONFIRM)).status, 200);
});

test('a link answers the stage that it was sent for, and no later one', async () => {
  const world = await linkWorld({ stages: [{ people: ['anna', 'ben'] }, { people: ['ben', 'chris'] }] });
  const link = world.linkOf('ben');
  await world.answerBy(world.linkOf('anna'), CONFIRM);
  const late = await world.open(link);
  assert.equal(late.status, 410);
  assert.match(String(late.body['detail']), /next step/v);
});

test('a member of a group has a link sent and answers with it, whatever groups they are in by then', async () => {
  const world = await linkWorld({ owner: 'olga', stages: [{ groups: ['managers'] }] });
  const requested = await world.post(LINKS, { person: 'anna' }, 'olga');
  assert.deepEqual([requested.status, requested.body], [202, { id: ID, person: 'anna' }]);
  const answered = await world.answerBy(world.linkOf('anna'), CONFIRM);
  assert.deepEqual(answered.body['decidedBy'], ['anna']);
});

const requests = [
  ['nobody in particular', undefined, 'anna', 401],
  ['a stranger', 'eve', 'anna', 403],
  ['a stranger, for themselves', 'chris', 'chris', 403],
  ['an approver, for somebody who is none', 'anna', 'ben', 403],
  ['the owner, for somebody who is none', 'olga', 'ben', 403],
  ['the owner, for somebody without an address', 'olga', 'zoe', 400],
  ['the owner', 'olga', 'anna', 202],
  ['the approver themselves', 'anna', 'anna', 202],
] as const;
for (const [who, by, whose, status] of requests) {
  test(`a link asked for by ${who} is answered with ${status}`, async () => {
    const world = await linkWorld();
    const mails = world.mails.length;
    const response = await world.post(LINKS, { person: whose }, by);
    assert.equal(response.status, status, response.text);
    assert.equal(world.mails.length - mails, status === 202 ? 1 : 0);
    assert.equal(world.request.links.size, status === 202 ? 2 : 1);
  });
}

test('who may not decide on what they have asked for gets no link', async () => {
  const world = await linkWorld({ owner: 'olga', requesterMayDecide: false, stages: [{ groups: ['managers'] }] });
  assert.equal((await world.post(LINKS, { person: 'rita' }, 'olga')).status, 403);
});

test('a hundred links go out for one request, and then no more', async () => {
  const world = await linkWorld();
  for (let nth = world.request.links.size; nth < 100; nth += 1) {
    assert.equal((await world.post(LINKS, { person: 'anna' }, 'olga')).status, 202);
  }
  const response = await world.post(LINKS, { person: 'anna' }, 'olga');
  assert.deepEqual([response.status, response.body['type']], [409, problem('record-full')]);
});

test('what is asked has to be what was read, not long ago, by this very link', async () => {
  const world = await linkWorld({ stages: [{ people: ['anna', 'ben'] }] });
  const link = world.linkOf('anna');
  const nonce = String((await world.open(link)).body['nonce']);
  const ofAnother = (await world.open(world.linkOf('ben'))).body['nonce'];
  const [minute = '', shown = '', signed = ''] = nonce.split('.');
  const forged = [
    ofAnother,
    '',
    'x',
    `${nonce}.`,
    `${Number(minute) + 1}.${shown}.${signed}`,
    `${minute}.${shown}.x${signed.slice(1)}`,
  ];
  for (const wrong of forged) {
    const response = await world.answerBy(link, CONFIRM, wrong);
    assert.deepEqual([response.status, response.body['type']], [403, problem('link-wrong')], String(wrong));
  }

  world.nowMs += 62 * MINUTE;
  const late = await world.answerBy(link, CONFIRM, nonce);
  assert.deepEqual([late.status, late.body['type']], [409, problem('read-again')]);

  const again = (await world.open(link)).body['nonce'];
  world.nowMs += 59 * MINUTE;
  const wait = JSON.parse(world.s3.objects.get(`waits/${ID}.json`) ?? '');
  const changed = { ...wait, subject: { ...SUBJECT, amount: { value: '8000.00', currency: 'EUR' } } };
  world.s3.objects.set(`waits/${ID}.json`, JSON.stringify(changed));
  const other = await world.answerBy(link, CONFIRM, again);
  assert.deepEqual([other.status, other.body['type']], [409, problem('read-again')]);
  assert.equal(world.request.answers.length, 0);

  world.s3.objects.set(`waits/${ID}.json`, JSON.stringify(wait));
  assert.equal((await world.answerBy(link, CONFIRM, again)).status, 200);
});

test('a confirmation by link carries the data and the comment that the policy asks for', async () => {
  const form = {
    type: 'object',
    properties: { cost: { type: 'string' } },
    required: ['cost'],
    additionalProperties: false,
  };
  const world = await linkWorld({ stages: [{ people: ['anna'] }], form, commentRequired: ['confirm'] });
  const link = world.linkOf('anna');
  const opened = await world.open(link);
  assert.deepEqual([opened.body['form'], opened.body['commentRequired']], [form, ['confirm']]);
  for (const [given, pointer] of [
    [CONFIRM, '/comment'],
    [{ ...CONFIRM, comment: 'ok' }, '/data/cost'],
    [{ ...CONFIRM, comment: 'ok', data: { cost: '1', amount: '9' } }, '/data/amount'],
    [{ ...CONFIRM, comment: 'ok', person: 'ben' }, '/person'],
  ] as const) {
    const response = await world.answerBy(link, given, opened.body['nonce']);
    assert.equal(response.status, 400, pointer);
    assert.ok(JSON.stringify(response.body['errors']).includes(`"${pointer}"`), response.text);
  }
  const response = await world.answerBy(link, { ...CONFIRM, comment: 'ok', data: { cost: '1' } }, opened.body['nonce']);
  assert.deepEqual([response.status, response.body['data']], [200, { cost: '1' }]);
});

test('whom it was escalated to has a link in the mail that says so', async () => {
  const world = await linkWorldThatAsks({
    ...ASKED,
    policy: { stages: [{ people: ['anna'] }] },
    schedule: { deadline: { days: 3 }, escalation: { after: { days: 1 }, to: { people: ['ben'] } } },
    timeoutSeconds: DAY / 1000,
  });
  await world.until(T0 + DAY);
  const response = await world.answerBy(world.linkOf('ben'), CONFIRM);
  assert.deepEqual([response.status, response.body['decidedBy']], [200, ['ben']]);
});
