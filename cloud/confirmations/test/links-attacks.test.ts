import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { WRONG_ATTEMPTS_MAX, WrongAttempts } from '../src/links/wrong-attempts.ts';
import { LINKS, linksIn, linkWorld, type LinkWorld, problem } from './link-world.ts';
import { CONFIRM, DAY, HOUR, ID, MINUTE, RECORD, REJECT, T0 } from './world.ts';

const TWO = { owner: 'olga', stages: [{ people: ['anna', 'ben'], needed: 2 }] };
const METHODS = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE'];
const SCANNERS = ['Mozilla/5.0 (Safe Links)', 'Slackbot-LinkExpanding 1.0', 'GoogleImageProxy', 'curl/8', ''];

test('a scanner that fetches everything learns nothing, writes nothing and decides nothing', async () => {
  const world = await linkWorld();
  const link = world.linkOf('anna');
  const stored = new Map(world.s3.objects);
  for (const userAgent of SCANNERS) {
    for (const method of METHODS) {
      for (const path of ['', '/open', '/answer', `/${link.secret}`, '/page.js']) {
        const response = await world.send(method, `${link.path}${path}`, { headers: { 'user-agent': userAgent } });
        for (const word of ['80.00', 'rita', 'anna', link.secret]) {
          assert.ok(
            !`${JSON.stringify([...response.headers])}${response.text}`.includes(word),
            `${method} tells ${word}`,
          );
        }
      }
    }
  }
  assert.deepEqual(world.s3.objects, stored);
  assert.equal(world.keysRead, 2, 'the keys were read to issue the link, and not since');
  assert.equal((await world.answerBy(link, CONFIRM)).status, 200);
});

test('a form, a plain text or an encoded body from another page changes nothing', async () => {
  const world = await linkWorld();
  const link = world.linkOf('anna');
  const stored = new Map(world.s3.objects);
  const body = JSON.stringify({ secret: link.secret });
  for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x']) {
    const response = await world.send('POST', `${link.path}/open`, { headers: { 'content-type': type }, body });
    assert.equal(response.status, 415);
  }
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
  assert.equal((await world.send('POST', `${link.path}/open`, { headers, body })).status, 415);
  assert.deepEqual(world.s3.objects, stored);
});

test('a link with any one of its characters changed opens nothing', async () => {
  const world = await linkWorld();
  const link = world.linkOf('anna');
  assert.equal(link.secret.length, 43);
  for (let at = 0; at < link.secret.length; at += 1) {
    // The one next to it in the alphabet as well: in the last place both may stand for the same bytes.
    for (const wrong of neighbours(link.secret, at)) {
      const response = await world.open({ ...link, secret: wrong });
      assert.deepEqual([response.status, response.body['type']], [403, problem('link-wrong')], wrong);
    }
  }
  for (let at = 0; at < link.linkId.length; at += 1) {
    for (const wrong of neighbours(link.linkId, at)) {
      assert.equal((await world.open({ ...link, path: `${LINKS}/${wrong}` })).status, 404);
      assert.equal((await world.send('GET', `${LINKS}/${wrong}`)).status, 404);
    }
  }
  for (const secret of ['', `${link.secret}=`, `${link.secret} `, link.secret.slice(1), link.secret.toUpperCase()]) {
    assert.equal((await world.open({ ...link, secret })).status, 403);
  }
  assert.equal((await world.open(link)).status, 200, 'and the whole one still does');
});

test('each link opens its own, of all requests and people', async () => {
  const first = await linkWorld(TWO);
  const second = await linkWorld(TWO);
  const held = [first, second].flatMap((world) => [world.linkOf('anna'), world.linkOf('ben')]);
  for (const [index, { secret }] of held.entries()) {
    for (const [otherIndex, { path }] of held.entries()) {
      const world = otherIndex < 2 ? first : second;
      const { status } = await world.open({ path, secret, linkId: '' });
      assert.equal(status, index === otherIndex ? 200 : 403);
    }
  }
  const elsewhere = held[0]?.path.replace(ID, 'order-2') ?? '';
  assert.equal((await first.open({ path: elsewhere, secret: held[0]?.secret ?? '', linkId: '' })).status, 404);
});

test('a record that was copied under another id does not take its links along', async () => {
  const world = await linkWorld();
  const link = world.linkOf('anna');
  world.s3.objects.set('records/order-2.json', world.s3.objects.get(RECORD) ?? '');
  const response = await world.open({ ...link, path: link.path.replace(ID, 'order-2') });
  assert.equal(response.status, 403);
});

