import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import {
  DescribeStateMachineCommand,
  DescribeStateMachineForExecutionCommand,
  ListExecutionsCommand,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { changedParcels, freshPath, PARCELS, writeAssembly } from './assembly-files.ts';
import { clientsOf, ended, invoke, objectText, rested, startTestHost, until, type TestHost } from './test-host.ts';

const PICKUP = 'arn:aws:states:eu-north-1:000000000000:stateMachine:Counter-Pickup';
const SHELF = 'storage-shelf';
const executionOf = (id: string) => `arn:aws:states:eu-north-1:000000000000:execution:Counter-Pickup:${id}`;

async function ask({ apis }: Pick<TestHost, 'apis'>, method: string, path: string): Promise<[number, unknown]> {
  const response = await fetch(`${apis[0]?.url}${path}`, { method });
  return [response.status, await response.json()];
}

/** Hands a parcel in, and waits until it lies on the shelf. @returns the token that is its way out */
async function handIn(host: TestHost, id: string): Promise<string> {
  const [status, answer] = await ask(host, 'PUT', `/parcels/${id}`);
  const executionArn = executionOf(id);
  assert.deepEqual([status, answer], [202, { executionArn, url: host.apis[0]?.url }]);
  return until(() => objectText(host, SHELF, id));
}

/** Collects a parcel, and waits until its execution has ended. */
async function collect(host: TestHost, id: string): Promise<void> {
  assert.deepEqual(await ask(host, 'POST', `/parcels/${id}/pickup`), [200, { handedOut: id }]);
  const { status, output } = await ended(host, executionOf(id));
  assert.deepEqual([status, output], ['SUCCEEDED', JSON.stringify({ handedOut: id })]);
}

async function stateMachine({ sfn }: TestHost) {
  const { $metadata: _, ...described } = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn: PICKUP }));
  return described;
}

function events({ logged }: TestHost): unknown[] {
  return logged.map((line) => JSON.parse(line).event);
}

test('an app of functions, a state machine, a bucket and an HTTP API runs, and its waits outlive a restart', async () => {
  const dataDir = freshPath();
  const first = await startTestHost({ assemblyDir: PARCELS, dataDir });
  const token = await handIn(first, 'p1');
  await handIn(first, 'p2');
  await collect(first, 'p1');
  const before = await stateMachine(first);
  assert.equal(first.logged.join('').includes(token), false, 'the log knows no task token');
  await first.close();

  const record = join(dataDir, 'resources.json');
  const written = statSync(record).mtimeMs;
  const second = await startTestHost({ assemblyDir: PARCELS, dataDir });
  await collect(second, 'p2');
  assert.deepEqual(await stateMachine(second), before, 'an unchanged state machine is left as it is');
  assert.equal(statSync(record).mtimeMs, written);
  assert.deepEqual(
    events(second).filter((event) => String(event).startsWith('state-machine.')),
    [],
  );
  await second.close();
});

