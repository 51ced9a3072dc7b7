import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Answer, CountersignProcess } from './countersign-process.ts';

// Mails go to the outbox of the host, as the deployed functions send them through SES.

const APPROVERS = { people: ['eve@example.com', 'finn@example.com'] };

const folder = mkdtempSync(join(tmpdir(), 'links-'));
const answers: Answer[] = [];
const secrets: string[] = [];
let countersign: CountersignProcess;

before(async () => {
  countersign = await CountersignProcess.start(
    folder,
    '-c',
    'mailFrom=orders@example.com',
    '-c',
    `confirmationPolicy=${JSON.stringify({ stages: [APPROVERS], requesterMayDecide: true })}`,
  );
});
after(async () => {
  assert.equal(await countersign.stop(), 0);
  rmSync(folder, { recursive: true });
});

async function ask(method: string, path: string, body?: unknown): Promise<Answer> {
  const answer = await countersign.request(method, path, body);
  answers.push(answer);
  return answer;
}

interface Link {
  readonly path: string;
  readonly secret: string;
}

interface Mail {
  readonly to: readonly string[];
  readonly text?: string;
}

/** The link that this person got by mail for that order. */
async function linkOf(person: string, orderId: string): Promise<Link> {
  for (const endsAt = Date.now() + 60_000; ;) {
    const response = await fetch(`${countersign.awsUrl}/_countersign/outbox.json`);
    const { mails } = (await response.json()) as { mails: Mail[] };
    for (const mail of mails.filter(({ to }) => to.includes(person))) {
      const [, path, secret] = new RegExp(`(/orders/${orderId}/links/\\w+)#([\\w.\\-]+)`).exec(mail.text ?? '') ?? [];
      if (path === undefined || secret === undefined) continue;
      secrets.push(secret);
      return { path, secret };
    }
    assert.ok(Date.now() < endsAt, `no mail with a link to ${orderId} came for ${person}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function waiting(orderId: string): Promise<void> {
  assert.equal((await ask('POST', '/orders', { orderId, orderDetails: 'two chairs' })).status, 202);
  await countersign.waitForStatus(orderId, 'AWAITING_CONFIRMATION');
}

/** Presses the button on the page that the link opens. */
async function press({ path, secret }: Link, decision: string): Promise<Answer> {
  const { body } = await ask('POST', `${path}/open`, { secret });
  return await ask('POST', `${path}/answer`, { secret, nonce: body['nonce'], decision });
}

test('who gets a mail opens its link, reads, and confirms; nobody has signed in', async () => {
  await waiting('mailed-1');
  const link = await linkOf('eve@example.com', 'mailed-1');
  const page = await ask('GET', link.path);
  assert.equal(page.status, 200);
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  assert.doesNotMatch(page.text, /two chairs/);
  const shown = await ask('POST', `${link.path}/open`, { secret: link.secret });
  assert.partialDeepStrictEqual(shown.body, { person: 'eve@example.com', subject: { orderDetails: 'two chairs' } });
  const receipt = await press(link, 'confirm');
  assert.equal(receipt.status, 200, receipt.text);
  assert.deepEqual(receipt.body['decidedBy'], ['eve@example.com']);
  await countersign.waitForStatus('mailed-1', 'COMPLETED');
});

test('opening a link decides nothing, however often and by whatever it is fetched', async () => {
  await waiting('scanned-1');
  const { path } = await linkOf('eve@example.com', 'scanned-1');
  for (const method of ['GET', 'HEAD', 'GET']) assert.equal((await ask(method, path)).status, 200);
  for (const method of ['POST', 'PUT', 'DELETE']) assert.ok((await ask(method, path)).status >= 400);
  const { body } = await countersign.request('GET', '/orders/scanned-1');
  assert.equal(body['status'], 'AWAITING_CONFIRMATION');
});

test('a link is for its order and its person, once, and dead when somebody else has decided', async () => {
  await waiting('personal-1');
  await waiting('personal-2');
  const [eve, finn] = [await linkOf('eve@example.com', 'personal-1'), await linkOf('finn@example.com', 'personal-1')];
  const elsewhere = { ...eve, path: eve.path.replace('personal-1', 'personal-2') };
  assert.equal((await ask('GET', elsewhere.path)).status, 404);
  assert.equal((await ask('POST', `${elsewhere.path}/open`, { secret: eve.secret })).status, 404);
  const altered = { ...eve, secret: `${eve.secret.slice(0, -1)}${eve.secret.endsWith('A') ? 'B' : 'A'}` };
  assert.equal((await ask('POST', `${eve.path}/open`, { secret: altered.secret })).status, 403);
  assert.equal((await ask('POST', `${finn.path}/open`, { secret: eve.secret })).status, 403);

  assert.equal((await press(eve, 'reject')).status, 200);
  assert.equal((await ask('GET', eve.path)).status, 410);
  assert.equal((await ask('GET', finn.path)).status, 410);
  assert.equal((await ask('POST', `${finn.path}/open`, { secret: finn.secret })).status, 410);
  await countersign.waitForStatus('personal-1', 'REJECTED');
});

test('no secret of a link is in an answer, a line of the log, or a stored object', async () => {
  const { body } = await ask('GET', '/orders/personal-1/receipt');
  const entries = body['entries'] as { event: { type: string } }[];
  assert.ok(entries.some(({ event }) => event.type === 'link-issued'));
  assert.ok(secrets.length >= 4);
  const stored = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /s3\.sqlite|executions\.sqlite/.test(file))
    .map((file) => readFileSync(join(folder, file), 'latin1'));
  assert.ok(stored.length >= 2);
  for (const text of [...answers.map(({ text }) => text), ...countersign.lines, ...stored]) {
    for (const secret of secrets) assert.ok(!text.includes(secret));
  }
});
