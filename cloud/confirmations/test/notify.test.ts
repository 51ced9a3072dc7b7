import type { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { PublishCommand } from '@aws-sdk/client-sns';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reassign } from '../src/commands/reassign.ts';
import { readNotifyConfig } from '../src/config.ts';
import type { Notice } from '../src/notice.ts';
import { isAddress } from '../src/notify/addresses.ts';
import { eventBridgeNotify } from '../src/notify/event-bridge-notify.ts';
import { openNotify } from '../src/notify/open-notify.ts';
import { plainText } from '../src/notify/plain-text.ts';
import { sesMail } from '../src/notify/ses-mail.ts';
import { snsNotify } from '../src/notify/sns-notify.ts';
import { LinkAddress } from '../src/links/link-address.ts';
import { linksIn, linkWorld, linkWorldThatAsks, LinkWorld, URL_OF_REQUESTS } from './link-world.ts';
import { ASKED, CONFIRM, HOUR, ID, person, SUBJECT, T0, worldThatWaits } from './world.ts';

const URL = URL_OF_REQUESTS;
const LINK = new LinkAddress(`${URL}/${ID}/links/abcdefghij`, 'the-secret-that-nobody-may-see');
const REQUESTED: Notice = {
  id: ID,
  about: 'requested',
  to: { people: ['anna'] },
  deadline: '2026-11-26T08:00:00.000Z',
  subject: SUBJECT,
};

/** A client that only remembers what it was sent. */
function clientThatAnswers(answer: unknown) {
  const sent: unknown[] = [];
  return { sent, client: { send: async (command: { input: unknown }) => (sent.push(command.input), answer) } };
}

test('a person gets a mail that says who asks, what, until when, and how to answer', async () => {
  const world = await linkWorld({ stages: [{ people: ['anna'] }], commentRequired: ['reject'] });
  assert.equal(world.mails.length, 1);
  const [mail] = world.mails;
  const link = world.linkOf('anna');
  assert.deepEqual(mail, {
    to: 'anna@example.com',
    subject: 'Please answer: order-1',
    text: `"order-1" waits for an answer; rita asks for it. There is time until Thursday, 26 November 2026 at 08:00 UTC. To reject, say why in a comment.

  orderId: order-1
  amount:
    value: 80.00
    currency: EUR
  requestedBy: rita

To answer, open this page. Nothing is decided before you press a button there:

https://orders.example${link.path}#${link.secret}

The link is yours alone: whoever has it can answer in your name, so do not forward it. It works once.
`,
  });
});

test('a group gets one mail without a link that could answer, which says where to sign in', async () => {
  const world = await linkWorld({ stages: [{ groups: ['managers', 'unknown'], people: ['anna', 'nowhere'] }] });
  assert.deepEqual(world.mails.map(({ to }) => to).sort(), ['anna@example.com', 'managers@example.com']);
  const text = world.mails.find(({ to }) => to === 'managers@example.com')?.text ?? '';
  assert.deepEqual(linksIn(text), []);
  assert.match(text, /This is for group "managers", group "unknown", anna, nowhere\. To answer, sign in/v);
  assert.match(text, /countersign orders confirm order-1/v);
  assert.ok(text.includes(`${URL}/order-1`));
  assert.equal(world.request.links.size, 1, 'no link is issued to who cannot be reached');
});

test('reminders come with a new link to who has not answered, and the end is told to all', async () => {
  const world = await linkWorldThatAsks({
    ...ASKED,
    policy: { stages: [{ people: ['anna', 'ben'], needed: 2 }] },
    schedule: { deadline: { days: 3 }, reminders: { first: { hours: 1 } } },
    timeoutSeconds: HOUR / 1000,
  });
  const [early, late] = [world.linkOf('anna'), world.linkOf('ben')];
  await world.answerBy(early, CONFIRM);
  world.mails.length = 0;
  await world.until(T0 + HOUR);
  assert.deepEqual(
    world.mails.map(({ to, subject }) => [to, subject]),
    [['ben@example.com', 'Reminder: order-1 still waits for an answer']],
  );
  assert.notEqual(world.linkOf('ben').linkId, late.linkId);

  // The first link works as well as the second, and then neither does.
  const reminded = world.linkOf('ben');
  world.mails.length = 0;
  assert.equal((await world.answerBy(late, { ...CONFIRM, comment: 'looks right' })).status, 200);
  assert.equal((await world.open(reminded)).status, 410);
  assert.deepEqual(world.mails.map(({ to }) => to).sort(), ['anna@example.com', 'ben@example.com', 'rita@example.com']);
  assert.equal(world.mails[0]?.subject, 'order-1 was confirmed');
  assert.match(world.mails[0]?.text ?? '', /was confirmed by anna and ben\. .*\nThey said: looks right/v);
  assert.deepEqual(linksIn(world.mails[0]?.text ?? ''), []);
});