test('wrong secrets are written down, but not without end, and without what was tried', async () => {
  const world = await linkWorld();
  const link = world.linkOf('anna');
  for (let nth = 0; nth < 60; nth += 1) {
    const secret = `guess-${nth}`;
    assert.equal((await world.answerBy({ ...link, secret }, REJECT, 'x')).status, 403);
  }
  assert.equal(world.refusals().length, 50);
  const { linkId } = link;
  const by = { groups: [], via: 'link', linkId, sourceIp: '192.0.2.7' };
  assert.deepEqual(world.refusals()[0], { type: 'refused', by, attempted: 'reject', because: 'link-wrong' });
  assert.ok(!JSON.stringify([...world.s3.objects]).includes('guess-'));
  assert.equal((await world.answerBy(link, CONFIRM)).status, 200);
});

test('an address with a hundred wrong attempts in a minute waits for its end; others notice nothing', async () => {
  const world = await linkWorld();
  const link = world.linkOf('anna');
  world.kept = world.newProcess();
  const guess = async (nth: number) => await world.open({ ...link, secret: `guess-${nth}` });
  const statuses: number[] = [];
  for (let nth = 0; nth < 200; nth += 1) {
    // Unknown links and requests are guesses as well.
    const path = [link.path, `${LINKS}/2222222222`, link.path.replace(ID, 'order-2')][nth % 3] ?? '';
    statuses.push((await world.open({ ...link, path, secret: `guess-${nth}` })).status);
    world.nowMs += 290;
  }
  assert.deepEqual(new Set(statuses.slice(0, 100)), new Set([403, 404]));
  assert.deepEqual(new Set(statuses.slice(100)), new Set([429]));
  const exhausted = world.events.filter(({ event }) => event === 'link.attempts-exhausted');
  assert.deepEqual(
    exhausted.map(({ fields }) => fields['sourceIp']),
    ['192.0.2.7'],
    'it is told once',
  );

  const stored = new Map(world.s3.objects);
  const refused = await world.open(link);
  assert.deepEqual([refused.status, refused.body['type']], [429, problem('too-many-attempts')], 'a right one as well');
  assert.equal(refused.headers.get('retry-after'), '2');
  assert.equal((await world.answerBy(link, CONFIRM, 'x')).status, 429);
  assert.deepEqual(world.s3.objects, stored);
  world.sourceIp = '192.0.2.8';
  assert.equal((await world.open(link)).status, 200, 'another address opens it');

  world.sourceIp = '192.0.2.7';
  world.nowMs += 2_000;
  assert.equal((await guess(201)).status, 403);
  assert.equal((await world.answerBy(link, CONFIRM)).status, 200);
});

test('addresses of one network of IPv6 count as one, a clock that is set back frees, and the oldest are forgotten', () => {
  let nowMs = T0;
  const attempts = new WrongAttempts(() => nowMs);
  const exhaust = (address: (nth: number) => string) => {
    for (let nth = 0; nth < WRONG_ATTEMPTS_MAX; nth += 1) attempts.add(address(nth));
  };
  exhaust((nth) => `2001:db8::${nth.toString(16)}`);
  for (const same of ['2001:db8:0:0:ffff::', '2001:0db8::1:2:3:4', '2001:db8:0:0:1:2:3:4', '2001:DB8::']) {
    assert.equal(attempts.secondsToWait(same), 60, same);
  }
  for (const other of ['2001:db8:0:1::1', '2001:db8:1::1', '::2001:db8', '::1', '::ffff:192.0.2.1', '192.0.2.1', '']) {
    assert.equal(attempts.secondsToWait(other), 0, other);
  }
  exhaust(() => '::ffff:192.0.2.1');
  assert.deepEqual(
    ['::ffff:192.0.2.1', '::ffff:192.0.2.2'].map((one) => attempts.secondsToWait(one)),
    [60, 0],
  );
  nowMs -= HOUR;
  assert.equal(attempts.secondsToWait('2001:db8::'), 0);

  exhaust(() => 'oldest');
  for (let nth = 0; nth < 10_000; nth += 1) attempts.add(`address-${nth}`);
  assert.equal(attempts.secondsToWait('oldest'), 0);
});

test('two who press at the same instant with one link have one answer, and each its receipt', async () => {
  const world = await linkWorld();
  const link = world.linkOf('anna');
  const nonce = (await world.open(link)).body['nonce'];
  const both = await Promise.all([world.answerBy(link, CONFIRM, nonce), world.answerBy(link, REJECT, nonce)]);
  assert.deepEqual(new Set(both.map(({ status }) => status)), new Set([200, 409]));
  assert.equal(world.request.answers.length, 1);
});

