import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { PublishBatchCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { SESv2Client, SendEmailCommand, type SendEmailCommandInput } from '@aws-sdk/client-sesv2';
import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { silentLog } from '../src/log.ts';
import { openOutbox } from '../src/services/outbox.ts';
import { freshPath, writeAssembly } from './assembly-files.ts';
import { callsOf, ECHO, echo, settingsOf } from './messaging-fixture.ts';
import { refusalOf } from './refusal.ts';
import { ended, startTestHost, until, type TestHost } from './test-host.ts';

const TOPIC = 'arn:aws:sns:us-east-1:000000000000:news';

const subscription = (properties: object) => ({
  Type: 'AWS::SNS::Subscription',
  Properties: { TopicArn: { Ref: 'News' }, ...properties },
});
const toReader = { Protocol: 'lambda', Endpoint: { 'Fn::GetAtt': ['Reader', 'Arn'] } };

const RESOURCES = {
  Sender: { Type: 'AWS::SES::EmailIdentity', Properties: { EmailIdentity: 'shop@example.com' } },
  Reader: echo('reader'),
  Teller: {
    Type: 'AWS::StepFunctions::StateMachine',
    Properties: {
      StateMachineName: 'teller',
      RoleArn: 'r',
      DefinitionString: JSON.stringify({
        StartAt: 'Tell',
        States: {
          Tell: {
            Type: 'Task',
            Resource: 'arn:aws:states:::sns:publish',
            Parameters: { TopicArn: TOPIC, Message: 'from a task' },
            End: true,
          },
        },
      }),
    },
  },
  News: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'news', DisplayName: 'The news' } },
  ToReader: subscription({ ...toReader, FilterPolicy: { kind: ['fruit', { prefix: 'veg' }] } }),
  ToMail: subscription({ Protocol: 'email', Endpoint: 'ann@example.com' }),
  Noon: {
    Type: 'AWS::Events::Rule',
    Properties: { EventPattern: { source: ['shop'] }, Targets: [{ Id: 'T', Arn: { Ref: 'News' } }] },
  },
};
const assemblyDir = writeAssembly(RESOURCES, ECHO);

interface Mail {
  readonly id: string;
  readonly from: string;
  readonly to: string[];
  readonly subject: string;
  readonly text?: string;
  readonly html?: string;
  readonly raw?: string;
}

/** The newest first. */
async function mails({ awsUrl }: Pick<TestHost, 'awsUrl'>, count: number): Promise<Mail[]> {
  return until(async () => {
    const response = await fetch(`${awsUrl}/_countersign/outbox.json`);
    const { mails: all } = (await response.json()) as { mails: Mail[] };
    return all.length >= count ? all : undefined;
  });
}

const MAIL = {
  FromEmailAddress: 'Shop <shop@example.com>',
  Destination: { ToAddresses: ['ann@example.com', 'ben@example.com'] },
  Content: {
    Simple: {
      Subject: { Data: 'Apples & <pears>' },
      Body: { Text: { Data: 'two' }, Html: { Data: '<script>alert("no")</script><b>two</b>' } },
    },
  },
} satisfies SendEmailCommandInput;

const send = (host: TestHost, mail: SendEmailCommandInput) =>
  new SESv2Client(settingsOf(host)).send(new SendEmailCommand(mail));

