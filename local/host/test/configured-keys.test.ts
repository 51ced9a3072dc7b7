import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { test } from 'node:test';
import { ListBucketsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateStateMachineCommand,
  ListStateMachinesCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { startEngineServer } from '../src/engine-server.ts';
import { HostError } from '../src/errors.ts';
import { keysFor } from '../src/iam/configured-keys.ts';
import { createLog } from '../src/log.ts';
import { freshPath, writeAssembly } from './assembly-files.ts';
import { KEY, keysFile, profile } from './keys-file.ts';
import { refusalOf } from './refusal.ts';
import { ended, startTestHost, type TestHost } from './test-host.ts';

const log = createLog({ write: () => {}, form: 'json', level: 'error' });
const settings = (endpoint: string, credentials: typeof KEY = KEY) => ({ endpoint, region: 'us-east-1', credentials });
const WRONG = { ...KEY, secretAccessKey: `${KEY.secretAccessKey}!` };
const UNKNOWN = { ...KEY, accessKeyId: 'STRANGER00000000' };

/** With what error it is refused. */
async function errorOf(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => 'none',
    (error: Error) => error.name,
  );
}

test('beyond this machine, the engine is called with a key that it was given, or not at all', async () => {
  const open = await startEngineServer({ host: '0.0.0.0', port: 0, credentialsFile: keysFile(), log });
  const list = (credentials: typeof KEY): Promise<unknown> =>
    new SFNClient(settings(open.url, credentials)).send(new ListStateMachinesCommand({}));
  assert.equal(await errorOf(list(KEY)), 'none');
  assert.equal(await errorOf(list(WRONG)), 'InvalidSignatureException');
  assert.equal(await errorOf(list(UNKNOWN)), 'UnrecognizedClientException');
  const bare = await fetch(open.url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AWSStepFunctions.ListStateMachines' },
    body: '{}',
  });
  assert.equal(bare.status, 400);
  const refused: unknown = await bare.json();
  assert.match(JSON.stringify(refused), /Missing Authentication Token/i);
  await open.close();
});

test('a task that starts an execution of the same engine is let in', async () => {
  const open = await startEngineServer({ host: '127.0.0.1', port: 0, credentialsFile: keysFile(), log });
  const sfn = new SFNClient(settings(open.url));
  const create = async (name: string, state: object): Promise<string> => {
    const definition = JSON.stringify({ StartAt: 'Only', States: { Only: { ...state, End: true } } });
    const roleArn = 'arn:aws:iam::000000000000:role/r';
    return (await sfn.send(new CreateStateMachineCommand({ name, definition, roleArn }))).stateMachineArn ?? '';
  };
  const StateMachineArn = await create('inner', { Type: 'Pass', Result: { is: 'done' } });
  const Resource = 'arn:aws:states:::states:startExecution.sync:2';
  const outer = await create('outer', {
    Type: 'Task',
    Resource,
    Parameters: { StateMachineArn },
    OutputPath: '$.Output',
  });
  const { executionArn = '' } = await sfn.send(new StartExecutionCommand({ stateMachineArn: outer }));
  const { status, output, cause } = await ended({ sfn }, executionArn);
  assert.deepEqual([status, output], ['SUCCEEDED', '{"is":"done"}'], cause);
  await open.close();
});

test('the keys in the environment are for services elsewhere: nobody comes in with them, and tasks ask the engine with its own', async (t) => {
  const [guessed, before] = [{ accessKeyId: 'test', secretAccessKey: 'test' }, { ...process.env }];
  t.after(() => {
    process.env = before;
  });
  process.env['AWS_ACCESS_KEY_ID'] = guessed.accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = guessed.secretAccessKey;
  const open = await startEngineServer({ host: '127.0.0.1', port: 0, credentialsFile: keysFile(), log });
  t.after(() => open.close());
  const stranger = new SFNClient(settings(open.url, guessed));
  assert.equal(await errorOf(stranger.send(new ListStateMachinesCommand({}))), 'UnrecognizedClientException');
  const sfn = new SFNClient(settings(open.url));
  const state = { Type: 'Task', Resource: 'arn:aws:states:::aws-sdk:sfn:listStateMachines', Parameters: {} };
  const { stateMachineArn } = await sfn.send(
    new CreateStateMachineCommand({
      name: 'asks',
      definition: JSON.stringify({ StartAt: 'Ask', States: { Ask: { ...state, End: true } } }),
      roleArn: 'arn:aws:iam::000000000000:role/r',
    }),
  );
  const { executionArn = '' } = await sfn.send(new StartExecutionCommand({ stateMachineArn }));
  const { status, cause } = await ended({ sfn }, executionArn);
  assert.equal(status, 'SUCCEEDED', cause);
});