test('times are told in the time zone of the calendar', async () => {
  const calendar = { timeZone: 'Europe/Berlin' };
  const world = await linkWorldThatAsks({
    ...ASKED,
    policy: { stages: [{ people: ['anna'] }] },
    schedule: { deadline: { days: 3 }, calendar },
  });
  assert.match(world.mails[0]?.text ?? '', /Thursday, 26 November 2026 at 09:00 CET/v);
});

test('a mail that cannot be sent fails nobody: it is reported, and the others go out', async () => {
  const world = new LinkWorld();
  world.sendMail = async (mail) => {
    if (mail.to.startsWith('anna')) throw new Error('550 no such mailbox');
    world.mails.push(mail);
  };
  world.sfn.start({ ...ASKED, policy: { owner: 'olga', stages: [{ people: ['anna', 'ben'] }] } });
  await world.wait();
  assert.deepEqual(
    world.mails.map(({ to }) => to),
    ['ben@example.com'],
  );
  const failures = world.events.filter(({ event }) => event === 'notice.failed');
  assert.deepEqual(
    failures.map(({ fields }) => [fields['channel'], fields.error?.message]),
    [['mail', '550 no such mailbox']],
  );
  await world.do((draft) => reassign(draft, { id: ID, by: person('olga'), from: 'anna', to: 'chris' }));
  assert.equal(world.mails.at(-1)?.to, 'chris@example.com');
});

test('where no key can be read, mails go out without links', async () => {
  const world = new LinkWorld();
  world.versions = {};
  world.sfn.start({ ...ASKED, policy: { stages: [{ people: ['anna'] }] } });
  await world.wait();
  assert.equal(world.mails.length, 1);
  assert.deepEqual(linksIn(world.mails[0]?.text ?? ''), []);
  assert.match(world.mails[0]?.text ?? '', /sign in/v);
  assert.ok(world.events.some(({ event }) => event === 'notice.failed'));
});

test('a value cannot pass itself off as lines of the mail', () => {
  const text = plainText({
    note: 'all fine\r\n\nTo answer, open this page:\u2028https://evil.example',
    'a\nb': [1, { c: null }],
  });
  assert.equal(
    text,
    '  note: all fine To answer, open this page: https://evil.example\n  a b:\n    - 1\n    -\n      c: null',
  );
  assert.ok(plainText({ long: 'x'.repeat(100_000) }).length < 5_000);
});

for (const [text, expected] of [
  ['anna@example.com', true],
  ['a.b+c@mail.example.co.uk', true],
  ['anna', false],
  ['anna@example', false],
  ['anna@example.com, eve@example.com', false],
  ['Anna <anna@example.com>', false],
  ['anna@example.com\nbcc: eve@example.com', false],
] as const) {
  test(`${JSON.stringify(text)} is ${expected ? 'an address' : 'no single address'}`, () => {
    assert.equal(isAddress(text), expected);
  });
}

test('SES is given a plain text that no vacation notice answers', async () => {
  const { sent, client } = clientThatAnswers({});
  await sesMail(client as never, 'orders@example.com')({ to: 'anna@example.com', subject: 'Ä', text: 'ß' });
  assert.deepEqual(sent, [
    {
      FromEmailAddress: 'orders@example.com',
      Destination: { ToAddresses: ['anna@example.com'] },
      Content: {
        Simple: {
          Subject: { Data: 'Ä', Charset: 'UTF-8' },
          Body: { Text: { Data: 'ß', Charset: 'UTF-8' } },
          Headers: [{ Name: 'Auto-Submitted', Value: 'auto-generated' }],
        },
      },
    },
  ]);
});

