import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { freshPath, PARCELS, writeAssembly } from './assembly-files.ts';
import { refusalOf } from './refusal.ts';
import { startTestHost } from './test-host.ts';

const CODE = { 'code/index.mjs': 'export const handler = async () => 1;', 'code.zip': 'PK' };
const AGAIN = /^Correct the CDK app, then synthesise it again\.$/v;

const lambda = (properties: object) => ({
  F: {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Code: { S3Key: 'code.zip.zip' },
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Role: 'r',
      ...properties,
    },
  },
});
const good = (properties: object) => lambda({ Code: { ZipFile: 'exports.handler = async () => 1;' }, ...properties });
const bucket = (properties: object) => ({ B: { Type: 'AWS::S3::Bucket', Properties: properties } });
const machine = (properties: object) => ({
  M: {
    Type: 'AWS::StepFunctions::StateMachine',
    Properties: { RoleArn: 'arn:aws:iam::000000000000:role/r', ...properties },
  },
});
const PASS = JSON.stringify({ StartAt: 'P', States: { P: { Type: 'Pass', End: true } } });
const api = (properties: object = {}) => ({
  Type: 'AWS::ApiGatewayV2::Api',
  Properties: { ProtocolType: 'HTTP', ...properties },
});
const part = (type: string, properties: object) => ({
  Api: api(),
  P: { Type: `AWS::ApiGatewayV2::${type}`, Properties: { ApiId: { Ref: 'Api' }, ...properties } },
});
const integration = (properties: object) =>
  part('Integration', {
    IntegrationType: 'AWS_PROXY',
    IntegrationUri: 'arn:f',
    PayloadFormatVersion: '2.0',
    ...properties,
  });

const at = (place: string, what: string) => `Stack "App", Resources.${place}: ${what}.`;