describe('a mail', () => {
  test('is kept in the outbox, in a file for its owner alone, and never sent', async () => {
    const dataDir = freshPath();
    const host = await startTestHost({ assemblyDir, dataDir });
    const { MessageId } = await send(host, MAIL);
    assert.match(MessageId ?? '', /^\S+$/v);
    const [mail] = await mails(host, 1);
    const { from, to, subject, text: words, html } = mail ?? assert.fail();
    assert.deepEqual(
      [from, to, subject, words, html],
      [
        MAIL.FromEmailAddress,
        MAIL.Destination.ToAddresses,
        'Apples & <pears>',
        'two',
        '<script>alert("no")</script><b>two</b>',
      ],
    );
    const folder = join(dataDir, 'outbox');
    const [file = ''] = readdirSync(folder);
    assert.deepEqual([statSync(folder).mode & 0o777, statSync(join(folder, file)).mode & 0o777], [0o700, 0o600]);
    assert.deepEqual(JSON.parse(readFileSync(join(folder, file), 'utf8')), mail);
    assert.equal(host.logged.join('').includes('ann@example.com'), false, 'the log knows no recipients');
    await host.close();
    assert.deepEqual(await mails(await startTestHost({ assemblyDir, dataDir }), 1), [mail], 'it outlives a restart');
  });

  test('is shown by a page on which nothing of it runs', async () => {
    const host = await startTestHost({ assemblyDir });
    assert.equal(host.outboxUrl, `${host.awsUrl}/_countersign/outbox`);
    await send(host, MAIL);
    const [mail] = await mails(host, 1);
    const list = await fetch(host.outboxUrl);
    assert.match(list.headers.get('content-security-policy') ?? '', /default-src 'none'/v);
    assert.match(
      await list.text(),
      new RegExp(`<a href="/_countersign/outbox/${mail?.id}">Apples &amp; &lt;pears&gt;</a>`, 'v'),
    );
    const page = await (await fetch(`${host.outboxUrl}/${mail?.id}`)).text();
    assert.match(page, /<iframe sandbox title=/v);
    assert.equal(page.includes('<script'), false);
    const one = await fetch(`${host.outboxUrl}/${mail?.id}`, { headers: { accept: 'application/json' } });
    assert.deepEqual(await one.json(), mail);
    const status = async (path: string, init?: RequestInit) => (await fetch(`${host.outboxUrl}${path}`, init)).status;
    assert.deepEqual(
      [await status('/nobody'), await status('/..%2Fsecrets'), await status('', { method: 'POST' })],
      [404, 404, 405],
    );
    assert.equal(await status('', { headers: { origin: 'https://example.com' } }), 403);
    const foreign = request(host.outboxUrl, { headers: { host: 'evil.example' } }).end();
    const answer = await new Promise<string>((resolve, reject) => {
      foreign.on('error', reject).on('response', (response) => resolve(text(response)));
    });
    assert.equal(answer.includes('Apples'), false, 'a name that was made to point here is none of this machine');
  });

  test('may be a whole message, and its addresses are those of the message', async () => {
    const host = await startTestHost({ assemblyDir });
    const raw =
      'From: shop@example.com\r\nTo: ann@example.com,\r\n ben@example.com\r\nSubject: Raw\r\n\r\nTo: nobody\r\n';
    await send(host, { Content: { Raw: { Data: Buffer.from(raw) } } });
    const [mail] = await mails(host, 1);
    assert.deepEqual(
      [mail?.from, mail?.to, mail?.subject, mail?.raw],
      ['shop@example.com', ['ann@example.com', 'ben@example.com'], 'Raw', raw],
    );
  });

  test('may come over the first API of SES', async () => {
    const host = await startTestHost({ assemblyDir });
    const response = await fetch(host.awsUrl, {
      method: 'POST',
      headers: {
        authorization: 'AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/ses/aws4_request, SignedHeaders=host',
      },
      body: new URLSearchParams({
        Action: 'SendEmail',
        Source: 'shop@example.com',
        'Destination.ToAddresses.member.1': 'ann@example.com',
        'Message.Subject.Data': 'First',
        'Message.Body.Text.Data': 'words',
      }),
    });
    assert.match(await response.text(), /<SendEmailResult><MessageId>[^<]+<\/MessageId>/v);
    const [mail] = await mails(host, 1);
    assert.deepEqual([mail?.to, mail?.subject, mail?.text], [['ann@example.com'], 'First', 'words']);
  });

  test('that no mail server would take is refused', async () => {
    const host = await startTestHost({ assemblyDir });
    const forged = { ...MAIL, Destination: { ToAddresses: ['ann@example.com\r\nBcc: all@example.com'] } };
    await assert.rejects(send(host, forged), { name: 'BadRequestException' });
    await assert.rejects(send(host, { ...MAIL, Content: { Template: { TemplateName: 't' } } }), /templates/v);
    const many = Array.from({ length: 51 }, (_, n) => `p${n}@example.com`);
    await assert.rejects(send(host, { ...MAIL, Destination: { ToAddresses: many } }), { name: 'MessageRejected' });
    assert.deepEqual(await mails(host, 0), []);
  });

  test('of which there are too many goes when a newer one comes, and the same key is the same mail', () => {
    let at = Date.UTC(2026, 0, 1);
    const outbox = openOutbox({ dir: freshPath(), now: () => (at += 1000), log: silentLog, keptMax: 3 });
    for (const n of [1, 2, 3, 4, 4]) outbox.put({ from: 'a@b', subject: `${n}` }, `key ${n}`);
    const { mails: kept, total } = outbox.list(2);
    assert.deepEqual([kept.map(({ subject }) => subject), total], [['4', '3'], 3]);
    const rest = outbox.list(2, kept.at(-1)?.id).mails;
    assert.deepEqual(
      rest.map(({ subject }) => subject),
      ['2'],
    );
  });
});