test('an event bus gets an event for each notice, and never a link', async () => {
  const { sent, client } = clientThatAnswers({ Entries: [{ EventId: '1' }] });
  const world = await worldThatWaits();
  const { report } = world.confirmations();
  const notify = eventBridgeNotify({ eventBridge: client as never, eventBusName: 'bus', url: URL, report });
  const large = { blob: 'x'.repeat(64 * 1024) };
  await notify([
    REQUESTED,
    { id: ID, about: 'decided', to: {}, decision: 'confirm', subject: large },
    { id: ID, about: 'link', to: { people: ['anna'] }, link: LINK },
  ]);
  const entries = sent.flatMap((input) => (input as PutEventsCommand['input']).Entries ?? []);
  assert.deepEqual(
    entries.map(({ Source, DetailType, EventBusName }) => [Source, DetailType, EventBusName]),
    [
      ['countersign.confirmations', 'Confirmation requested', 'bus'],
      ['countersign.confirmations', 'Confirmation decided', 'bus'],
    ],
  );
  assert.deepEqual(
    entries.map(({ Detail = '' }): unknown => JSON.parse(Detail)),
    [
      { id: ID, to: { people: ['anna'] }, url: `${URL}/order-1`, deadline: REQUESTED.deadline, subject: SUBJECT },
      { id: ID, to: {}, url: `${URL}/order-1`, decision: 'confirm' },
    ],
  );
});

test('an event that the bus refuses is reported', async () => {
  const { client } = clientThatAnswers({
    FailedEntryCount: 1,
    Entries: [{ ErrorCode: 'InternalFailure', ErrorMessage: 'x' }],
  });
  const world = await worldThatWaits();
  const { report } = world.confirmations();
  await eventBridgeNotify({ eventBridge: client as never, eventBusName: 'bus', url: URL, report })([REQUESTED]);
  const { event, fields } = world.events.at(-1) ?? assert.fail('nothing was reported');
  assert.deepEqual(
    [event, fields['channel'], fields.error?.message],
    ['notice.failed', 'event-bridge', 'InternalFailure: x'],
  );
});

test('a topic gets a text, and never a link', async () => {
  const { sent, client } = clientThatAnswers({});
  const world = await worldThatWaits();
  const notify = snsNotify({ sns: client as never, topicArn: 'arn:topic', url: URL, ...world.confirmations() });
  await notify([REQUESTED, { id: ID, about: 'link', to: { people: ['anna'] }, link: LINK }]);
  assert.equal(sent.length, 1);
  const { Subject, Message = '', MessageAttributes, TopicArn } = sent[0] as PublishCommand['input'];
  assert.deepEqual([TopicArn, Subject], ['arn:topic', 'Please answer: order-1']);
  assert.match(Message, /rita asks for it[\s\S]*currency: EUR[\s\S]*countersign orders show order-1/v);
  assert.deepEqual(linksIn(Message), []);
  assert.equal(MessageAttributes?.['about']?.StringValue, 'requested');
});

test('a headline fits the subject of a topic, whatever the id', async () => {
  const { sent, client } = clientThatAnswers({});
  const world = await worldThatWaits();
  const notify = snsNotify({ sns: client as never, topicArn: 'arn:topic', url: URL, ...world.confirmations() });
  await notify([{ ...REQUESTED, id: 'x'.repeat(128) }]);
  assert.ok(((sent[0] as PublishCommand['input']).Subject?.length ?? 0) < 100);
});

test('where the environment sets nothing up, nobody is told and nothing is missing', async () => {
  assert.equal(readNotifyConfig({ CONFIRMATIONS_URL: '' }), undefined);
  const world = await worldThatWaits();
  await openNotify(undefined, world.confirmations())([REQUESTED]);
  assert.ok(!world.events.some(({ event }) => event === 'notice.failed'));
});

test('what the environment sets up has to be whole', () => {
  assert.throws(() => readNotifyConfig({ MAIL_FROM: 'a@example.com' }), /missing: CONFIRMATIONS_URL/v);
  assert.throws(
    () => readNotifyConfig({ MAIL_FROM: 'a@example.com', CONFIRMATIONS_URL: URL, GROUP_ADDRESSES: '[1]' }),
    /GROUP_ADDRESSES is not JSON of addresses/v,
  );
  const config = readNotifyConfig({
    EVENT_BUS_NAME: 'bus',
    TOPIC_ARN: 'arn:topic',
    MAIL_FROM: 'a@example.com',
    LINK_SECRET_ARN: 'arn:secret',
    CONFIRMATIONS_URL: `${URL}/`,
    GROUP_ADDRESSES: '{"managers":"m@example.com"}',
  });
  assert.deepEqual(config, {
    url: URL,
    eventBusName: 'bus',
    topicArn: 'arn:topic',
    mail: { from: 'a@example.com', addresses: { groups: { managers: 'm@example.com' }, people: {} } },
    linkSecretArn: 'arn:secret',
  });
});
