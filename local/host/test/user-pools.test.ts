import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { freshPath } from './assembly-files.ts';
import { keysFile } from './keys-file.ts';
import { refusalOf } from './refusal.ts';
import {
  ask,
  authorizationCode,
  authorizeUrl,
  createBrowser,
  exchange,
  libraryAssembly,
  REDIRECT,
  signIn,
  signInOf,
} from './sign-in-fixture.ts';
import type { TestHost } from './test-host.ts';
import { startTestHost } from './test-host.ts';

const host = await startTestHost({ assemblyDir: libraryAssembly() });

test('a user signs in by code and PKCE, and the function learns who it is as behind API Gateway', async () => {
  const tokens = await signIn(host, 'erin');
  const { status, body } = await ask(host, '/mine', tokens.access_token);
  const { issuer, client } = signInOf(host);
  const payload = decodeJwt(tokens.access_token);
  assert.equal(status, 200);
  assert.deepEqual(body['authorizer'], {
    jwt: {
      claims: {
        sub: payload.sub,
        username: 'erin',
        'cognito:groups': '[customers managers]',
        token_use: 'access',
        version: '2',
        client_id: client.clientId,
        scope: 'openid email',
        iss: issuer,
        iat: String(payload.iat),
        exp: String(payload.exp),
        jti: payload.jti,
      },
      scopes: null,
    },
  });
  assert.equal(Number(payload.exp) - Number(payload.iat), 300, 'the client says how long');
  assert.equal('aud' in payload, false);
});

test('the ID token has the attributes and groups under the names of Cognito', async () => {
  const { id_token, access_token } = await signIn(host, 'erin');
  const { iat, exp, auth_time, sub, ...claims } = decodeJwt(id_token);
  const { issuer, client } = signInOf(host);
  assert.deepEqual(claims, {
    iss: issuer,
    aud: client.clientId,
    token_use: 'id',
    'cognito:username': 'erin',
    'cognito:groups': ['customers', 'managers'],
    email: 'erin@example.com',
    email_verified: true,
    'custom:branch': 'harbour',
  });
  assert.equal(sub, decodeJwt(access_token).sub);
  assert.match(String(sub), /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/v);
  assert.ok(Number(auth_time) <= Number(iat) && Number(exp) - Number(iat) === 3600);
  assert.equal(
    (await ask(host, '/mine', id_token)).status,
    200,
    'API Gateway takes an ID token for its client as well',
  );
});

test('demonstration users are in those of their groups that the pool has', async () => {
  const { pool } = signInOf(host);
  assert.deepEqual(pool.users, [
    { username: 'erin', groups: ['customers', 'managers'] },
    { username: 'anna', groups: ['customers'] },
    { username: 'ben', groups: ['managers'] },
    { username: 'chris', groups: ['managers'] },
    { username: 'dora', groups: [] },
  ]);
  const ben = decodeJwt((await signIn(host, 'ben')).id_token);
  assert.deepEqual([ben['email'], ben['email_verified'], ben['name']], ['ben@example.com', true, 'Ben']);
  assert.equal('cognito:groups' in decodeJwt((await signIn(host, 'dora')).access_token), false);
});

test('a route with scopes takes a token that has one of them, and refuses others with 403', async () => {
  const { access_token } = await signIn(host, 'anna', 'openid email');
  const mail = await ask(host, '/mail', access_token);
  const jwt = (mail.body['authorizer'] as { jwt: { scopes: unknown } }).jwt;
  assert.deepEqual([mail.status, jwt.scopes], [200, ['openid', 'email']]);
  const sort = await ask(host, '/sort', access_token);
  assert.deepEqual([sort.status, sort.body], [403, { message: 'Forbidden' }]);
  assert.match(sort.challenge ?? '', /^Bearer scope="shelves\/sort" error="insufficient_scope"/v);
  const sorting = await signIn(host, 'anna', 'openid shelves/sort');
  assert.equal((await ask(host, '/sort', sorting.access_token)).status, 200);
});

test('without a token a guarded route answers 401, also to a page of another origin, and an open one answers', async () => {
  const { status, challenge, body } = await ask(host, '/mine');
  assert.deepEqual([status, challenge, body], [401, 'Bearer', { message: 'Unauthorized' }]);
  const { status: open, body: told } = await ask(host, '/open');
  assert.deepEqual([open, told['authorizer']], [200, null]);
  const origin = 'https://library.example.com';
  const fromPage = await fetch(`${host.apis[0]?.url}/mine`, { headers: { origin } });
  assert.deepEqual([fromPage.status, fromPage.headers.get('access-control-allow-origin')], [401, origin]);
});

