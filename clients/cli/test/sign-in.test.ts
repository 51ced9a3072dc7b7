import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { writeGuardedApp } from './guarded-app.ts';
import { ordersApiDouble } from './orders-api-double.ts';
import { MAIN, plainEnvironment, runCli, stateHome } from './run-cli.ts';
import { type RunningCommand, startCommand } from './running-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-cli-'));
after(() => rmSync(folder, { recursive: true }));
const assembly = writeGuardedApp(join(folder, 'assembly'));
const START = ['start', '--assembly', assembly, '--port', '0', '--aws-port', '0'];
const SIGN_INS = join(stateHome, 'countersign', 'sign-ins.json');

const app = await startCommand([...START, '--data', join(folder, 'data')]);
after(() => app[Symbol.asyncDispose]());

function optionsOf({ ready }: RunningCommand): { url: string[]; endpoint: string[] } {
  return { url: ['--url', String(ready['ordersUrl'])], endpoint: ['--endpoint', String(ready['awsUrl'])] };
}
const { url, endpoint } = optionsOf(app);

test('login as a user of this machine, and every command knows who it is until logout', async () => {
  const before = await runCli(['orders', 'show', 'o1', ...url]);
  assert.equal(before.code, 1);
  assert.equal(before.stderr, `error: Unauthorized\n→ Sign in: countersign login --url ${url[1]}.\n`);

  const signedIn = await runCli(['login', '--user', 'ben', ...url, ...endpoint]);
  assert.equal(signedIn.code, 0, signedIn.stderr);
  assert.equal(signedIn.stdout, `User    ben\nEmail   ben@example.com\nGroups  managers\nAPI     ${url[1]}\n`);
  assert.equal(statSync(SIGN_INS).mode & 0o777, 0o600);
  assert.equal(statSync(join(SIGN_INS, '..')).mode & 0o777, 0o700);

  const shown = await runCli(['orders', 'show', 'o1', '--json', ...url]);
  assert.equal(JSON.parse(shown.stdout).orderDetails, 'ben');
  assert.equal((await runCli(['whoami', ...url])).stdout, signedIn.stdout);
  const who = JSON.parse((await runCli(['whoami', '--json', ...url])).stdout);
  assert.deepEqual([who.username, who.groups, who.url], ['ben', ['managers'], url[1]]);

  const { stdout: token } = await runCli(['token', ...url]);
  const headers = { authorization: `Bearer ${token.trim()}` };
  assert.equal((await fetch(`${url[1]}/orders/o1`, { headers })).status, 200);
  const refused = await runCli(['orders', 'list', ...url]);
  assert.match(
    refused.stderr,
    /^error: Forbidden\n→ `countersign whoami` shows who you are\. Sign in as somebody who may/,
  );

  const { refreshToken } = Object.values<{ refreshToken: string }>(JSON.parse(readFileSync(SIGN_INS, 'utf8')))[0] ?? {};
  const out = await runCli(['logout', ...url]);
  assert.deepEqual([out.code, out.stdout, out.stderr], [0, '', 'Signed out.\n']);
  for (const command of ['whoami', 'token']) {
    const nobody = await runCli([command, ...url]);
    assert.deepEqual([nobody.code, nobody.stdout], [1, '']);
    assert.match(nobody.stderr, /^error: Nobody is signed in to .+\n→ Sign in: countersign login --url/);
  }
  assert.equal((await runCli(['orders', 'show', 'o1', ...url])).code, 1);
  assert.match((await runCli(['logout', ...url])).stderr, /^Nobody was signed in/);
  const told = [signedIn, shown, refused, out].map(({ stdout, stderr }) => stdout + stderr).join('');
  for (const secret of [token.trim(), String(refreshToken)]) assert.equal(told.includes(secret), false);
  assert.equal(JSON.stringify(app.lines).includes(token.trim()), false);
});

test('a token that has ended is made new by itself; where that is refused, nobody is signed in', async () => {
  await runCli(['login', '--user', 'anna', ...url, ...endpoint]);
  const first = (await runCli(['token', ...url])).stdout;
  assert.equal((await runCli(['token', ...url])).stdout, first);
  change((signIn) => ({ ...signIn, expiresAtMs: Date.now() + 10_000 }));
  const second = (await runCli(['token', ...url])).stdout;
  assert.notEqual(second, first);
  const { stdout } = await runCli(['token', '--json', ...url]);
  const { accessToken, expiresAt } = JSON.parse(stdout);
  assert.equal(`${accessToken}\n`, second);
  assert.ok(Date.parse(expiresAt) > Date.now() + 3_000_000, expiresAt);
  change((signIn) => ({ ...signIn, expiresAtMs: 0, refreshToken: 'none' }));
  assert.match((await runCli(['token', ...url])).stderr, /^error: Nobody is signed in/);
  assert.match((await runCli(['whoami', ...url])).stderr, /^error: Nobody is signed in/);
});

function change(by: (signIn: object) => object): void {
  const all = JSON.parse(readFileSync(SIGN_INS, 'utf8'));
  writeFileSync(SIGN_INS, JSON.stringify({ ...all, [url[1] ?? '']: by(all[url[1] ?? '']) }));
}

test('a token goes to the API it is for, and to no other', async () => {
  await using other = await ordersApiDouble(() => ({ status: 200, body: { orderId: 'o1', status: 'COMPLETED' } }));
  await runCli(['login', '--user', 'anna', ...url, ...endpoint]);
  assert.equal((await runCli(['orders', 'show', 'o1', '--url', other.url])).code, 0);
  assert.equal(other.requests[0]?.headers.authorization, undefined);
});

