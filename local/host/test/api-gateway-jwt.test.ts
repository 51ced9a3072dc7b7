import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { JWTPayload } from 'jose';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { silentLog } from '../src/log.ts';
import { jwtAuthorize } from '../src/services/api-gateway-jwt.ts';
import { claimTexts } from '../src/services/api-gateway-jwt-claims.ts';
import { issuerKeys } from '../src/services/oidc-issuer-keys.ts';
import { startApi } from './api-gateway-fixture.ts';
import { served } from './served.ts';

type PrivateKey = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];

const keyPairs = [await generateKeyPair('RS256'), await generateKeyPair('RS256')] as const;
const curve = await generateKeyPair('ES256');

/** An issuer with one key, or whatever it is told to have. */
async function startIssuer(t: TestContext) {
  const published = { keys: [await named(keyPairs[0].publicKey, 'one')] };
  const asked: string[] = [];
  const state = { isThere: true, name: '' };
  const port = await served(t, (request, response) => {
    const { url = '' } = request;
    asked.push(url);
    if (!state.isThere) return response.writeHead(500).end();
    response.setHeader('content-type', 'application/json');
    if (url === '/keys') return response.end(JSON.stringify(published));
    return response.end(JSON.stringify({ issuer: state.name, jwks_uri: `${state.name}/keys` }));
  });
  const issuer = `http://127.0.0.1:${port}`;
  state.name = issuer;
  return { issuer, published, asked, state };
}

async function named(key: PrivateKey, kid: string) {
  return { ...(await exportJWK(key)), kid };
}

interface Signed {
  claims?: Record<string, unknown>;
  key?: PrivateKey;
  header?: { alg: string; kid?: string };
}

const NOW_SECONDS = Math.floor(Date.now() / 1000);

function sign(issuer: string, { claims = {}, key = keyPairs[0].privateKey, header }: Signed = {}): Promise<string> {
  const usual = { iss: issuer, aud: 'desk', sub: 'u1', iat: NOW_SECONDS - 5, exp: NOW_SECONDS + 60 };
  // A claim that is undefined is left out.
  const payload: JWTPayload = JSON.parse(JSON.stringify({ ...usual, ...claims }));
  return new SignJWT(payload).setProtectedHeader(header ?? { alg: 'RS256', kid: 'one' }).sign(key);
}

async function startGuarded(
  t: TestContext,
  { scopes = [] as string[], identitySource = ['$request.header.Authorization'] } = {},
) {
  const { issuer, ...provider } = await startIssuer(t);
  const log = { failures: 0, debug() {}, info() {}, warn() {}, error: () => void (log.failures += 1) };
  const authorizer = { issuer, audience: ['desk', 'shelf'], identitySource };
  const authorize = jwtAuthorize(authorizer, scopes, issuerKeys(issuer), log);
  const api = await startApi(t, () => '{}', {
    routes: [{ routeKey: '$default', target: 'function', authorize }],
    log: silentLog,
  });
  const ask = async (authorization?: string, path = '/') => {
    const answer = await api.send(path, { headers: authorization === undefined ? {} : { authorization } });
    return { status: answer.status, body: answer.body, challenge: answer.headers['www-authenticate'] };
  };
  return { issuer, ...provider, log, ask, events: api.events };
}

test('a valid token is taken, with or without "Bearer", and every claim reaches the function as text', async (t) => {
  const { issuer, ask, events } = await startGuarded(t);
  const token = await sign(issuer, { claims: { nbf: NOW_SECONDS - 1, admin: true, roles: ['a', 'b'], scope: 'x y' } });
  for (const authorization of [`Bearer ${token}`, `bearer ${token}`, token]) {
    assert.equal((await ask(authorization)).status, 200);
  }
  assert.deepEqual(events[0]?.requestContext.authorizer, {
    jwt: {
      claims: {
        iss: issuer,
        aud: 'desk',
        sub: 'u1',
        iat: String(NOW_SECONDS - 5),
        exp: String(NOW_SECONDS + 60),
        nbf: String(NOW_SECONDS - 1),
        admin: 'true',
        roles: '[a b]',
        scope: 'x y',
      },
      scopes: null,
    },
  });
});

test('claims of every kind become text', () => {
  const claims = claimTexts({ a: 1, b: 1.5, c: false, d: null, e: [], f: [1, ['x']], g: { z: 1, a: [true] }, h: '' });
  const texts = { a: '1', b: '1.5', c: 'false', d: '<nil>', e: '[]', f: '[1 [x]]', g: 'map[a:[true] z:1]', h: '' };
  assert.deepEqual(claims, texts);
});