test('the template is told of the pool and its clients', async () => {
  const { body } = await ask(host, '/open');
  const { pool } = signInOf(host);
  const { userPoolId, issuer } = pool;
  assert.match(userPoolId, /^us-east-1_[0-9a-z]{9}$/v);
  const arn = `arn:aws:cognito-idp:us-east-1:000000000000:userpool/${userPoolId}`;
  assert.equal(body['pool'], `${userPoolId} ${arn} cognito-idp.us-east-1.amazonaws.com/${userPoolId}`);
  assert.equal(body['issuer'], issuer);
  assert.match(String(body['robot']), /^[0-9a-z]{26} [0-9a-f]{64}$/v);
});

test('a confidential client gets tokens of its own', async () => {
  const { body } = await ask(host, '/open');
  const [id, secret] = String(body['robot']).split(' ');
  const basic = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
  const form = { grant_type: 'client_credentials', scope: 'shelves/sort' };
  const { issuer } = signInOf(host);
  const tokens = await exchange(issuer, form, { authorization: basic });
  assert.equal(tokens.status, 200, JSON.stringify(tokens.body));
  assert.equal((await ask(host, '/sort', String(tokens.body['access_token']))).status, 200);
  const wrong = `Basic ${Buffer.from(`${id}:wrong`).toString('base64')}`;
  assert.equal((await exchange(issuer, form, { authorization: wrong })).status, 401);
});

test('refresh tokens, keys and users outlive a restart; what was revoked stays so', async () => {
  const dataDir = freshPath();
  const assemblyDir = libraryAssembly();
  const first = await startTestHost({ assemblyDir, dataDir });
  const kept = await signIn(first, 'anna');
  const revoked = await signIn(first, 'anna');
  const { client, issuer } = signInOf(first);
  const revocation = new URLSearchParams({ token: revoked.refresh_token, client_id: client.clientId });
  assert.equal((await fetch(`${issuer}/oauth2/revoke`, { method: 'POST', body: revocation })).status, 200);
  await first.close();
  for (const name of ['users.json', 'sign-in.sqlite', `user-pools/${signInOf(first).pool.userPoolId}.json`]) {
    assert.equal(statSync(join(dataDir, name)).mode & 0o777, 0o600, name);
  }

  const users = join(dataDir, 'users.json');
  writeFileSync(users, readFileSync(users, 'utf8').replace('"customers"', '"managers"'));
  const second = await startTestHost({ assemblyDir, dataDir });
  const refresh = (token: string) =>
    exchange(signInOf(second).issuer, {
      grant_type: 'refresh_token',
      client_id: client.clientId,
      refresh_token: token,
    });
  const renewed = await refresh(kept.refresh_token);
  assert.equal(renewed.status, 200, JSON.stringify(renewed.body));
  assert.deepEqual(decodeJwt(String(renewed.body['access_token']))['cognito:groups'], ['managers']);
  assert.equal(decodeProtectedHeader(String(renewed.body['id_token'])).kid, decodeProtectedHeader(kept.id_token).kid);
  assert.equal((await ask(second, '/mine', String(renewed.body['access_token']))).status, 200);
  assert.deepEqual((await refresh(revoked.refresh_token)).body['error'], 'invalid_grant');
  await second.close();
  const told = [...first.logged, ...second.logged].join('');
  for (const token of [kept, revoked].flatMap((each) => [each.access_token, each.refresh_token, each.id_token])) {
    assert.equal(told.includes(token), false, 'the log knows no token');
  }
});

test('a code counts once, with its verifier, for an address that the client has', async () => {
  const { client, issuer } = signInOf(host);
  const { code } = await authorizationCode(host, 'anna');
  const form = { grant_type: 'authorization_code', client_id: client.clientId, code, redirect_uri: REDIRECT };
  assert.equal((await exchange(issuer, { ...form, code_verifier: 'x'.repeat(43) })).body['error'], 'invalid_grant');
  const next = await authorizationCode(host, 'anna');
  const good = { ...form, code: next.code, code_verifier: next.verifier };
  assert.equal((await exchange(issuer, good)).status, 200);
  assert.equal((await exchange(issuer, good)).body['error'], 'invalid_grant');

  const challenge = { code_challenge: 'x'.repeat(43) };
  for (const [redirect_uri, status] of [
    ['https://library.example.com/signed-in', 200],
    ['https://localhost:8443/signed-in', 200],
    ['http://127.0.0.1:1/callback', 200],
    ['http://127.0.0.1:1/other', 400],
    ['http://127.0.0.1:1/callback/', 400],
    ['http://127.0.0.1:1@evil.example.com/callback', 400],
    ['https://library.example.com/signed-in/', 400],
    ['https://evil.example.com/callback', 400],
  ] as const) {
    const page = await createBrowser().open(authorizeUrl(host, { ...challenge, redirect_uri }));
    assert.equal(page.status, status, redirect_uri);
  }
  const withoutPkce = await createBrowser().open(authorizeUrl(host, { code_challenge_method: '' }));
  assert.match(withoutPkce.headers.get('location') ?? '', /error=invalid_request/v);
  const tooMuch = await createBrowser().open(authorizeUrl(host, { ...challenge, scope: 'openid profile' }));
  assert.match(tooMuch.headers.get('location') ?? '', /error=invalid_scope/v);
});

