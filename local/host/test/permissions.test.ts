import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openRoleCredentials } from '../src/services/role-credentials.ts';
import { freshPath, writeAssembly } from './assembly-files.ts';
import { ended, startTestHost, until, type TestHost } from './test-host.ts';

// What is allowed and what is not, over the wire, as the SDKs get it.

const ACCOUNT = '000000000000';
const LAMBDA_TRUST = trust('lambda');

function trust(service: string) {
  const statement = { Effect: 'Allow', Principal: { Service: `${service}.amazonaws.com` }, Action: 'sts:AssumeRole' };
  return { Version: '2012-10-17', Statement: [statement] };
}

function role(statements: readonly object[], more: object = {}, assumedBy: object = LAMBDA_TRUST) {
  const Policies = [{ PolicyName: 'p', PolicyDocument: { Version: '2012-10-17', Statement: statements } }];
  return { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: assumedBy, Policies, ...more } };
}

const allow = (Action: string | string[], Resource: string | object, Condition?: object) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition && { Condition }),
});

/** A host with permissions, and the clients of one of its roles. */
async function hostWith(resources: Record<string, object>, files: Record<string, string> = {}) {
  const dataDir = freshPath();
  const host = await startTestHost({ assemblyDir: writeAssembly(resources, files), dataDir, iam: 'enforced' });
  const issuer = openRoleCredentials(join(dataDir, 'role-credentials.key'));
  const clientsOf = (roleName: string) => {
    const roleArn = `arn:aws:iam::${ACCOUNT}:role/App-${roleName}`;
    const credentials = issuer.credentialsFor({ roleArn, sessionName: 'test' });
    const settings = { endpoint: host.awsUrl, region: 'us-east-1', credentials, maxAttempts: 1 };
    return {
      s3: new S3Client({ ...settings, forcePathStyle: true }),
      sfn: new SFNClient(settings),
      sns: new SNSClient(settings),
      events: new EventBridgeClient(settings),
      secrets: new SecretsManagerClient(settings),
    };
  };
  return { host, clientsOf };
}

const denials = (host: TestHost) =>
  host.logged.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ event }) => event === 'iam.denied');

const SHELF = { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'shelf' } };

test('a role may do what its policies say, and a denial is in the words of each service', async () => {
  const { host, clientsOf } = await hostWith({
    Shelf: SHELF,
    Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'news' } },
    Secret: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'key', SecretString: 'hush' } },
    Reader: role([allow('s3:GetObject', 'arn:aws:s3:::shelf/open/*'), allow('s3:PutObject', 'arn:aws:s3:::shelf/*')]),
  });
  const { s3, sfn, sns, events, secrets } = clientsOf('Reader');
  const object = { Bucket: 'shelf', Key: 'open/a' };
  await s3.send(new PutObjectCommand({ ...object, Body: 'x' }));
  assert.equal(await (await s3.send(new GetObjectCommand(object))).Body?.transformToString(), 'x');

  const who = `User: arn:aws:sts::${ACCOUNT}:assumed-role/App-Reader/test is not authorized to perform:`;
  const why = (action: string) => `because no identity-based policy allows the ${action} action`;
  await assert.rejects(s3.send(new GetObjectCommand({ ...object, Key: 'closed/a' })), {
    name: 'AccessDenied',
    message: `${who} s3:GetObject on resource: "arn:aws:s3:::shelf/closed/a" ${why('s3:GetObject')}`,
  });
  // Who may not list does not learn what is missing.
  await assert.rejects(
    s3.send(new GetObjectCommand({ ...object, Key: 'open/none' })),
    /s3:ListBucket on resource: "arn:aws:s3:::shelf"/v,
  );
  await assert.rejects(
    s3.send(new HeadObjectCommand({ ...object, Key: 'open/none' })),
    (error) => error instanceof S3ServiceException && error.$metadata.httpStatusCode === 403,
  );
  const machine = `arn:aws:states:us-east-1:${ACCOUNT}:stateMachine:m`;
  await assert.rejects(sfn.send(new StartExecutionCommand({ stateMachineArn: machine })), {
    name: 'AccessDeniedException',
    message: `${who} states:StartExecution on resource: ${machine} ${why('states:StartExecution')}`,
  });
  const topic = `arn:aws:sns:us-east-1:${ACCOUNT}:news`;
  await assert.rejects(sns.send(new PublishCommand({ TopicArn: topic, Message: 'm' })), {
    name: 'AuthorizationErrorException',
    message: `${who} SNS:Publish on resource: ${topic} ${why('SNS:Publish')}`,
  });
  await assert.rejects(
    events.send(new PutEventsCommand({ Entries: [{ Source: 's', DetailType: 'd', Detail: '{}' }] })),
    {
      name: 'AccessDeniedException',
      message: `${who} events:PutEvents on resource: arn:aws:events:us-east-1:${ACCOUNT}:event-bus/default ${why('events:PutEvents')}`,
    },
  );
  await assert.rejects(secrets.send(new GetSecretValueCommand({ SecretId: 'key' })), { name: 'AccessDeniedException' });

  const [first] = denials(host);
  assert.deepEqual(first?.['statementToAdd'], {
    Effect: 'Allow',
    Action: 's3:GetObject',
    Resource: 'arn:aws:s3:::shelf/closed/a',
  });
  assert.equal(first?.['role'], '"Reader" of stack "App"');
  const said = denials(host).map(({ message }) => message);
  assert.equal(new Set(said).size, said.length, 'what was denied twice is said once');
  assert.doesNotMatch(host.logged.join('\n'), /hush/v);
});