describe('what cannot run here is refused by name', () => {
  const cases: [string, object, string, RegExp][] = [
    [
      'another runtime',
      good({ Runtime: 'python3.14' }),
      'The function "App-F" has the runtime "python3.14", and this machine runs Node.js functions only.',
      /nodejs24\.x/v,
    ],
    [
      'a container image',
      lambda({ Code: { ImageUri: 'x' }, PackageType: 'Image' }),
      at('F.Properties.PackageType', 'container images do not run here'),
      AGAIN,
    ],
    ['layers', good({ Layers: ['arn'] }), at('F.Properties', '"Layers" has no counterpart here'), AGAIN],
    [
      'code that is not in the assembly',
      lambda({ Code: { S3Key: 'other.zip' } }),
      at('F.Properties.Code', 'the assembly has no such code'),
      AGAIN,
    ],
    [
      'a timeout that Lambda has not',
      good({ Timeout: 901 }),
      at('F.Properties.Timeout', 'it must be from 1 to 900, not 901'),
      AGAIN,
    ],
    [
      'a memory that Lambda has not',
      good({ MemorySize: 0 }),
      at('F.Properties.MemorySize', 'it must be from 1 to 10240, not 0'),
      AGAIN,
    ],
    [
      'a function name with a path in it',
      good({ FunctionName: '../../f' }),
      at('F.Properties.FunctionName', 'it is no name for a function'),
      AGAIN,
    ],
    [
      'a bucket name with a path in it',
      bucket({ BucketName: '../b' }),
      at('B.Properties.BucketName', 'it is no name for a bucket'),
      AGAIN,
    ],
    [
      'a state machine name with a path in it',
      machine({ StateMachineName: '../m', DefinitionString: PASS }),
      at('M.Properties.StateMachineName', 'it is no name for a state machine'),
      AGAIN,
    ],
    [
      'events from a bucket to a function',
      bucket({ NotificationConfiguration: { LambdaConfigurations: [] } }),
      at('B.Properties.NotificationConfiguration', '"LambdaConfigurations" has no counterpart here'),
      AGAIN,
    ],
    [
      'locked objects',
      bucket({ ObjectLockEnabled: true }),
      at('B.Properties', '"ObjectLockEnabled" has no counterpart here'),
      AGAIN,
    ],
    [
      'a lifecycle by tag',
      bucket({ LifecycleConfiguration: { Rules: [{ Status: 'Enabled', TagFilters: [] }] } }),
      at('B.Properties.LifecycleConfiguration.Rules.0', '"TagFilters" has no counterpart here'),
      AGAIN,
    ],
    [
      'two buckets of one name',
      { ...bucket({ BucketName: 'same' }), C: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'same' } } },
      '"App.B" and "App.C" are both named "same".',
      /name of its own/v,
    ],
    ['a state machine without a definition', machine({}), at('M.Properties', 'there is no definition'), AGAIN],
    [
      'a definition in a file that is not there',
      machine({ DefinitionS3Location: { Key: 'x' } }),
      at('M.Properties.DefinitionS3Location', 'the assembly has no file for the key "x"'),
      AGAIN,
    ],
    [
      'a WebSocket API',
      { Api: api({ ProtocolType: 'WEBSOCKET' }) },
      at('Api.Properties.ProtocolType', 'only HTTP APIs run here'),
      AGAIN,
    ],
    [
      'an integration with something else than a function',
      integration({ IntegrationType: 'HTTP_PROXY' }),
      at('P.Properties.IntegrationType', 'only Lambda integrations (AWS_PROXY) run here'),
      AGAIN,
    ],
    [
      'payload format 1.0',
      integration({ PayloadFormatVersion: '1.0' }),
      at('P.Properties.PayloadFormatVersion', 'only version 2.0 runs here'),
      AGAIN,
    ],
    [
      'a stage of another name',
      part('Stage', { StageName: 'dev' }),
      at('P.Properties.StageName', 'only the stage $default runs here'),
      AGAIN,
    ],
    [
      'an authorizer that is a function',
      part('Authorizer', { AuthorizerType: 'REQUEST', Name: 'a', AuthorizerUri: 'arn:f' }),
      at('P.Properties.AuthorizerType', 'only JWT authorizers run here'),
      AGAIN,
    ],
    [
      'a route with such an authorizer',
      part('Route', { RouteKey: 'GET /', Target: 'integrations/x', AuthorizationType: 'CUSTOM' }),
      at(
        'P.Properties.AuthorizationType',
        'authorizers that are functions do not run here, and what they find out would be missing',
      ),
      AGAIN,
    ],
    [
      'an authorizer that looks elsewhere than at headers and the query',
      part('Authorizer', {
        AuthorizerType: 'JWT',
        IdentitySource: ['$context.token'],
        JwtConfiguration: { Issuer: 'https://id.example.com', Audience: ['a'] },
      }),
      at('P.Properties.IdentitySource.0', 'it is no header and no query parameter'),
      AGAIN,
    ],
    [
      'a client of no user pool',
      { C: { Type: 'AWS::Cognito::UserPoolClient', Properties: { UserPoolId: 'us-east-1_elsewhere' } } },
      'The user pool "us-east-1_elsewhere" is none of this app.',
      /^Name one that the app creates\./v,
    ],
    [
      'a route to nowhere',
      part('Route', { RouteKey: 'GET /', Target: 'integrations/x' }),
      at('P.Properties', 'its API, integration or authorizer is not known'),
      AGAIN,
    ],
    [
      'a REST API',
      { Api: { Type: 'AWS::ApiGateway::RestApi' } },
      'The app needs what does not run on this machine: AWS::ApiGateway::RestApi "Api" of stack "App".',
      /HTTP API/v,
    ],
  ];
  for (const [title, resources, message, nextStep] of cases) {
    test(title, async () => {
      const assemblyDir = writeAssembly(resources);
      const refusal = await refusalOf(() => startTestHost({ assemblyDir }));
      assert.equal(refusal.message, message);
      assert.match(refusal.nextStep, nextStep);
    });
  }

  test('code that is a file', async () => {
    const assemblyDir = writeAssembly(lambda({ Code: { S3Key: 'code.zip' } }), CODE);
    writeFileSync(
      join(assemblyDir, 'App.assets.json'),
      JSON.stringify({
        files: { code: { source: { path: 'code.zip' }, destinations: { here: { objectKey: 'code.zip' } } } },
      }),
    );
    const { message } = await refusalOf(() => startTestHost({ assemblyDir }));
    assert.match(
      message,
      /^Stack "App", Resources\.F\.Properties\.Code: the code is the file .*code\.zip, and only a folder can be run here\.$/v,
    );
  });

  test('code that has vanished', async () => {
    const assemblyDir = writeAssembly(lambda({ Code: { S3Key: 'code.zip' } }), { 'code/index.mjs': '' });
    writeFileSync(
      join(assemblyDir, 'App.assets.json'),
      JSON.stringify({
        files: {
          code: { source: { path: 'gone', packaging: 'zip' }, destinations: { here: { objectKey: 'code.zip' } } },
        },
      }),
    );
    const { message } = await refusalOf(() => startTestHost({ assemblyDir }));
    assert.match(message, /^Stack "App", Resources\.F\.Properties\.Code: its folder .*gone is missing\.$/v);
  });

  test('a route key that is none', async () => {
    const assemblyDir = writeAssembly({
      ...integration({}),
      R: {
        Type: 'AWS::ApiGatewayV2::Route',
        Properties: { ApiId: { Ref: 'Api' }, RouteKey: 'orders', Target: { 'Fn::Sub': 'integrations/${P}' } },
      },
    });
    const { message } = await refusalOf(() => startTestHost({ assemblyDir }));
    assert.equal(message, 'The route key "orders" is none of an HTTP API.');
  });

  test('a definition that Step Functions refuses', async () => {
    const DefinitionString = JSON.stringify({ StartAt: 'Nowhere', States: { P: { Type: 'Pass', End: true } } });
    const { message, nextStep } = await refusalOf(() =>
      startTestHost({ assemblyDir: writeAssembly(machine({ DefinitionString })) }),
    );
    assert.match(
      message,
      /^Step Functions refuses the state machine "M" of stack "App": Invalid State Machine Definition: .*Nowhere/v,
    );
    assert.match(nextStep, /Correct the definition/v);
  });

  test('a state machine that changes its type', async () => {
    const dataDir = freshPath();
    const first = await startTestHost({ dataDir, assemblyDir: writeAssembly(machine({ DefinitionString: PASS })) });
    await first.close();
    const assemblyDir = writeAssembly(machine({ DefinitionString: PASS, StateMachineType: 'EXPRESS' }));
    const { message } = await refusalOf(() => startTestHost({ dataDir, assemblyDir }));
    assert.equal(
      message,
      'The state machine "M" of stack "App" is EXPRESS now and was STANDARD, which cannot be changed.',
    );
  });
});