test('links outlive the rotation of their key, once', async () => {
  const world = await linkWorld(TWO);
  const [anna, ben] = [world.linkOf('anna'), world.linkOf('ben')];
  const nonce = (await world.open(anna)).body['nonce'];
  world.rotate('v2');
  world.nowMs += 6 * MINUTE;
  assert.equal((await world.answerBy(anna, CONFIRM, nonce)).status, 200);
  await world.post(LINKS, { person: 'ben' }, 'olga');
  const newer = world.linkOf('ben');
  assert.equal(world.request.links.get(newer.linkId)?.keyId, 'v2');
  assert.equal((await world.open(newer)).status, 200);

  world.rotate('v3');
  world.nowMs += 6 * MINUTE;
  const old = await world.open(ben);
  assert.deepEqual([old.status, old.body['type']], [410, problem('link-dead')]);
  assert.match(String(old.body['detail']), /too old/v);
  assert.equal((await world.answerBy(newer, CONFIRM)).status, 200);
});

test('a link by a key that is newer than those in memory is verified at once; one by an unknown key asks no more than once', async () => {
  const world = await linkWorld();
  const link = world.linkOf('anna');
  world.versions = { AWSCURRENT: { VersionId: 'v9', SecretString: 'x'.repeat(32) } };
  world.nowMs += 6 * MINUTE;
  assert.equal((await world.open(link)).status, 410);
  const { keysRead } = world;
  assert.equal((await world.open(link)).status, 410);
  assert.equal(world.keysRead, keysRead);

  world.rotate('v10');
  // Another process signs with the new key, which this one has not seen.
  const issued = await linkIssuedWith(world, 'v10');
  assert.equal((await world.open(issued)).status, 200);
});

async function linkIssuedWith(world: LinkWorld, keyId: string) {
  const { issueLinks } = await import('../src/links/links.ts');
  const { rotatedKeys } = await import('../src/links/link-keys.ts');
  const keys = rotatedKeys(
    async (stage) => world.versions[stage],
    () => world.nowMs,
  );
  const { url } = world.links;
  const issued = await issueLinks(ID, ['anna'], { ...world.confirmations(), keys, url });
  const [held] = linksIn(issued.get('anna')?.reveal() ?? '');
  assert.equal(world.request.links.get(held?.linkId ?? '')?.keyId, keyId);
  return held ?? assert.fail('no link was issued');
}

test('no secret of a link and no task token is in anything that was logged, stored, answered or asked for', async () => {
  const world = await linkWorld({ ...TWO, holdSeconds: 60 });
  world.sfn.data.tokens.forEach((token) => assert.ok(token.length > 10));
  const failing = world.sendMail;
  world.sendMail = async (mail) => {
    await failing(mail);
    throw new Error('the mail server is away', { cause: mail });
  };
  await world.post(LINKS, { person: 'anna' }, 'olga');
  world.sendMail = failing;
  for (const name of ['anna', 'ben'] as const) {
    const link = world.linkOf(name);
    await world.send('GET', link.path);
    await world.open({ ...link, secret: `${link.secret}x` });
    await world.answerBy(link, { ...CONFIRM, unknown: 1 });
    await world.answerBy(link, CONFIRM);
    await world.answerBy(link, REJECT);
    await world.open(link);
  }
  await world.send('GET', `/orders/${ID}/receipt`, {}, 'olga');
  await world.until(T0 + HOUR);
  world.nowMs += 4 * DAY;
  await world.open(world.linkOf('anna'));

  const secrets = world.mails.flatMap(({ text }) => linksIn(text)).map(({ secret }) => secret);
  assert.ok(secrets.length >= 3 && world.events.some(({ event }) => event === 'notice.failed'));
  const { waits, ...rest } = Object.groupBy(world.s3.objects, ([key]) => (key.startsWith('waits/') ? 'waits' : 'rest'));
  const logged = world.events.flatMap((line) => [inspect(line, { depth: 9, showHidden: true }), JSON.stringify(line)]);
  const noticed = [inspect(world.notices, { depth: 9, showHidden: true }), JSON.stringify(world.notices)];
  const stored = (rest['rest'] ?? []).flat();
  for (const [where, texts] of Object.entries({ logged, noticed, stored, outside: world.seenOutside })) {
    assert.ok(texts.length > 0, where);
    for (const text of texts) {
      for (const secret of [...secrets, ...world.sfn.data.tokens])
        assert.ok(!text.includes(secret), `${where}: ${text}`);
    }
  }
  // The wait is the one place where a task token is.
  for (const [, text] of waits ?? []) for (const secret of secrets) assert.ok(!text.includes(secret));
});

function neighbours(text: string, at: number): string[] {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const index = alphabet.indexOf(text.charAt(at));
  return [1, 32, 63].map((distance) => {
    return `${text.slice(0, at)}${alphabet.charAt((index + distance) % 64)}${text.slice(at + 1)}`;
  });
}