test('a wait outlives kill -9, and the folder is free at once', async () => {
  const dataDir = freshPath();
  const module = new URL('test-host.ts', import.meta.url).href;
  const script = `
    const { startTestHost } = await import(${JSON.stringify(module)});
    const host = await startTestHost(${JSON.stringify({ assemblyDir: PARCELS, dataDir })});
    process.stdout.write(JSON.stringify({ apis: host.apis, awsUrl: host.awsUrl }));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = await once(child.stdout, 'data');
  const { apis, awsUrl } = JSON.parse(String(said));
  await ask({ apis }, 'PUT', '/parcels/p3');
  await rested(clientsOf(awsUrl), executionOf('p3'));
  child.kill('SIGKILL');
  await once(child, 'exit');

  const host = await startTestHost({ assemblyDir: PARCELS, dataDir });
  await collect(host, 'p3');
  await host.close();
});

test('a changed definition is for new executions; what runs keeps its own', async () => {
  const dataDir = freshPath();
  const first = await startTestHost({ assemblyDir: PARCELS, dataDir });
  await handIn(first, 'old');
  await first.close();

  const assemblyDir = changedParcels('Counter', (template) => template.replace(':3600', ':7200'));
  const second = await startTestHost({ assemblyDir, dataDir });
  assert.ok(events(second).includes('state-machine.updated'));
  await handIn(second, 'new');
  const timeoutOf = async (id: string) => {
    const executionArn = executionOf(id);
    const { definition } = await second.sfn.send(new DescribeStateMachineForExecutionCommand({ executionArn }));
    return JSON.parse(definition ?? '').States.WaitForPickup.TimeoutSeconds;
  };
  assert.deepEqual([await timeoutOf('old'), await timeoutOf('new')], [3600, 7200]);
  await collect(second, 'old');
  await collect(second, 'new');
  await second.close();
});

test('what the template no longer has is named in the log, and its data stay', async () => {
  const dataDir = freshPath();
  const first = await startTestHost({ assemblyDir: PARCELS, dataDir });
  await handIn(first, 'p4');
  await first.close();

  const other = writeAssembly({ Other: { Type: 'AWS::S3::Bucket' } }, {}, 'eu-north-1');
  const second = await startTestHost({ assemblyDir: other, dataDir });
  const vanished = second.logged
    .map((line) => JSON.parse(line))
    .filter(({ event }) => event === 'host.resource-vanished');
  assert.deepEqual(
    vanished.map(({ resource, ref, level }) => [resource, ref, level]),
    [
      ['Storage/Shelf', SHELF, 'warn'],
      ['Counter/Pickup', PICKUP, 'warn'],
    ],
  );
  assert.ok(await objectText(second, SHELF, 'p4'));
  const running = await second.sfn.send(
    new ListExecutionsCommand({ stateMachineArn: PICKUP, statusFilter: 'RUNNING' }),
  );
  assert.equal(running.executions?.length, 1);
  await second.close();

  const third = await startTestHost({ assemblyDir: PARCELS, dataDir });
  await collect(third, 'p4');
  await third.close();
});

test('the host says where the app is, what runs and what was left out', async () => {
  const dataDir = freshPath();
  const host = await startTestHost({ assemblyDir: PARCELS, dataDir });
  assert.equal(host.dataDir, dataDir);
  assert.match(host.awsUrl, /^http:\/\/127\.0\.0\.1:\d+$/v);
  assert.deepEqual(
    host.apis.map(({ logicalId, stackName }) => [logicalId, stackName]),
    [['Api', 'Counter']],
  );
  assert.deepEqual(
    host.resources
      .filter(({ type }) => !type.startsWith('AWS::ApiGatewayV2'))
      .map(({ logicalId, ref }) => [logicalId, ref]),
    [
      ['Shelf', SHELF],
      ['ShelfFunction', 'Counter-ShelfFunction'],
      ['Pickup', PICKUP],
      ['Frontdesk', 'Counter-Frontdesk'],
    ],
  );
  assert.deepEqual(host.ignored, [
    { stackName: 'Storage', logicalId: 'ShelfPolicy', type: 'AWS::S3::BucketPolicy' },
    { stackName: 'Counter', logicalId: 'Role', type: 'AWS::IAM::Role' },
    { stackName: 'Counter', logicalId: 'Permission', type: 'AWS::Lambda::Permission' },
  ]);
  const health = await fetch(`${host.awsUrl}/_countersign/health`);
  assert.deepEqual(await health.json(), { status: 'ready' });
  await host.close();
});

const ENVIRONMENT = { 'mirror/index.mjs': 'export const handler = async () => process.env;' };

function functionOf(properties: object = {}) {
  const base = { Handler: 'index.handler', Runtime: 'nodejs24.x', Role: 'arn:aws:iam::000000000000:role/r' };
  return { Type: 'AWS::Lambda::Function', Properties: { ...base, Code: { S3Key: 'mirror.zip' }, ...properties } };
}

describe('a function', () => {
  test('has the environment that Lambda gives it, and nothing of the host', async () => {
    const own = ['SECRET', 'AWS_PROFILE', 'AWS_SESSION_TOKEN'];
    for (const name of own) process.env[name] = 'of-the-host';
    const Mirror = functionOf({
      MemorySize: 256,
      Environment: {
        Variables: { OWN: 1, POWERTOOLS_TRACE_ENABLED: 'true', AWS_ENDPOINT_URL: 'https://elsewhere.example' },
      },
    });
    const host = await startTestHost({ assemblyDir: writeAssembly({ Mirror }, ENVIRONMENT) });
    const environment = await invoke(host, 'App-Mirror', {});
    assert.ok(typeof environment === 'object' && environment !== null);
    const expected = {
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ENDPOINT_URL: host.awsUrl,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_LAMBDA_FUNCTION_NAME: 'App-Mirror',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_REGION: 'us-east-1',
      OWN: '1',
      POWERTOOLS_TRACE_ENABLED: 'false',
      TZ: ':UTC',
      _HANDLER: 'index.handler',
    };
    assert.deepEqual({ ...environment, ...expected }, environment);
    assert.match(JSON.stringify(environment), /"AWS_ACCESS_KEY_ID":"ASIA[A-Z2-7]{16}"/v);
    assert.match(JSON.stringify(environment), /"LAMBDA_TASK_ROOT":"[^"]+mirror"/v);
    assert.doesNotMatch(JSON.stringify(environment), /of-the-host/v);
    for (const name of own) delete process.env[name];
    await host.close();
  });

  test('can stand in the template itself, and have versions and aliases that are the function', async () => {
    const assemblyDir = writeAssembly({
      Inline: functionOf({ Code: { ZipFile: 'exports.handler = async (event) => ({ got: event });' } }),
      Version: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { Ref: 'Inline' } } },
      Live: {
        Type: 'AWS::Lambda::Alias',
        Properties: {
          FunctionName: { 'Fn::GetAtt': ['Inline', 'Arn'] },
          FunctionVersion: { 'Fn::GetAtt': ['Version', 'Version'] },
          Name: 'live',
        },
      },
    });
    const host = await startTestHost({ assemblyDir });
    const refs = Object.fromEntries(host.resources.map(({ logicalId, ref }) => [logicalId, ref]));
    const arn = 'arn:aws:lambda:us-east-1:000000000000:function:App-Inline';
    assert.deepEqual(refs, { Inline: 'App-Inline', Version: arn, Live: arn });
    assert.deepEqual(await invoke(host, arn, { a: 1 }), { got: { a: 1 } });
    await host.close();
  });
});

test('a definition may be a string, an object or a file, with substitutions', async () => {
  const pass = (result: string) => ({ StartAt: 'P', States: { P: { Type: 'Pass', Result: result, End: true } } });
  const machine = (properties: object) => ({
    Type: 'AWS::StepFunctions::StateMachine',
    Properties: {
      RoleArn: 'arn:aws:iam::000000000000:role/r',
      DefinitionSubstitutions: { What: 'it', Number: 1 },
      ...properties,
    },
  });
  const definition = pass('${What}/${Number}/${Unknown}');
  const assemblyDir = writeAssembly(
    {
      Text: machine({ DefinitionString: JSON.stringify(definition) }),
      Tree: machine({ Definition: definition, StateMachineName: 'named' }),
      File: machine({ DefinitionS3Location: { Bucket: 'assets', Key: 'definition.json' } }),
    },
    { 'definition.json': JSON.stringify(definition) },
  );
  const host = await startTestHost({ assemblyDir });
  for (const { logicalId, ref } of host.resources) {
    assert.equal(ref.split(':').at(-1), logicalId === 'Tree' ? 'named' : `App-${logicalId}`);
    const { executionArn = '' } = await host.sfn.send(new StartExecutionCommand({ stateMachineArn: ref }));
    assert.equal((await ended(host, executionArn)).output, '"it/1/${Unknown}"', logicalId);
  }
  await host.close();
});

test('the first HTTP API has the port that was asked for, each further one a port of its own', async () => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  assert.ok(typeof address === 'object' && address !== null);
  probe.close();
  await once(probe, 'close');

  const api = (name: string) => ({
    [name]: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'HTTP', Name: name } },
    [`${name}Integration`]: {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: {
        ApiId: { Ref: name },
        IntegrationType: 'AWS_PROXY',
        IntegrationUri: { 'Fn::GetAtt': ['Echo', 'Arn'] },
        PayloadFormatVersion: '2.0',
      },
    },
    [`${name}Route`]: {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: {
        ApiId: { Ref: name },
        RouteKey: `GET /${name}`,
        Target: { 'Fn::Sub': `integrations/\${${name}Integration}` },
      },
    },
  });
  const Echo = functionOf({ Code: { ZipFile: 'exports.handler = async (event) => event.rawPath;' } });
  const host = await startTestHost({
    assemblyDir: writeAssembly({ ...api('One'), ...api('Two'), Echo }),
    port: address.port,
  });
  const [one, two] = host.apis;
  assert.equal(one?.url, `http://127.0.0.1:${address.port}`);
  assert.equal(await (await fetch(`${one?.url}/One`)).text(), '/One');
  assert.equal(await (await fetch(`${two?.url}/Two`)).text(), '/Two');
  assert.equal((await fetch(`${two?.url}/One`)).status, 404);
  await host.close();
});