test('a refusal frees the folder and the ports, so that the next start can have them', async () => {
  const dataDir = freshPath();
  const broken = writeAssembly({ ...machine({ DefinitionString: '{}' }), Api: api() });
  await refusalOf(() => startTestHost({ assemblyDir: broken, dataDir }));
  const host = await startTestHost({ assemblyDir: PARCELS, dataDir });
  const [port, awsPort] = [host.apis[0]?.url, host.awsUrl].map((url) => Number(new URL(url ?? '').port));
  await host.close();
  const again = await startTestHost({ assemblyDir: PARCELS, dataDir, port: port ?? 0, awsPort: awsPort ?? 0 });
  await again.close();
});

test('ports and folders in use are one sentence each', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  assert.ok(typeof address === 'object' && address !== null);
  const { port } = address;
  const refused = async (options: object) =>
    (await refusalOf(() => startTestHost({ assemblyDir: PARCELS, ...options }))).message;
  assert.equal(await refused({ awsPort: port }), `Port ${port} for Step Functions, S3 and Lambda is in use.`);
  assert.equal(await refused({ port }), `Port ${port} for the HTTP API "Api" of stack "Counter" is in use.`);
  taken.close();

  const dataDir = freshPath();
  const host = await startTestHost({ assemblyDir: PARCELS, dataDir });
  assert.equal(await refused({ dataDir }), `The data folder "${dataDir}" is in use by process ${process.pid}.`);
  await host.close();
});

test('executions and objects that cannot be read are named, not lost', async () => {
  for (const [file, message] of [
    ['executions.sqlite', /^The executions in ".*executions\.sqlite" cannot be opened: .*\.$/v],
    ['s3.sqlite', /s3\.sqlite/v],
    ['resources.json', /resources\.json" is damaged\.$/v],
  ] as const) {
    const dataDir = freshPath();
    const host = await startTestHost({ assemblyDir: PARCELS, dataDir });
    await host.close();
    writeFileSync(join(dataDir, file), 'this is no database, and longer than the header of one'.repeat(20));
    const refusal = await refusalOf(() => startTestHost({ assemblyDir: PARCELS, dataDir }));
    assert.match(refusal.message, message);
  }
});
