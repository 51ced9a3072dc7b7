import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { SignatureV4 } from '@smithy/signature-v4';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { after, before, test } from 'node:test';
import { AccessRefused } from '../src/iam/caller.ts';
import { authenticator, roleKeys } from '../src/iam/authenticate.ts';
import { openRoleCredentials } from '../src/services/role-credentials.ts';
import { machineTime, type HostTime } from '../src/time/host-time.ts';
import { Sha256 } from './sha256.ts';

// What the SDKs send, as it comes over the wire.

const SESSION = { roleArn: 'arn:aws:iam::000000000000:role/Orders', sessionName: 'api' };
const issuer = openRoleCredentials(undefined);
const credentials = issuer.credentialsFor(SESSION);
const authenticate = authenticator(roleKeys(issuer), machineTime, 'are the developer');

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

let received: Received | undefined;
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { method, url, headers } = request;
    received = { method, url, headers, body: Buffer.concat(chunks) };
    response.writeHead(200, { 'content-type': 'application/xml' }).end('<x/>');
  });
});
let settings: { endpoint: string; region: string; credentials: typeof credentials; forcePathStyle: true };

before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  settings = { endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', credentials, forcePathStyle: true };
});
after(() => server.close());

/** What came over the wire; whether the client understands the answer is nothing to this. */
async function sent(call: Promise<unknown>): Promise<Received> {
  received = undefined;
  await call.catch(() => undefined);
  assert.ok(received !== undefined);
  return received;
}

function callerOf(request: Received, hasBody = true) {
  return authenticate(request, hasBody ? request.body : undefined);
}

const isRefused = (reason: string) => (error: unknown) => error instanceof AccessRefused && error.reason === reason;

test('what SDK clients sign with the key of a role is known to be of that role', async () => {
  const s3 = new S3Client(settings);
  const object = { Bucket: 'shelf', Key: "a b/ü+(1)'*!~/..//c&d=e" };
  const calls: [() => Promise<unknown>, boolean][] = [
    [() => s3.send(new PutObjectCommand({ ...object, Body: 'text', Metadata: { note: 'two  blanks ' } })), false],
    [
      () => s3.send(new PutObjectCommand({ ...object, Body: 'text', ChecksumAlgorithm: 'SHA256', IfNoneMatch: '*' })),
      false,
    ],
    [() => s3.send(new GetObjectCommand({ ...object, VersionId: 'a/b', ResponseContentType: 'text/plain; x' })), false],
    [() => s3.send(new ListObjectsV2Command({ Bucket: 'shelf', Prefix: 'a b+c/', StartAfter: 'ü' })), false],
    [() => new SNSClient(settings).send(new PublishCommand({ TopicArn: 't', Message: 'Grüße & <mehr>' })), true],
    [
      () => new EventBridgeClient(settings).send(new PutEventsCommand({ Entries: [{ Source: 'x', Detail: '{}' }] })),
      true,
    ],
  ];
  for (const [call, hasBody] of calls) {
    const request = await sent(call());
    assert.deepEqual(
      callerOf(request, hasBody),
      { kind: 'role', session: SESSION },
      `${request.method} ${request.url}`,
    );
  }
});

test('the path of any service but S3 is escaped once more than it was sent', async () => {
  const signer = new SignatureV4({ service: 'lambda', region: 'us-east-1', credentials, sha256: Sha256 });
  const path = '/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af/invocations';
  const query = { Qualifier: '$LATEST' };
  const request = { method: 'POST', protocol: 'http:', hostname: 'h', path, query, headers: { host: 'h' }, body: '{}' };
  const { headers } = await signer.sign(request);
  const came = { method: 'POST', url: `${path}?Qualifier=%24LATEST`, headers };
  assert.equal(authenticate(came, Buffer.from('{}')).kind, 'role');
  assert.throws(() => authenticate(came, Buffer.from('{"a":1}')), isRefused('signature'));
});