test('an API answers preflights as it is configured, and says which of its routes AWS would guard', async () => {
  const assemblyDir = writeAssembly({
    Api: {
      Type: 'AWS::ApiGatewayV2::Api',
      Properties: {
        ProtocolType: 'HTTP',
        CorsConfiguration: {
          AllowOrigins: ['https://shop.example'],
          AllowMethods: ['GET'],
          AllowHeaders: ['x-own'],
          ExposeHeaders: ['x-seen'],
          AllowCredentials: 'true',
          MaxAge: 60,
        },
      },
    },
    Integration: {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: {
        ApiId: { Ref: 'Api' },
        IntegrationType: 'AWS_PROXY',
        IntegrationUri: {
          'Fn::Sub': 'arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function.Arn}/invocations',
        },
        PayloadFormatVersion: '2.0',
        TimeoutInMillis: 5_000,
      },
    },
    Route: {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: {
        ApiId: { Ref: 'Api' },
        RouteKey: 'GET /',
        Target: { 'Fn::Sub': 'integrations/${Integration}' },
        AuthorizationType: 'AWS_IAM',
      },
    },
    Function: functionOf({ Code: { ZipFile: 'exports.handler = async () => "here";' } }),
  });
  const host = await startTestHost({ assemblyDir });
  const url = host.apis[0]?.url ?? '';
  const origin = { origin: 'https://shop.example' };
  const preflight = await fetch(url, {
    method: 'OPTIONS',
    headers: { ...origin, 'access-control-request-method': 'GET' },
  });
  const shown = ['allow-origin', 'allow-methods', 'allow-headers', 'allow-credentials', 'max-age'];
  assert.deepEqual(
    shown.map((name) => preflight.headers.get(`access-control-${name}`)),
    ['https://shop.example', 'GET', 'x-own', 'true', '60'],
  );
  const answer = await fetch(url, { headers: origin });
  assert.deepEqual([await answer.text(), answer.headers.get('access-control-expose-headers')], ['here', 'x-seen']);
  assert.ok(events(host).includes('http-api.route-open'));
  await host.close();
});