describe('a message', () => {
  const publish = (host: TestHost, kind: string, message = 'apples are in') =>
    new SNSClient(settingsOf(host)).send(
      new PublishCommand({
        TopicArn: TOPIC,
        Subject: 'In stock',
        Message: message,
        MessageAttributes: { kind: { DataType: 'String', StringValue: kind } },
      }),
    );

  test('reaches the subscriptions of its topic that want it, functions and mailboxes', async () => {
    const host = await startTestHost({ assemblyDir });
    await publish(host, 'meat', 'not for the reader');
    const { MessageId } = await publish(host, 'vegetables', 'carrots & <b>"peas"</b>');
    const [event] = await callsOf(host, 'reader', 1);
    const [record, ...others] = (event as { Records: { EventSource: string; Sns: Record<string, unknown> }[] }).Records;
    const { Sns, EventSource } = record ?? assert.fail();
    assert.deepEqual(
      [EventSource, Sns['MessageId'], Sns['TopicArn'], Sns['Subject'], Sns['Message'], others.length],
      ['aws:sns', MessageId, TOPIC, 'In stock', 'carrots & <b>"peas"</b>', 0],
    );
    assert.deepEqual(Sns['MessageAttributes'], { kind: { Type: 'String', Value: 'vegetables' } });
    const kept = await mails(host, 2);
    assert.deepEqual(
      kept.map(({ to, from, subject, text: words }) => [to[0], from, subject, words].join(' | ')).toSorted(),
      [
        'ann@example.com | The news <no-reply@sns.amazonaws.com> | In stock | carrots & <b>"peas"</b>',
        'ann@example.com | The news <no-reply@sns.amazonaws.com> | In stock | not for the reader',
      ],
    );
    assert.equal((await callsOf(host, 'reader', 1)).length, 1);
  });

  test('can come from a task, a rule or a batch', async () => {
    const host = await startTestHost({ assemblyDir });
    const { Successful, Failed } = await new SNSClient(settingsOf(host)).send(
      new PublishBatchCommand({
        TopicArn: TOPIC,
        PublishBatchRequestEntries: [
          { Id: 'a', Message: 'one of two' },
          { Id: 'b', Message: '' },
          { Id: 'c', Message: 'two of two' },
        ],
      }),
    );
    assert.deepEqual([Successful?.map(({ Id }) => Id), Failed?.map(({ Id }) => Id)], [['a', 'c'], ['b']]);
    const { executionArn = '' } = await host.sfn.send(
      new StartExecutionCommand({ stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:teller' }),
    );
    assert.equal((await ended(host, executionArn)).status, 'SUCCEEDED');
    const put = await fetch(host.awsUrl, {
      method: 'POST',
      headers: { 'x-amz-target': 'AWSEvents.PutEvents' },
      body: JSON.stringify({ Entries: [{ Source: 'shop', DetailType: 'd', Detail: '{}' }] }),
    });
    assert.equal(put.status, 200);
    const said = (await mails(host, 4)).map(({ text: words = '' }) => (words.startsWith('{') ? 'an event' : words));
    assert.deepEqual(said.toSorted(), ['an event', 'from a task', 'one of two', 'two of two']);
  });

  test('is posted to an endpoint, again when that fails, and no more when it says no', async () => {
    const got: string[] = [];
    const server = createServer((incoming, response) => {
      got.push(`${incoming.url} ${String(incoming.headers['x-amz-sns-message-type'])}`);
      const attempts = got.filter((one) => one.startsWith(incoming.url ?? '')).length;
      response.writeHead(incoming.url === '/no' ? 404 : attempts === 1 ? 500 : 200).end();
      incoming.resume();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const to = (path: string) =>
      subscription({ Protocol: 'http', Endpoint: `http://127.0.0.1:${port}${path}`, RawMessageDelivery: true });
    const host = await startTestHost({
      assemblyDir: writeAssembly({ ...RESOURCES, Yes: to('/yes'), No: to('/no') }, ECHO),
    });
    await publish(host, 'meat');
    await until(() =>
      Promise.resolve((got.length >= 3 && host.logged.join('').includes('delivery.dropped')) || undefined),
    );
    server.close();
    assert.deepEqual(got.toSorted(), ['/no Notification', '/yes Notification', '/yes Notification']);
  });

  test('for a topic that is not there is refused', async () => {
    const host = await startTestHost({ assemblyDir });
    const sns = new SNSClient(settingsOf(host));
    await assert.rejects(sns.send(new PublishCommand({ TopicArn: `${TOPIC}s`, Message: 'm' })), {
      name: 'NotFoundException',
    });
    await assert.rejects(sns.send(new PublishCommand({ TopicArn: TOPIC, Message: 'x'.repeat(262_145) })), {
      name: 'InvalidParameterException',
    });
  });
});

describe('what a topic may not be is refused by name', () => {
  const cases: Record<string, [object, RegExp]> = {
    'a FIFO topic': [{ News: { Type: 'AWS::SNS::Topic', Properties: { FifoTopic: true } } }, /FIFO/v],
    'a queue that subscribes': [
      { ...RESOURCES, ToReader: subscription({ Protocol: 'sqs', Endpoint: 'arn:aws:sqs:us-east-1:0:q' }) },
      /functions, e-mail and HTTP endpoints/v,
    ],
    'a filter that is none': [
      { ...RESOURCES, ToReader: subscription({ ...toReader, FilterPolicy: { kind: 'fruit' } }) },
      /FilterPolicy/v,
    ],
  };
  for (const [name, [resources, said]] of Object.entries(cases)) {
    test(name, async () => {
      const { message } = await refusalOf(() => startTestHost({ assemblyDir: writeAssembly(resources, ECHO) }));
      assert.match(message, said);
    });
  }
});