test('a request that was changed on its way, or signed with another secret, is refused', async () => {
  const events = new EventBridgeClient(settings);
  const request = await sent(events.send(new PutEventsCommand({ Entries: [{ Source: 'x', Detail: '{}' }] })));
  const { authorization = '' } = request.headers;
  const changes: Partial<Received>[] = [
    { url: '/other' },
    { url: '/?a=b' },
    { method: 'PUT' },
    { body: Buffer.from('{"Entries":[]}') },
    { headers: { ...request.headers, 'x-amz-target': 'AWSEvents.DeleteRule' } },
    { headers: { ...request.headers, host: 'elsewhere' } },
    { headers: { ...request.headers, 'x-amz-added': 'later' } },
    { headers: { ...request.headers, authorization: authorization.replace(/[0-9a-f]{64}$/v, '0'.repeat(64)) } },
    { headers: { ...request.headers, authorization: authorization.replace('us-east-1', 'eu-west-1') } },
    { headers: { ...request.headers, authorization: authorization.replace(/, ?Signature.*/v, '') } },
  ];
  for (const change of changes) {
    assert.throws(() => callerOf({ ...request, ...change }), isRefused('signature'), JSON.stringify(change));
  }
  const forged = { ...settings, credentials: { ...credentials, secretAccessKey: 'guessed' } };
  const withOther = await sent(new EventBridgeClient(forged).send(new PutEventsCommand({ Entries: [] })));
  assert.throws(() => callerOf(withOther), isRefused('signature'));
});

test('a key of ours without its token is refused; any other key, and none, is the developer', async () => {
  const send = async (keys: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }) => {
    const events = new EventBridgeClient({ ...settings, credentials: keys });
    return sent(events.send(new PutEventsCommand({ Entries: [] })));
  };
  const { accessKeyId, secretAccessKey } = credentials;
  const withoutToken = await send({ accessKeyId, secretAccessKey });
  assert.throws(() => callerOf(withoutToken), isRefused('key'));
  const own = await send({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'mine' });
  assert.deepEqual(callerOf(own), { kind: 'developer' });
  assert.deepEqual(callerOf({ ...own, headers: {} }), { kind: 'developer' });
  assert.deepEqual(callerOf({ ...own, headers: { authorization: 'Bearer x' } }), { kind: 'developer' });
});

test('a presigned URL is of its role until it ends, in the time of this machine', async () => {
  const signer = new SignatureV4({
    service: 's3',
    region: 'us-east-1',
    credentials,
    sha256: Sha256,
    uriEscapePath: false,
  });
  const host = '127.0.0.1:1';
  const request = {
    method: 'GET',
    protocol: 'http:',
    hostname: host,
    path: '/shelf/a%20b',
    query: {},
    headers: { host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
  };
  const { query = {} } = await signer.presign(request, { expiresIn: 60 });
  const search = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  const url = `/shelf/a%20b?${search.join('&')}`;
  const came = { method: 'GET', url, headers: { host } };
  assert.deepEqual(authenticate(came, undefined), { kind: 'role', session: SESSION });
  assert.throws(() => authenticate({ ...came, url: url.replace('a%20b', 'b') }, undefined), isRefused('signature'));
  const later: HostTime = { ...machineTime, now: () => Date.now() + 61_000 };
  assert.throws(
    () => authenticator(roleKeys(issuer), later, 'are the developer')(came, undefined),
    isRefused('expired'),
  );
});

test('what was signed long ago is refused, unless time has been moved on since', async () => {
  const request = await sent(new EventBridgeClient(settings).send(new PutEventsCommand({ Entries: [] })));
  const tomorrow: HostTime = { ...machineTime, now: () => Date.now() + 86_400_000 };
  assert.throws(
    () => authenticator(roleKeys(issuer), tomorrow, 'are the developer')(request, request.body),
    isRefused('signature'),
  );
  const travelled: HostTime = { ...tomorrow, offsetMs: () => 86_400_000 };
  assert.deepEqual(authenticator(roleKeys(issuer), travelled, 'are the developer')(request, request.body).kind, 'role');
});