test('the page has no script, stays in its own frame, says what its users are, and names no one unasked', async () => {
  const page = await createBrowser().open(authorizeUrl(host, { code_challenge: 'x'.repeat(43) }));
  const html = await page.text();
  assert.match(html, /demonstration users/v);
  assert.match(html, /name="username" value="erin"/v);
  assert.equal(/<script|\son\w+=/v.test(html), false);
  const policy = page.headers.get('content-security-policy') ?? '';
  assert.match(
    policy,
    /default-src 'none'.*form-action 'self' https:\/\/library\.example\.com.*frame-ancestors 'none'/v,
  );
  assert.equal(page.headers.get('cache-control'), 'no-store');
});

test('nobody is signed in from another page, in another browser, or as nobody', async () => {
  const browser = createBrowser();
  const { url } = await browser.open(authorizeUrl(host, { code_challenge: 'x'.repeat(43) }));
  const anna = { username: 'anna' };
  assert.equal((await browser.send(url, anna, { 'sec-fetch-site': 'cross-site' })).status, 403);
  assert.equal((await browser.send(url, anna, { 'sec-fetch-site': 'same-site' })).status, 403);
  assert.equal((await browser.send(url, anna, { origin: 'http://127.0.0.1:1' })).status, 403);
  assert.equal((await createBrowser().send(url, anna)).status, 400);
  assert.equal((await browser.send(url, { username: 'mallory' })).status, 400);
  assert.match((await browser.send(url, anna)).headers.get('location') ?? '', /\bcode=/v);
});

test('who has signed in is known for a while; another may take over, and signing out ends it', async () => {
  const challenge = { code_challenge: 'x'.repeat(43) };
  const { browser } = await authorizationCode(host, 'anna');
  const again = await browser.open(authorizeUrl(host, challenge));
  assert.match(again.headers.get('location') ?? '', /\bcode=/v);
  const asked = await browser.open(authorizeUrl(host, { ...challenge, prompt: 'login' }));
  const other = await browser.send(asked.url, { username: 'ben' });
  assert.match(other.headers.get('location') ?? '', /\bcode=/v);

  const { issuer, client } = signInOf(host);
  const bye = new URLSearchParams({
    client_id: client.clientId,
    // As Cognito has it; the name that OpenID Connect has does as well.
    logout_uri: 'https://library.example.com/bye',
  });
  const confirm = await browser.open(`${issuer}/logout?${bye.toString()}`);
  const html = await confirm.text();
  const [, action = ''] = /action="([^"]+)"/v.exec(html) ?? [];
  const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/v.exec(html) ?? [];
  const out = await browser.send(action, { xsrf, logout: 'yes' });
  assert.equal(out.headers.get('location'), 'https://library.example.com/bye');
  assert.equal((await browser.open(authorizeUrl(host, challenge))).status, 200, 'the page asks again');
});

test('a page of the app may exchange its code; one of another origin may not', async () => {
  const { client, issuer } = signInOf(host);
  const form = { grant_type: 'refresh_token', client_id: client.clientId, refresh_token: 'none' };
  const allowed = await exchange(issuer, form, { origin: 'https://library.example.com' });
  assert.equal(allowed.headers.get('access-control-allow-origin'), 'https://library.example.com');
  const foreign = await exchange(issuer, form, { origin: 'https://evil.example.com' });
  assert.equal(foreign.headers.get('access-control-allow-origin'), null);
});