test('what Lambda refuses reaches the execution under its name', async () => {
  const task = (name: string) => ({
    Type: 'AWS::StepFunctions::StateMachine',
    Properties: {
      RoleArn: 'arn:aws:iam::000000000000:role/r',
      Definition: {
        StartAt: 'Call',
        States: {
          Call: {
            Type: 'Task',
            Resource: 'arn:aws:states:::lambda:invoke',
            Parameters: { FunctionName: name, Payload: {}, InvocationType: 'RequestResponse', LogType: 'None' },
            End: true,
          },
        },
      },
    },
  });
  const assemblyDir = writeAssembly({
    Nobody: task('nobody'),
    Failing: task('App-Fails'),
    Fails: functionOf({ Code: { ZipFile: 'exports.handler = async () => { throw new RangeError("too far"); };' } }),
  });
  const host = await startTestHost({ assemblyDir });
  const endOf = async (logicalId: string) => {
    const stateMachineArn = host.resources.find((resource) => resource.logicalId === logicalId)?.ref;
    const { executionArn = '' } = await host.sfn.send(new StartExecutionCommand({ stateMachineArn }));
    const { status, error, cause } = await ended(host, executionArn);
    return [status, error, cause ?? ''] as const;
  };
  const nobody = await endOf('Nobody');
  assert.deepEqual(nobody.slice(0, 2), ['FAILED', 'Lambda.ResourceNotFoundException']);
  assert.match(nobody[2], /Function not found: .*:function:nobody .*Status Code: 404/v);
  const failing = await endOf('Failing');
  assert.deepEqual(failing.slice(0, 2), ['FAILED', 'RangeError']);
  assert.match(failing[2], /too far/v);
  await host.close();
});

test('a name that was made to point here reaches neither the API nor AWS', async () => {
  const host = await startTestHost({ assemblyDir: PARCELS });
  for (const url of [`${host.apis[0]?.url}/parcels/p5`, `${host.awsUrl}/${SHELF}/p5`]) {
    const { hostname, port, pathname } = new URL(url);
    const options = { hostname, port, path: pathname, method: 'PUT', headers: { host: 'evil.example' } };
    const [response] = await once(request(options).end(), 'response');
    assert.equal(response.statusCode, 403);
    assert.match(await text(response), /ForeignHost/v);
  }
  assert.equal(await objectText(host, SHELF, 'p5'), undefined);
  await host.close();
});

test('the record of what ran is readable', async () => {
  const dataDir = freshPath();
  const host = await startTestHost({ assemblyDir: PARCELS, dataDir });
  await host.close();
  assert.deepEqual(JSON.parse(readFileSync(join(dataDir, 'resources.json'), 'utf8')), {
    'Storage/Shelf': { type: 'AWS::S3::Bucket', ref: SHELF },
    'Counter/Pickup': { type: 'AWS::StepFunctions::StateMachine', ref: PICKUP },
  });
});