test('login without a name says where to sign in, and takes the answer at a port of its own', async () => {
  const child = spawn(process.execPath, [MAIN, 'login', ...url, ...endpoint], { env: plainEnvironment() });
  const [said] = await once(child.stderr, 'data');
  const [address = ''] = /http:\/\/127\.0\.0\.1:\d+\/\S+\/oauth2\/authorize\?\S+/.exec(String(said)) ?? [];
  const redirectUri = new URL(address).searchParams.get('redirect_uri') ?? '';
  assert.match(redirectUri, /^http:\/\/127\.0\.0\.1:\d+\/callback$/);
  assert.equal((await fetch(`${redirectUri}?code=guessed&state=guessed`)).status, 404, 'a guess is no answer');

  const opened = await fetch(address, { redirect: 'manual' });
  const cookie = opened.headers
    .getSetCookie()
    .map((set) => set.split(';')[0])
    .join('; ');
  const page = new URL(opened.headers.get('location') ?? '', address);
  const body = new URLSearchParams({ username: 'chris' });
  const clicked = await fetch(page, { method: 'POST', body, headers: { cookie }, redirect: 'manual' });
  const resumed = await fetch(clicked.headers.get('location') ?? '', { headers: { cookie }, redirect: 'manual' });
  const answer = await fetch(resumed.headers.get('location') ?? '');
  assert.equal(await answer.text(), 'You are signed in. You may close this page.');
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  assert.equal(code, 0);
  assert.match(stdout, /^User +chris$/m);
});

test('a refusal at the page ends the login with its words', async () => {
  const child = spawn(process.execPath, [MAIN, 'login', ...url, ...endpoint], { env: plainEnvironment() });
  const [said] = await once(child.stderr, 'data');
  const complaints = text(child.stderr);
  const [address = ''] = /http:\S+/.exec(String(said)) ?? [];
  const { searchParams } = new URL(address);
  const refusal = new URLSearchParams({
    error: 'access_denied',
    error_description: 'not today',
    state: searchParams.get('state') ?? '',
  });
  const answer = await fetch(`${searchParams.get('redirect_uri')}?${refusal.toString()}`);
  assert.match(await answer.text(), /not signed in/);
  const [code] = await once(child, 'close');
  assert.equal(code, 1);
  assert.match(await complaints, /error: The sign-in was refused: not today\./);
});

test('issuer and client can be given, for an API that no host here runs', async () => {
  const identity = await (await fetch(`${endpoint[1]}/_countersign/identity`)).json();
  const [{ issuer, audience }] = (identity as { apis: [{ issuer: string; audience: string[] }] }).apis;
  const args = ['--issuer', issuer, '--client-id', audience[0] ?? '', '--url', 'https://api.example.com/orders'];
  const child = spawn(process.execPath, [MAIN, 'login', '--scope', 'email', ...args], { env: plainEnvironment() });
  const [said] = await once(child.stderr, 'data');
  child.kill();
  assert.match(String(said), /scope=openid\+email/);
  const user = await runCli(['login', '--user', 'anna', ...args]);
  assert.equal(user.code, 2);
  assert.match(user.stderr, /asks for more than a name/);
  const insecure = await runCli(['login', ...args, '--issuer', 'http://id.example.com']);
  assert.match(insecure.stderr, /^error: The issuer .+ is not reached by https\./);
  const wrong = await runCli(['login', ...args, '--issuer', `${issuer}/`]);
  assert.deepEqual([wrong.code, wrong.stderr.startsWith('error: No identity provider answers')], [1, true]);
});

test('login says what is wrong: an unknown user, no host, an API that is not its own', async () => {
  const mallory = await runCli(['login', '--user', 'mallory', ...url, ...endpoint]);
  assert.equal(mallory.code, 3);
  assert.match(mallory.stderr, /^error: Nobody here is named "mallory"\.\n→ There are: anna, ben, chris, dora\.\n$/);
  const nowhere = await runCli(['login', '--user', 'anna', ...url, '--endpoint', 'http://127.0.0.1:1']);
  assert.match(nowhere.stderr, /^error: No host of Countersign answers at http:\/\/127\.0\.0\.1:1/);
  const elsewhere = await runCli(['login', '--user', 'anna', '--url', 'http://127.0.0.1:1', ...endpoint]);
  assert.match(elsewhere.stderr, /^error: The API at http:\/\/127\.0\.0\.1:1 asks nobody who they are/);
});

test('start --no-auth asks nobody, and login says so', async () => {
  await using open = await startCommand([...START, '--no-auth', '--data', join(folder, 'open')]);
  const other = optionsOf(open);
  const { stdout } = await runCli(['orders', 'show', 'o1', '--json', ...other.url]);
  assert.equal(JSON.parse(stdout).orderDetails, 'nobody');
  const refused = await runCli(['login', '--user', 'anna', ...other.url, ...other.endpoint]);
  assert.match(refused.stderr, /--no-auth/);
});

test('start says in one line who can sign in, and nothing in between its lines of JSON', async () => {
  const args = [...START, '--data', join(folder, 'person')];
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: plainEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.once('data', () => setTimeout(() => child.kill('SIGINT'), 100));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  assert.match(
    stdout,
    /^ {2}Sign in +countersign login --url \S+ --endpoint \S+ --user anna {2}as anna, ben \(managers\), chris \(managers\), dora$/m,
  );
  assert.equal(/oidc-provider/.test(stdout + stderr), false);
  assert.ok(app.lines.every(({ event }) => typeof event === 'string'));
});