test('the host tells command lines where to sign in, and pages nothing', async () => {
  const { client, issuer } = signInOf(host);
  const url = `${host.awsUrl}/_countersign/identity`;
  const told = (await (await fetch(url)).json()) as TestHost['identity'];
  assert.deepEqual(told, JSON.parse(JSON.stringify(host.identity)));
  const [api] = told.apis;
  assert.deepEqual([told.auth, api?.url, api?.issuer], ['enforced', host.apis[0]?.url, issuer]);
  assert.deepEqual(api?.audience.includes(client.clientId), true);
  assert.deepEqual(api?.scopes, ['shelves/sort', 'mail/read', 'email']);
  assert.equal(JSON.stringify(told).includes('ecret'), false);
  assert.equal((await fetch(url, { headers: { origin: 'https://evil.example.com' } })).status, 403);
});

test('signing in is at the port after that of the AWS endpoint', async () => {
  await using taken = createServer();
  const signInPort = await withFreePortBefore(taken);
  const assemblyDir = libraryAssembly();
  const { message } = await refusalOf(() => startTestHost({ assemblyDir, awsPort: signInPort - 1 }));
  assert.match(message, new RegExp(`^Port ${signInPort} for signing in`, 'v'));
});

/** Listens at a port, and tries others until the one before it is free. */
async function withFreePortBefore(server: Server): Promise<number> {
  for (;;) {
    const port = await listen(server, 0);
    const before = createServer();
    const isFree = await listen(before, port - 1).then(
      () => true,
      () => false,
    );
    before.close();
    if (isFree) return port;
    await new Promise((resolve) => server.close(resolve));
  }
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

test('an app of a phone is led back to by its own scheme', async () => {
  const phone = {
    Type: 'AWS::Cognito::UserPoolClient',
    Properties: {
      UserPoolId: { Ref: 'Members' },
      AllowedOAuthFlows: ['code'],
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthScopes: ['openid'],
      CallbackURLs: ['library://signed-in'],
    },
  };
  const changed = await startTestHost({ assemblyDir: libraryAssembly({ Web: phone }) });
  const redirected = { code_challenge: 'x'.repeat(43), redirect_uri: 'library://signed-in' };
  assert.equal((await createBrowser().open(authorizeUrl(changed, redirected))).status, 200);
  await changed.close();
});

test('an app client without OAuth, or for the implicit flow alone, signs nobody in', async () => {
  const clientOf = (properties: object) => ({
    Web: { Type: 'AWS::Cognito::UserPoolClient', Properties: { UserPoolId: { Ref: 'Members' }, ...properties } },
  });
  for (const properties of [
    {},
    { AllowedOAuthFlows: ['implicit'], AllowedOAuthFlowsUserPoolClient: true, AllowedOAuthScopes: ['openid'] },
  ]) {
    const changed = await startTestHost({ assemblyDir: libraryAssembly(clientOf(properties)) });
    const answer = await createBrowser().open(authorizeUrl(changed, { code_challenge: 'x'.repeat(43) }));
    assert.equal(answer.status, 400);
    await changed.close();
  }
});

test('authorizers that are switched off let everybody in, unknown', async () => {
  const open = await startTestHost({ assemblyDir: libraryAssembly(), auth: 'off' });
  const { status, body } = await ask(open, '/mine');
  assert.deepEqual([status, body['authorizer']], [200, null]);
  assert.equal(open.identity.auth, 'off');
  await open.close();
});

test('a user pool, and an app that asks nobody, are not opened to others', async () => {
  const assemblyDir = libraryAssembly();
  const pool = await refusalOf(() =>
    startTestHost({ assemblyDir, host: '0.0.0.0', credentialsFile: keysFile(), iam: 'enforced' }),
  );
  assert.match(pool.message, /^The user pool "us-east-1_\w+" cannot be opened to others at 0\.0\.0\.0/v);
  const off = await refusalOf(() => startTestHost({ assemblyDir, host: '0.0.0.0', auth: 'off' }));
  assert.match(off.message, /ask nobody/v);
});

test('what would change how users sign in is refused, as is a damaged users file', async () => {
  const trigger = { Type: 'AWS::Cognito::UserPool', Properties: { LambdaConfig: { PreTokenGeneration: 'arn' } } };
  const refused = await refusalOf(() => startTestHost({ assemblyDir: libraryAssembly({ Members: trigger }) }));
  assert.match(refused.message, /PreTokenGeneration/v);
  const dataDir = freshPath();
  const assemblyDir = libraryAssembly();
  await (await startTestHost({ assemblyDir, dataDir })).close();
  writeFileSync(join(dataDir, 'users.json'), '{"users":[{"username":1}]}');
  const damaged = await refusalOf(() => startTestHost({ assemblyDir, dataDir }));
  assert.match(damaged.message, /users\.json" is damaged/v);
});