test('a bucket policy, a boundary and a condition have their say', async () => {
  const boundary = { Statement: [allow(['s3:GetObject', 's3:ListBucket'], '*')], Version: '2012-10-17' };
  const conditionalWrites = {
    Effect: 'Deny',
    Principal: { AWS: '*' },
    Action: 's3:PutObject',
    Resource: 'arn:aws:s3:::shelf/*',
    Condition: { Null: { 's3:if-none-match': 'true' } },
  };
  const { clientsOf } = await hostWith({
    Shelf: SHELF,
    ShelfPolicy: {
      Type: 'AWS::S3::BucketPolicy',
      Properties: {
        Bucket: { Ref: 'Shelf' },
        PolicyDocument: { Version: '2012-10-17', Statement: [conditionalWrites] },
      },
    },
    Boundary: { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument: boundary } },
    Writer: role([allow('s3:*', '*')]),
    Bound: role([allow('s3:*', '*')], { PermissionsBoundary: { Ref: 'Boundary' } }),
    Managed: role([], { ManagedPolicyArns: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'] }),
  });
  const object = { Bucket: 'shelf', Key: 'a' };
  const put = (name: string, more: object = {}) =>
    clientsOf(name).s3.send(new PutObjectCommand({ ...object, Body: 'x', ...more }));
  await assert.rejects(
    put('Writer'),
    /s3:PutObject on resource: "arn:aws:s3:::shelf\/a" with an explicit deny in a resource-based policy$/v,
  );
  await put('Writer', { IfNoneMatch: '*' });
  await assert.rejects(
    put('Bound', { IfNoneMatch: '*' }),
    /because no permissions boundary allows the s3:PutObject action$/v,
  );
  await clientsOf('Bound').s3.send(new GetObjectCommand(object));
  await clientsOf('Managed').s3.send(new GetObjectCommand(object));
  await assert.rejects(put('Managed', { IfNoneMatch: '*' }), /no identity-based policy/v);
});

test('a task does what the role of its state machine may', async () => {
  const lambdaArn = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:App-Echo`;
  const definition = (resource: string, parameters: object) =>
    JSON.stringify({
      StartAt: 'T',
      States: { T: { Type: 'Task', Resource: resource, Parameters: parameters, End: true } },
    });
  const machine = (roleName: string, text: string) => ({
    Type: 'AWS::StepFunctions::StateMachine',
    Properties: { RoleArn: { 'Fn::GetAtt': [roleName, 'Arn'] }, DefinitionString: text },
  });
  const call = definition('arn:aws:states:::lambda:invoke', { FunctionName: lambdaArn });
  const put = definition('arn:aws:states:::aws-sdk:s3:putObject', { Bucket: 'shelf', Key: 'k', Body: 'b' });
  const map = JSON.stringify({
    StartAt: 'M',
    States: {
      M: {
        Type: 'Map',
        ItemReader: {
          Resource: 'arn:aws:states:::s3:getObject',
          ReaderConfig: { InputType: 'JSON' },
          Parameters: { Bucket: 'shelf', Key: 'items.json' },
        },
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          StartAt: 'P',
          States: { P: { Type: 'Pass', End: true } },
        },
        End: true,
      },
    },
  });
  const start = definition('arn:aws:states:::states:startExecution', {
    StateMachineArn: `arn:aws:states:us-east-1:${ACCOUNT}:stateMachine:App-Calls`,
  });
  const { host } = await hostWith(
    {
      Shelf: SHELF,
      Echo: {
        Type: 'AWS::Lambda::Function',
        Properties: {
          Handler: 'index.handler',
          Runtime: 'nodejs24.x',
          Role: 'arn:aws:iam::1:role/x',
          Code: { S3Key: 'echo.zip' },
        },
      },
      May: role(
        [allow(['lambda:InvokeFunction', 's3:GetObject', 's3:PutObject', 'states:StartExecution'], '*')],
        {},
        trust('states'),
      ),
      MayNot: role([], {}, trust('states')),
      Calls: machine('May', call),
      Puts: machine('May', put),
      Starts: machine('May', start),
      Maps: machine('May', map),
      MapsNot: machine('MayNot', map),
      CallsNot: machine('MayNot', call),
      PutsNot: machine('MayNot', put),
      StartsNot: machine('MayNot', start),
    },
    { 'echo/index.mjs': 'export const handler = async () => ({});' },
  );
  const run = async (name: string) => {
    const stateMachineArn = `arn:aws:states:us-east-1:${ACCOUNT}:stateMachine:App-${name}`;
    const { executionArn = '' } = await host.sfn.send(new StartExecutionCommand({ stateMachineArn }));
    const { status, error, cause } = await ended(host, executionArn);
    return { status, error, cause };
  };
  await host.s3.send(new PutObjectCommand({ Bucket: 'shelf', Key: 'items.json', Body: '[1,2]' }));
  for (const name of ['Calls', 'Puts', 'Starts', 'Maps']) assert.equal((await run(name)).status, 'SUCCEEDED', name);
  const session = `User: arn:aws:sts::${ACCOUNT}:assumed-role/App-MayNot/StepFunctions is not authorized to perform: `;
  const calls = await run('CallsNot');
  assert.equal(calls.error, 'Lambda.AWSLambdaException');
  assert.ok(
    calls.cause?.startsWith(`${session}lambda:InvokeFunction on resource: ${lambdaArn} because no`),
    calls.cause,
  );
  assert.match(calls.cause ?? '', /Status Code: 403; Error Code: AccessDeniedException/v);
  const puts = await run('PutsNot');
  assert.ok(
    puts.cause?.startsWith(`${session}s3:PutObject on resource: "arn:aws:s3:::shelf/k" because no`),
    puts.cause,
  );
  const maps = await run('MapsNot');
  assert.equal(maps.error, 'States.ItemReaderFailed');
  assert.match(maps.cause ?? '', /assumed-role\/App-MayNot\/StepFunctions is not authorized to perform: s3:GetObject/v);
  const starts = await run('StartsNot');
  assert.equal(starts.error, 'StepFunctions.AWSStepFunctionsException');
  assert.ok(starts.cause?.startsWith(`${session}states:StartExecution on resource: `), starts.cause);
});

test('a rule reaches a function that lets it in, and no other', async () => {
  const fn = () => ({
    Type: 'AWS::Lambda::Function',
    Properties: {
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Role: 'arn:aws:iam::1:role/x',
      Code: { S3Key: 'echo.zip' },
    },
  });
  const { host } = await hostWith(
    {
      Open: fn(),
      Closed: fn(),
      Rule: {
        Type: 'AWS::Events::Rule',
        Properties: {
          EventPattern: { source: ['shop'] },
          Targets: ['Closed', 'Open'].map((Id) => ({ Id, Arn: { 'Fn::GetAtt': [Id, 'Arn'] } })),
        },
      },
      Permission: {
        Type: 'AWS::Lambda::Permission',
        Properties: {
          Action: 'lambda:InvokeFunction',
          FunctionName: { 'Fn::GetAtt': ['Open', 'Arn'] },
          Principal: 'events.amazonaws.com',
          SourceArn: { 'Fn::GetAtt': ['Rule', 'Arn'] },
        },
      },
    },
    {
      'echo/index.mjs':
        'export const handler = async () => console.log(`${process.env.AWS_LAMBDA_FUNCTION_NAME} was reached`);',
    },
  );
  const client = new EventBridgeClient({
    endpoint: host.awsUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  await client.send(new PutEventsCommand({ Entries: [{ Source: 'shop', DetailType: 'd', Detail: '{}' }] }));
  await until(() => Promise.resolve(host.logged.find((line) => line.includes('App-Open was reached'))));
  assert.equal(
    host.logged.find((line) => line.includes('App-Closed was reached')),
    undefined,
  );
  const [denial] = denials(host);
  assert.match(
    String(denial?.['message']),
    /^Service: events\.amazonaws\.com is not authorized to perform: lambda:InvokeFunction on resource: \S+:function:App-Closed because no resource-based policy/v,
  );
});

test('the developer may do everything, and without permissions so may every role', async () => {
  const resources = { Shelf: SHELF, Nobody: role([]) };
  const { host } = await hostWith(resources);
  await host.s3.send(new PutObjectCommand({ Bucket: 'shelf', Key: 'a', Body: 'x' }));
  const dataDir = freshPath();
  const open = await startTestHost({ assemblyDir: writeAssembly(resources), dataDir, iam: 'off' });
  const issuer = openRoleCredentials(join(dataDir, 'role-credentials.key'));
  const credentials = issuer.credentialsFor({ roleArn: `arn:aws:iam::${ACCOUNT}:role/App-Nobody`, sessionName: 's' });
  const s3 = new S3Client({ endpoint: open.awsUrl, region: 'us-east-1', credentials, forcePathStyle: true });
  await s3.send(new PutObjectCommand({ Bucket: 'shelf', Key: 'a', Body: 'x' }));
  assert.ok(open.ignored.some(({ type }) => type === 'AWS::IAM::Role'));
});

test('what a policy says and is not known here is refused by name before anything starts', async () => {
  const start = (resources: Record<string, object>) =>
    startTestHost({ assemblyDir: writeAssembly(resources), iam: 'enforced' }).then((host) => host.close());
  const withCondition = (condition: object) => start({ R: role([allow('s3:GetObject', '*', condition)]) });
  const place = 'Resources\\.R\\.Properties\\.Policies\\.0\\.PolicyDocument\\.Statement\\.0\\.Condition';
  await assert.rejects(
    withCondition({ StringSounds: { 'aws:PrincipalArn': 'x' } }),
    new RegExp(`${place}: the operator "StringSounds" is not known here`, 'v'),
  );
  await assert.rejects(
    withCondition({ StringEquals: { 'aws:PrincipalTag/team': 'x' } }),
    /requests have no condition key "aws:principaltag\/team" here/v,
  );
  await assert.rejects(withCondition({ NumericEquals: { 's3:max-keys': 'ten' } }), /"ten" is no number/v);
  await assert.rejects(withCondition({ IpAddress: { 'aws:SourceIp': 'home' } }), /"home" is no address/v);
  await assert.rejects(
    start({ R: role([{ Effect: 'Maybe', Action: 'a', Resource: '*' }]) }),
    /Effect: it must be Allow or Deny/v,
  );
  await assert.rejects(start({ R: role([{ Effect: 'Allow', Resource: '*' }]) }), /Action: it is missing/v);
  await assert.rejects(
    start({ R: role([{ ...allow('a', '*'), NotResource: '*' }]) }),
    /Resource or NotResource, not both/v,
  );
  await assert.rejects(start({ R: role([{ ...allow('a', '*'), Principal: '*' }]) }), /a role has no principals/v);
  const fn = { Handler: 'i.h', Runtime: 'nodejs24.x', Code: { ZipFile: '' }, Role: { 'Fn::GetAtt': ['R', 'Arn'] } };
  await assert.rejects(
    start({ R: role([], {}, trust('states')), F: { Type: 'AWS::Lambda::Function', Properties: fn } }),
    /F\.Properties\.Role: the role "R" of stack "App" cannot be assumed by lambda\.amazonaws\.com/v,
  );
  await assert.rejects(
    start({ R: role([], { ManagedPolicyArns: ['arn:aws:iam::aws:policy/AmazonBraketFullAccess'] }) }),
    (error: Error & { nextStep?: string }) => {
      assert.match(error.message, /what "arn:aws:iam::aws:policy\/AmazonBraketFullAccess" allows is not known here/v);
      assert.match(String(error.nextStep), /--no-iam/v);
      return true;
    },
  );
});
