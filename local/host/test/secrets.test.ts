import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import {
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { freshPath, writeAssembly } from './assembly-files.ts';
import { settingsOf } from './messaging-fixture.ts';
import { refusalOf } from './refusal.ts';
import { startTestHost, until, type TestHost } from './test-host.ts';

/** Gives each rotation a new value, as the templates of Secrets Manager do. */
const ROTATION = `
  import { SecretsManagerClient, DescribeSecretCommand, PutSecretValueCommand, UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager';
  const secrets = new SecretsManagerClient({});
  export const handler = async ({ Step, SecretId, ClientRequestToken }) => {
    console.log('step ' + Step);
    if (Step === 'createSecret') {
      await secrets.send(new PutSecretValueCommand({ SecretId, ClientRequestToken, SecretString: 'rotated ' + ClientRequestToken, VersionStages: ['AWSPENDING'] }));
    }
    if (Step === 'finishSecret') {
      const { VersionIdsToStages } = await secrets.send(new DescribeSecretCommand({ SecretId }));
      const [current] = Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes('AWSCURRENT'));
      await secrets.send(new UpdateSecretVersionStageCommand({ SecretId, VersionStage: 'AWSCURRENT', MoveToVersionId: ClientRequestToken, RemoveFromVersionId: current }));
    }
  };`;

const secret = (properties: object) => ({ Type: 'AWS::SecretsManager::Secret', Properties: properties });
const rotation = (properties: object) => ({
  Type: 'AWS::SecretsManager::RotationSchedule',
  Properties: { SecretId: { Ref: 'Key' }, RotationLambdaARN: { 'Fn::GetAtt': ['Rotate', 'Arn'] }, ...properties },
});

const RESOURCES = {
  Key: secret({ Name: 'link-key', GenerateSecretString: { PasswordLength: 64, ExcludePunctuation: true } }),
  Login: secret({ GenerateSecretString: { SecretStringTemplate: '{"user":"shop"}', GenerateStringKey: 'password' } }),
  Given: secret({ Name: 'given', SecretString: 'as it is' }),
  Rotate: {
    Type: 'AWS::Lambda::Function',
    Properties: { Handler: 'index.handler', Runtime: 'nodejs24.x', Role: 'r', Code: { S3Key: 'rotate.zip' } },
  },
};
const CODE = { 'rotate/index.mjs': ROTATION };
const assemblyDir = writeAssembly(RESOURCES, CODE);

const clientOf = (host: Pick<TestHost, 'awsUrl'>) => new SecretsManagerClient(settingsOf(host));

function value(host: Pick<TestHost, 'awsUrl'>, id: string, more: { VersionStage?: string; VersionId?: string } = {}) {
  return clientOf(host).send(new GetSecretValueCommand({ SecretId: id, ...more }));
}

describe('a secret', () => {
  test('has the value that its template asks for, and keeps it', async () => {
    const dataDir = freshPath();
    const first = await startTestHost({ assemblyDir, dataDir });
    const key = await value(first, 'link-key');
    assert.match(key.SecretString ?? '', /^[A-Za-z0-9]{64}$/v);
    assert.deepEqual(key.VersionStages, ['AWSCURRENT']);
    assert.match(key.ARN ?? '', /^arn:aws:secretsmanager:us-east-1:000000000000:secret:link-key-[A-Za-z]{6}$/v);
    const login = JSON.parse((await value(first, 'App-Login')).SecretString ?? '');
    assert.deepEqual([login.user, login.password.length], ['shop', 32]);
    assert.equal((await value(first, 'given')).SecretString, 'as it is');
    assert.equal((await value(first, (key.ARN ?? '').slice(0, -7))).SecretString, key.SecretString);
    await first.close();

    const second = await startTestHost({ assemblyDir, dataDir });
    const { SecretString } = await value(second, key.ARN ?? '');
    assert.equal(SecretString, key.SecretString);
    const file = join(dataDir, 'secrets.json');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.ok(readFileSync(file, 'utf8').includes(SecretString ?? '?'));
    const logged = [...first.logged, ...second.logged].join('');
    for (const text of [SecretString, login.password]) assert.equal(logged.includes(text), false);
  });

  test('gets new versions, of which one is current', async () => {
    const host = await startTestHost({ assemblyDir });
    const client = clientOf(host);
    const before = await value(host, 'given');
    const { VersionId } = await client.send(new PutSecretValueCommand({ SecretId: 'given', SecretString: 'new' }));
    assert.equal((await value(host, 'given')).SecretString, 'new');
    assert.equal((await value(host, 'given', { VersionStage: 'AWSPREVIOUS' })).SecretString, 'as it is');
    assert.equal((await value(host, 'given', { VersionId: before.VersionId ?? '' })).SecretString, 'as it is');
    const back = {
      SecretId: 'given',
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: before.VersionId,
      RemoveFromVersionId: VersionId,
    };
    await client.send(new UpdateSecretVersionStageCommand(back));
    assert.equal((await value(host, 'given')).SecretString, 'as it is');
    const { Versions } = await client.send(new ListSecretVersionIdsCommand({ SecretId: 'given' }));
    const stages = new Map(Versions?.map((version) => [version.VersionId, version.VersionStages]));
    assert.deepEqual([stages.get(before.VersionId), stages.get(VersionId)], [['AWSCURRENT'], ['AWSPREVIOUS']]);
    const bytes = { SecretId: 'given', SecretBinary: new Uint8Array([0, 255]) };
    await client.send(new PutSecretValueCommand(bytes));
    assert.deepEqual([...((await value(host, 'given')).SecretBinary ?? [])], [0, 255]);
  });

  test('that is not there is no other, and what a request holds is in no error', async () => {
    const host = await startTestHost({ assemblyDir });
    await assert.rejects(value(host, 'nobody'), { name: 'ResourceNotFoundException' });
    await assert.rejects(value(host, 'given', { VersionStage: 'AWSPENDING' }), { name: 'ResourceNotFoundException' });
    await assert.rejects(clientOf(host).send(new RotateSecretCommand({ SecretId: 'given' })), {
      name: 'InvalidRequestException',
    });
    const response = await fetch(host.awsUrl, {
      method: 'POST',
      headers: { 'x-amz-target': 'secretsmanager.PutSecretValue' },
      body: '{"SecretId": "given", "SecretString": "hush" ',
    });
    const answer = await response.text();
    assert.deepEqual([response.status, answer.includes('hush')], [400, false]);
    assert.equal(host.logged.join('').includes('hush'), false);
  });

  test('can be made of random characters of the kinds wanted', async () => {
    const host = await startTestHost({ assemblyDir });
    const password = async (shape: object) =>
      (await clientOf(host).send(new GetRandomPasswordCommand(shape))).RandomPassword ?? '';
    assert.match(await password({ PasswordLength: 20, ExcludePunctuation: true }), /^[A-Za-z0-9]{20}$/v);
    assert.match(
      await password({
        PasswordLength: 8,
        ExcludeLowercase: true,
        ExcludeNumbers: true,
        ExcludePunctuation: true,
        ExcludeCharacters: 'ABC',
      }),
      /^[D-Z]{8}$/v,
    );
    await assert.rejects(password({ PasswordLength: 3 }), { name: 'InvalidParameterException' });
  });
});

describe('a rotation', () => {
  const rotated = (host: TestHost, other: string | undefined) =>
    until(async () => {
      const current = await value(host, 'link-key');
      return current.SecretString === other ? undefined : current;
    });

  test('goes its four steps at once, when it is asked for, and by its schedule', async () => {
    const rotating = { ...RESOURCES, Rotation: rotation({ RotationRules: { ScheduleExpression: 'rate(90 days)' } }) };
    const dataDir = freshPath();
    const options = { assemblyDir: writeAssembly(rotating, CODE), dataDir, timeTravel: true };
    const host = await startTestHost(options);
    const first = await until(async () => {
      const current = await value(host, 'link-key');
      return current.SecretString?.startsWith('rotated') === true ? current : undefined;
    });
    const { RotationEnabled, VersionIdsToStages } = await clientOf(host).send(
      new DescribeSecretCommand({ SecretId: 'link-key' }),
    );
    assert.equal(RotationEnabled, true);
    assert.ok(VersionIdsToStages?.[first.VersionId ?? '']?.includes('AWSCURRENT'));
    const steps = host.logged.flatMap((line) => /step (\w+)/v.exec(line)?.[1] ?? []);
    assert.deepEqual(steps.slice(0, 4), ['createSecret', 'setSecret', 'testSecret', 'finishSecret']);

    const { VersionId } = await clientOf(host).send(new RotateSecretCommand({ SecretId: 'link-key' }));
    const second = await rotated(host, first.SecretString);
    assert.equal(second.VersionId, VersionId);
    assert.equal((await value(host, 'link-key', { VersionStage: 'AWSPREVIOUS' })).SecretString, first.SecretString);

    await fetch(`${host.awsUrl}/_countersign/time/advance`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ by: 'P91D' }),
    });
    const third = await rotated(host, second.SecretString);
    await host.close();

    const again = await startTestHost(options);
    assert.equal((await value(again, 'link-key')).SecretString, third.SecretString, 'a start rotates nothing');
    await again.close();
  });

  test('that fails leaves the secret as it is', async () => {
    const code = { 'rotate/index.mjs': `export const handler = async () => { throw new Error('no'); };` };
    const rotating = { ...RESOURCES, Rotation: rotation({ RotationRules: { AutomaticallyAfterDays: 30 } }) };
    const host = await startTestHost({ assemblyDir: writeAssembly(rotating, code) });
    await until(() => Promise.resolve(host.logged.find((line) => line.includes('delivery.postponed'))));
    const { SecretString, VersionStages } = await value(host, 'link-key');
    assert.match(SecretString ?? '', /^[A-Za-z0-9]{64}$/v);
    assert.deepEqual(VersionStages, ['AWSCURRENT']);
  });
});

describe('what a secret may not be is refused by name', () => {
  const cases: Record<string, [object, RegExp]> = {
    'a template that is no object': [
      { Key: secret({ GenerateSecretString: { SecretStringTemplate: '[', GenerateStringKey: 'a' } }) },
      /SecretStringTemplate/v,
    ],
    'a password that cannot be': [
      { Key: secret({ GenerateSecretString: { PasswordLength: 2 } }) },
      /GenerateSecretString/v,
    ],
    'a rotation rule that is none': [
      { ...RESOURCES, Rotation: rotation({ RotationRules: { ScheduleExpression: 'weekly' } }) },
      /RotationRules/v,
    ],
  };
  for (const [name, [resources, said]] of Object.entries(cases)) {
    test(name, async () => {
      const { message } = await refusalOf(() => startTestHost({ assemblyDir: writeAssembly(resources, CODE) }));
      assert.match(message, said);
    });
  }
});