test('beyond this machine, every service of a host wants a key', async () => {
  const assemblyDir = writeAssembly({ Box: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'box' } } });
  const host = await openHost(assemblyDir);
  const s3 = (credentials: typeof KEY) => new S3Client({ ...settings(host.awsUrl, credentials), forcePathStyle: true });
  const put = (credentials: typeof KEY): Promise<unknown> =>
    s3(credentials).send(new PutObjectCommand({ Bucket: 'box', Key: 'a', Body: 'b' }));
  assert.equal(await errorOf(put(KEY)), 'none');
  assert.equal(await errorOf(put(WRONG)), 'SignatureDoesNotMatch');
  assert.equal(await errorOf(put(UNKNOWN)), 'InvalidAccessKeyId');
  assert.equal(await errorOf(s3(KEY).send(new ListBucketsCommand({}))), 'none');

  const target = (name: string, version = '1.1') => ({
    'x-amz-target': name,
    'content-type': `application/x-amz-json-${version}`,
  });
  const asks: [path: string, headers?: Record<string, string>][] = [
    ['/box/a'],
    ['/2015-03-31/functions/any/invocations'],
    ['/v1/listjobs'],
    ['/v2/email/outbound-emails'],
    ['/', target('AWSStepFunctions.ListStateMachines', '1.0')],
    ['/', target('AWSEvents.PutEvents')],
    ['/', target('secretsmanager.GetSecretValue')],
    ['/', target('AmazonEC2ContainerServiceV20141113.ListTasks')],
  ];
  for (const [path, headers = {}] of asks) {
    const { status } = await fetch(host.awsUrl + path, { method: 'POST', headers, body: '{}' });
    assert.ok([400, 403].includes(status), `${path} ${JSON.stringify(headers)}: ${status}`);
    const credential = `${UNKNOWN.accessKeyId}/20260101/us-east-1/sns/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=${'0'.repeat(64)}`;
    const signed = await fetch(host.awsUrl + path, {
      method: 'POST',
      headers: { ...headers, authorization },
      body: '{}',
    });
    assert.ok([400, 403].includes(signed.status), `${path}, with a signature: ${signed.status}`);
  }
  for (const path of ['/metrics', '/_countersign/outbox', '/_countersign/log', '/_countersign/tasks'])
    assert.ok((await fetch(host.awsUrl + path)).status >= 400, path);
  assert.doesNotMatch(host.logged.join('\n'), new RegExp(KEY.secretAccessKey, 'v'));
});

test('without keys nothing is opened to others, and with them there is nothing that asks for none', async () => {
  const assemblyDir = writeAssembly({});
  const plain = { dataDir: freshPath(), assemblyDir, iam: 'enforced' as const };
  const refusals: [Parameters<typeof startTestHost>[0], RegExp][] = [
    [{ ...plain, host: '0.0.0.0' }, /^Whoever reaches 0\.0\.0\.0 could do everything/v],
    [{ ...plain, host: '0.0.0.0', credentialsFile: keysFile(), iam: 'off' }, /roles have theirs/v],
    [{ ...plain, credentialsFile: keysFile(), timeTravel: true }, /no key is asked for/v],
  ];
  for (const [options, why] of refusals) assert.match((await refusalOf(() => startTestHost(options))).message, why);
  await assert.rejects(startEngineServer({ host: '0.0.0.0', port: 0, log }), HostError);
});

test('a file of keys that cannot be used says why, and nothing of what is in it', () => {
  const { accessKeyId, secretAccessKey } = KEY;
  const one = profile('one', KEY);
  const cases: [string, RegExp][] = [
    ['', /it holds no key/v],
    [secretAccessKey, /it holds no key/v],
    [`[one]\naws_access_key_id=${accessKeyId}`, /profile "one" needs aws_access_key_id and aws_secret_access_key/v],
    [one + profile('two', KEY), /the key id of profile "two" is there twice/v],
    [profile('one', { ...KEY, accessKeyId: 'short' }), /16 to 128 letters/v],
    [profile('one', { ...KEY, accessKeyId: 'ASIALOCAL0000000' }), /one of a role of this machine/v],
    [profile('one', { ...KEY, secretAccessKey: 'guessed' }), /shorter than 32 characters/v],
    [`${one}aws_session_token = x\n`, /is of a session/v],
  ];
  for (const [text, why] of cases) {
    assert.throws(
      () => keysFor({ host: '127.0.0.1', credentialsFile: keysFile(text) }),
      (error) => {
        assert.ok(error instanceof HostError);
        assert.match(error.message, why);
        assert.ok(![error.message, error.nextStep].join(' ').includes(secretAccessKey));
        return true;
      },
    );
  }
  const shared = keysFile();
  chmodSync(shared, 0o644);
  assert.throws(() => keysFor({ host: '127.0.0.1', credentialsFile: shared }), /others may read it/v);
  assert.throws(() => keysFor({ host: '127.0.0.1', credentialsFile: '/none' }), /cannot be opened \(ENOENT\)/v);
  const two = keysFor({ host: '::', credentialsFile: keysFile(`# mine\r\n${one.replaceAll('\n', '\r\n')}`) });
  assert.deepEqual(two, new Map([[accessKeyId, secretAccessKey]]));
});

async function openHost(assemblyDir: string): Promise<TestHost> {
  return await startTestHost({ assemblyDir, host: '0.0.0.0', credentialsFile: keysFile(), iam: 'enforced' });
}