test('a token that is missing or not valid is answered with 401, and the function is not called', async (t) => {
  const { issuer, ask, events, log } = await startGuarded(t);
  const cases: [fault: string, token: Promise<string> | string, reason: RegExp][] = [
    ['not a token', 'nonsense', /the token is invalid/v],
    ['expired', sign(issuer, { claims: { exp: NOW_SECONDS - 1 } }), /the token has expired/v],
    ['without an end', sign(issuer, { claims: { exp: undefined } }), /the claim exp is invalid/v],
    ['not valid yet', sign(issuer, { claims: { nbf: NOW_SECONDS + 30 } }), /the claim nbf is invalid/v],
    ['of the future', sign(issuer, { claims: { iat: NOW_SECONDS + 30 } }), /issued in the future/v],
    ['of another issuer', sign(issuer, { claims: { iss: 'https://other.example.com' } }), /the claim iss is invalid/v],
    ['for others', sign(issuer, { claims: { aud: 'else' } }), /audience/v],
    ['for others, by the right client', sign(issuer, { claims: { aud: 'else', client_id: 'desk' } }), /audience/v],
    ['for nobody', sign(issuer, { claims: { aud: undefined } }), /audience/v],
    ['without a key name', sign(issuer, { header: { alg: 'RS256' } }), /names no key/v],
    ['of an unknown key', sign(issuer, { header: { alg: 'RS256', kid: 'two' } }), /no such key/v],
    ['by another key', sign(issuer, { key: keyPairs[1].privateKey }), /signature validation failed/v],
    ['by a curve', sign(issuer, { key: curve.privateKey, header: { alg: 'ES256', kid: 'one' } }), /signing method/v],
    ['unsigned', unsigned(await sign(issuer)), /signing method/v],
  ];
  for (const [fault, token, reason] of cases) {
    const { status, body, challenge } = await ask(`Bearer ${await token}`);
    assert.deepEqual([status, body], [401, '{"message":"Unauthorized"}'], fault);
    assert.match(challenge ?? '', /^Bearer scope="" error="invalid_token" error_description="[^"]+"$/v, fault);
    assert.match(challenge ?? '', reason, fault);
  }
  for (const authorization of [undefined, '', 'Bearer', 'Basic dTpw cA==']) {
    const { status, challenge } = await ask(authorization);
    assert.deepEqual([status, challenge], [401, 'Bearer'], String(authorization));
  }
  assert.deepEqual([events.length, log.failures], [0, 0]);
});

test('without an audience the client counts; a list of audiences needs one of them', async (t) => {
  const { issuer, ask } = await startGuarded(t);
  for (const claims of [{ aud: undefined, client_id: 'shelf' }, { aud: ['else', 'shelf'] }]) {
    assert.equal((await ask(await sign(issuer, { claims }))).status, 200);
  }
});

test('a route with scopes needs one of them, in scope or scp, and hands on those of the token', async (t) => {
  const { issuer, ask, events } = await startGuarded(t, { scopes: ['read', 'write'] });
  for (const claims of [{ scope: 'write else' }, { scp: ['write', 'else'] }]) {
    assert.equal((await ask(await sign(issuer, { claims }))).status, 200);
    assert.deepEqual(events.at(-1)?.requestContext.authorizer?.jwt.scopes, ['write', 'else']);
  }
  for (const claims of [{}, { scope: 'reads' }, { scp: [] }]) {
    const { status, body, challenge } = await ask(await sign(issuer, { claims }));
    assert.deepEqual([status, body], [403, '{"message":"Forbidden"}']);
    assert.match(challenge ?? '', /^Bearer scope="read write" error="insufficient_scope"/v);
  }
});

test('the token is where the identity sources say, the first that is there', async (t) => {
  const sources = ['$request.header.X-Pass', '$request.querystring.pass'];
  const { issuer, ask, events } = await startGuarded(t, { identitySource: sources });
  const token = await sign(issuer);
  assert.equal((await ask(token)).status, 401);
  assert.equal((await ask(undefined, `/?pass=${token}`)).status, 200);
  assert.equal((await ask(undefined, `/?Pass=${token}`)).status, 401);
  assert.equal(events.length, 1);
});

test('keys are asked for once, and again when a token has a new one', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const { issuer, ask, asked, published } = await startGuarded(t);
  for (let count = 0; count < 3; count += 1) assert.equal((await ask(await sign(issuer))).status, 200);
  assert.deepEqual(asked, ['/.well-known/openid-configuration', '/keys']);
  published.keys.push(await named(keyPairs[1].publicKey, 'two'));
  t.mock.timers.setTime(Date.now() + 31_000);
  const renewed = { key: keyPairs[1].privateKey, header: { alg: 'RS256', kid: 'two' } };
  assert.equal((await ask(await sign(issuer, renewed))).status, 200);
  assert.equal(asked.length, 3);
});

test('an issuer that cannot be asked lets nobody in, is named in the log, and is asked again', async (t) => {
  const { issuer, ask, state, log } = await startGuarded(t);
  const token = await sign(issuer);
  state.isThere = false;
  const { status, challenge } = await ask(token);
  assert.deepEqual([status, log.failures], [401, 1]);
  assert.match(challenge ?? '', /OIDC discovery endpoint communication error/v);
  state.isThere = true;
  state.name = 'https://other.example.com';
  assert.equal((await ask(token)).status, 401, 'the document is of another issuer');
  state.name = issuer;
  assert.equal((await ask(token)).status, 200);
});

function unsigned(token: string): string {
  const [, payload = ''] = token.split('.');
  return `${Buffer.from('{"alg":"none","kid":"one"}').toString('base64url')}.${payload}.`;
}
