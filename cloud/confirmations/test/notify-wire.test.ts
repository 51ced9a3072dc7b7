import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { confirmationsOver } from '../src/confirmations-over.ts';
import { readNotifyConfig } from '../src/config.ts';
import { openLinks } from '../src/links/open-links.ts';
import { openNotify } from '../src/notify/open-notify.ts';
import { undisturbed } from './around.ts';
import { linksIn } from './link-world.ts';
import { ASKED, ID, RECORD, worldThatWaits } from './world.ts';

// The SDK's own clients, as a function opens them, against a socket of ours.

interface Call {
  readonly action: string;
  readonly body: string;
}

const KEYS: Readonly<Record<string, object>> = {
  AWSCURRENT: { VersionId: 'v2', SecretString: JSON.stringify({ key: 'the current key, of more than 32 bytes' }) },
  AWSPREVIOUS: {
    VersionId: 'v1',
    SecretBinary: Buffer.from('the previous key, of more than 32 bytes').toString('base64'),
  },
};

async function awsOf(test: TestContext, fails: readonly string[] = []): Promise<Call[]> {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const call = { action: actionOf(request), body: await text(request) };
      calls.push(call);
      const isFailing = fails.includes(call.action);
      response.writeHead(isFailing ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(isFailing ? JSON.stringify({ __type: 'AccessDeniedException', message: 'no' }) : answerTo(call));
    })();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const before = { ...process.env };
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  });
  test.after(async () => {
    process.env = before;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return calls;
}

function actionOf({ headers, url = '' }: IncomingMessage): string {
  const target = headers['x-amz-target'];
  return typeof target === 'string' ? (target.split('.').at(-1) ?? '') : url === '/' ? 'Publish' : url;
}

function answerTo({ action, body }: Call): string {
  if (action === 'GetSecretValue') return JSON.stringify(KEYS[JSON.parse(body).VersionStage as string]);
  if (action === 'PutEvents') return JSON.stringify({ FailedEntryCount: 0, Entries: [{ EventId: '1' }] });
  if (action === 'Publish')
    return '<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>';
  return JSON.stringify({ MessageId: '1' });
}

const ENVIRONMENT = {
  EVENT_BUS_NAME: 'bus',
  TOPIC_ARN: 'arn:aws:sns:eu-central-1:123456789012:topic',
  MAIL_FROM: 'orders@example.com',
  LINK_SECRET_ARN: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:links',
  CONFIRMATIONS_URL: 'https://orders.example/orders',
  PEOPLE_ADDRESSES: '{"anna":"anna@example.com"}',
};

async function waitingForAnna() {
  const world = await worldThatWaits({ ...ASKED, policy: { stages: [{ people: ['anna'] }] } });
  const notice = world.notices[0] ?? assert.fail('nobody was to be told');
  return { world, notice, services: world.confirmations() };
}

test('what the environment sets up is called as AWS is: mail with a link, event and topic without', async (test) => {
  const calls = await awsOf(test);
  const { world, notice, services } = await waitingForAnna();
  await openNotify(readNotifyConfig(ENVIRONMENT), services)([notice]);
  assert.deepEqual(calls.map(({ action }) => action).sort(), [
    '/v2/email/outbound-emails',
    'GetSecretValue',
    'GetSecretValue',
    'Publish',
    'PutEvents',
  ]);
  assert.ok(!world.events.some(({ event }) => event === 'notice.failed'));
  const mail = calls.find(({ action }) => action.startsWith('/v2'))?.body ?? '';
  const [link] = linksIn(String(JSON.parse(mail).Content.Simple.Body.Text.Data));
  assert.ok(link !== undefined && world.request.links.get(link.linkId)?.keyId === 'v2');
  const others = calls.filter(({ action }) => !action.startsWith('/v2')).map(({ body }) => body);
  for (const body of others) assert.ok(!body.includes(link.secret));
  assert.ok(!world.s3.objects.get(RECORD)?.includes(link.secret));
});

test('a channel that is refused is reported, and the others are used', async (test) => {
  const calls = await awsOf(test, ['PutEvents', 'GetSecretValue']);
  const { world, notice, services } = await waitingForAnna();
  await openNotify(readNotifyConfig(ENVIRONMENT), services)([notice]);
  const failures = world.events.filter(({ event }) => event === 'notice.failed');
  assert.deepEqual(new Set(failures.map(({ fields }) => fields['channel'])), new Set(['event-bridge', 'mail']));
  const mail = calls.find(({ action }) => action.startsWith('/v2'))?.body ?? assert.fail('no mail was sent');
  assert.deepEqual(linksIn(mail), []);
  assert.ok(calls.some(({ action }) => action === 'Publish'));
});

test('keys are read from either form of a secret, and by the id of their version', async (test) => {
  await awsOf(test);
  const links = openLinks(readNotifyConfig(ENVIRONMENT), Date.now) ?? assert.fail('no links are set up');
  assert.deepEqual(await links.keys.current(), {
    keyId: 'v2',
    key: Buffer.from('the current key, of more than 32 bytes'),
  });
  const previous = await links.keys.byId('v1');
  assert.equal(Buffer.from(previous?.key ?? []).toString(), 'the previous key, of more than 32 bytes');
  assert.equal(await links.keys.byId('v0'), undefined);
  assert.deepEqual(
    [links.url, links.reaches('anna'), links.reaches('ben')],
    [ENVIRONMENT.CONFIRMATIONS_URL, true, false],
  );
});

test('where nothing is set up, no client is made and nothing is called', async (test) => {
  const calls = await awsOf(test);
  const { notice, world } = await waitingForAnna();
  const { s3, sfn } = world;
  const around = undisturbed;
  const services = confirmationsOver({
    ...world.confirmations(),
    s3: s3.client(around),
    sfn: sfn.client(around),
    bucket: 'bucket',
  });
  await openNotify(readNotifyConfig({ CONFIRMATIONS_URL: 'https://orders.example/orders' }), services)([notice]);
  assert.equal(
    openLinks(readNotifyConfig({ MAIL_FROM: 'a@example.com', CONFIRMATIONS_URL: 'x' }), Date.now),
    undefined,
  );
  assert.deepEqual(calls, []);
  assert.equal(world.request.links.size, 0, ID);
});
