import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { claimsToBeIssuedHere, credentialsEnvironment, openRoleCredentials } from '../src/services/role-credentials.ts';

const SESSION = { roleArn: 'arn:aws:iam::000000000000:role/Orders-Api', sessionName: 'Orders-Api' };

test('a role has the same credentials after every start over the same folder, and others over another', (t) => {
  const file = temporaryFile(t);
  const first = openRoleCredentials(file).credentialsFor(SESSION);
  assert.deepEqual(openRoleCredentials(file).credentialsFor(SESSION), first);
  const elsewhere = openRoleCredentials(temporaryFile(t)).credentialsFor(SESSION);
  assert.notEqual(elsewhere.accessKeyId, first.accessKeyId);
  assert.notEqual(elsewhere.secretAccessKey, first.secretAccessKey);
});

test('credentials have the form of temporary ones of AWS, and stand in the variables that SDKs read', () => {
  const credentials = openRoleCredentials(undefined).credentialsFor(SESSION);
  assert.match(credentials.accessKeyId, /^ASIA[A-Z2-7]{16}$/v);
  assert.equal(credentials.secretAccessKey.length, 40);
  assert.ok(claimsToBeIssuedHere(credentials.accessKeyId));
  assert.ok(!claimsToBeIssuedHere('local') && !claimsToBeIssuedHere('AKIAIOSFODNN7EXAMPLE'));
  assert.deepEqual(credentialsEnvironment(credentials), {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
  });
});

test('a key leads back to its session, with its own token and no other', (t) => {
  const file = temporaryFile(t);
  const issuer = openRoleCredentials(file);
  const { accessKeyId, secretAccessKey, sessionToken } = issuer.credentialsFor(SESSION);
  const other = issuer.credentialsFor({ ...SESSION, sessionName: 'Orders-Other' });
  assert.notEqual(other.accessKeyId, accessKeyId);

  const afterRestart = openRoleCredentials(file);
  assert.deepEqual(afterRestart.sessionOf(accessKeyId, sessionToken), { ...SESSION, secretAccessKey });
  const [claims = '', seal = ''] = sessionToken.split('.');
  const forged = Buffer.from(JSON.stringify(['arn:aws:iam::000000000000:role/Admin', 'x'])).toString('base64url');
  for (const token of [
    undefined,
    '',
    'x',
    '.',
    `${claims}.`,
    `${forged}.${seal}`,
    other.sessionToken,
    `${sessionToken}x`,
  ]) {
    assert.equal(afterRestart.sessionOf(accessKeyId, token), undefined, `with the token ${token}`);
  }
  assert.equal(afterRestart.sessionOf(other.accessKeyId, sessionToken), undefined);
  assert.equal(openRoleCredentials(undefined).sessionOf(accessKeyId, sessionToken), undefined);
});

test('nobody else may read the key, and one that is damaged is said and not shown', (t) => {
  const file = temporaryFile(t);
  openRoleCredentials(file);
  assert.equal(statSync(file).mode & 0o077, 0);
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, 20));
  assert.throws(() => openRoleCredentials(file), /is damaged\.$/v);
});

function temporaryFile(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'role-credentials-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return join(dir, 'role-credentials.key');
}
