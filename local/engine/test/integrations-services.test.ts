import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import type { Json, JsonObject } from '../../asl/src/index.ts';
import { credentialsFrom } from '../src/integrations/credentials.ts';
import { endpointsFrom } from '../src/integrations/endpoints.ts';
import { supportsResource } from '../src/integrations/service-integrations.ts';
import type { TaskResult } from '../src/task-handler.ts';
import { EXECUTION_ARN, loopback, outputOf, runTask, type Received } from './integrations-loopback.ts';

const REQUEST_ID = '6f1c1f0e-0000-4000-8000-000000000001';

test('an optimised integration shows the reply with the metadata of the SDK', async (t) => {
  const service = await loopback(t, () => ({
    headers: { 'x-amzn-RequestId': REQUEST_ID, 'Content-Type': 'application/x-amz-json-1.0' },
    body: '{"MD5OfMessageBody":"m","MessageId":"1"}',
  }));
  const parameters = { QueueUrl: 'http://queue/orders', MessageBody: { order: 1 } };
  const output = outputOf(await runTask('sqs:sendMessage', parameters, service));
  assert.deepEqual(Object.keys(output), ['MD5OfMessageBody', 'MessageId', 'SdkHttpMetadata', 'SdkResponseMetadata']);
  assert.deepEqual(output['SdkResponseMetadata'], { RequestId: REQUEST_ID });
  const { AllHttpHeaders, HttpHeaders, HttpStatusCode } = output['SdkHttpMetadata'] as JsonObject;
  assert.equal(HttpStatusCode, 200);
  assert.equal((HttpHeaders as JsonObject)['x-amzn-RequestId'], REQUEST_ID);
  assert.deepEqual((AllHttpHeaders as JsonObject)['x-amzn-RequestId'], [REQUEST_ID]);
  assert.deepEqual(JSON.parse(service.received[0]?.body ?? ''), {
    QueueUrl: 'http://queue/orders',
    MessageBody: '{"order":1}',
  });
});

test('events tell the state machine and the execution that they come from', async (t) => {
  const service = await loopback(t, () => ({ body: '{"FailedEntryCount":0,"Entries":[{"EventId":"1"}]}' }));
  const entries = [{ Detail: { order: 1 }, DetailType: 'order', Source: 'orders', Resources: ['arn:a'] }];
  const output = outputOf(await runTask('events:putEvents', { Entries: entries }, service));
  assert.deepEqual(output, { Entries: [{ EventId: '1' }], FailedEntryCount: 0 });
  const stateMachineArn = 'arn:aws:states:us-east-1:111111111111:stateMachine:Orders';
  assert.deepEqual(JSON.parse(service.received[0]?.body ?? ''), {
    Entries: [
      {
        Detail: '{"order":1}',
        DetailType: 'order',
        Source: 'orders',
        Resources: ['arn:a', stateMachineArn, EXECUTION_ARN],
      },
    ],
  });
});

/** What a task makes of a refusal, or of a reply that is one. Errors and causes as recorded from AWS. */
async function failureOf(
  t: Parameters<typeof loopback>[0],
  resource: string,
  parameters: Json,
  reply: { status: number; headers?: Record<string, string>; body: string },
): Promise<TaskResult> {
  const service = await loopback(t, () => ({
    ...reply,
    headers: { 'x-amzn-RequestId': REQUEST_ID, ...reply.headers },
  }));
  return runTask(resource, parameters, service);
}

test('an error that the model names has its own name, every other that of its service', async (t) => {
  const invalid = '{"__type":"com.amazon.coral.validate#ValidationException","message":"no"}';
  const missing =
    '{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"Requested resource not found"}';
  const item = { TableName: 't', Item: {} };
  const details = `Service: AmazonDynamoDBv2; Status Code: 400; Error Code`;
  assert.deepEqual(await failureOf(t, 'dynamodb:putItem', item, { status: 400, body: invalid }), {
    error: 'DynamoDB.AmazonDynamoDBException',
    cause: `no (${details}: ValidationException; Request ID: ${REQUEST_ID}; Proxy: null)`,
  });
  assert.deepEqual(await failureOf(t, 'dynamodb:putItem', item, { status: 400, body: missing }), {
    error: 'DynamoDB.ResourceNotFoundException',
    cause: `Requested resource not found (${details}: ResourceNotFoundException; Request ID: ${REQUEST_ID}; Proxy: null)`,
  });
  assert.deepEqual(await failureOf(t, 'aws-sdk:dynamodb:putItem', item, { status: 400, body: missing }), {
    error: 'DynamoDb.ResourceNotFoundException',
    cause: `Requested resource not found (Service: DynamoDb, Status Code: 400, Request ID: ${REQUEST_ID})`,
  });
  assert.deepEqual(await failureOf(t, 'aws-sdk:dynamodb:putItem', item, { status: 400, body: invalid }), {
    error: 'DynamoDb.DynamoDbException',
    cause: `no (Service: DynamoDb, Status Code: 400, Request ID: ${REQUEST_ID})`,
  });
});

test('a service that had other codes before is quoted with those', async (t) => {
  const reply = {
    status: 400,
    headers: { 'x-amzn-query-error': 'AWS.SimpleQueueService.NonExistentQueue;Sender' },
    body: '{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."}',
  };
  assert.deepEqual(await failureOf(t, 'sqs:sendMessage', { QueueUrl: 'q', MessageBody: 'm' }, reply), {
    error: 'SQS.QueueDoesNotExistException',
    cause: `The specified queue does not exist. (Service: AmazonSQS; Status Code: 400; Error Code: AWS.SimpleQueueService.NonExistentQueue; Request ID: ${REQUEST_ID}; Proxy: null)`,
  });
});

test('errors in XML are read like those in JSON', async (t) => {
  const notFound =
    '<ErrorResponse><Error><Code>NotFound</Code><Message>Topic does not exist</Message></Error></ErrorResponse>';
  assert.deepEqual(
    await failureOf(t, 'sns:publish', { TopicArn: 'a', Message: 'm' }, { status: 404, body: notFound }),
    {
      error: 'SNS.NotFoundException',
      cause: `Topic does not exist (Service: AmazonSNS; Status Code: 404; Error Code: NotFound; Request ID: ${REQUEST_ID}; Proxy: null)`,
    },
  );
  const noBucket =
    '<?xml version="1.0"?><Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message></Error>';
  const s3 = { status: 404, headers: { 'x-amz-id-2': 'ext' }, body: noBucket };
  assert.deepEqual(await failureOf(t, 'aws-sdk:s3:listObjects', { Bucket: 'b' }, s3), {
    error: 'S3.NoSuchBucketException',
    cause: `The specified bucket does not exist (Service: S3, Status Code: 404, Request ID: ${REQUEST_ID}, Extended Request ID: ext)`,
  });
  const invalidId =
    '<Response><Errors><Error><Code>InvalidInstanceID</Code><Message>no</Message></Error></Errors><RequestID>r</RequestID></Response>';
  assert.deepEqual(await failureOf(t, 'aws-sdk:ec2:describeInstances', {}, { status: 400, body: invalidId }), {
    error: 'Ec2.Ec2Exception',
    cause: `no (Service: Ec2, Status Code: 400, Request ID: ${REQUEST_ID}) (SDK Attempt Count: 1)`,
  });
});

test('an object or a bucket that is not there is told apart, though HEAD has no body', async (t) => {
  const missing = { status: 404, body: '' };
  const object = await failureOf(t, 'aws-sdk:s3:headObject', { Bucket: 'b', Key: 'k' }, missing);
  assert.equal('error' in object && object.error, 'S3.NoSuchKeyException');
  const bucket = await failureOf(t, 'aws-sdk:s3:headBucket', { Bucket: 'b' }, missing);
  assert.equal('error' in bucket && bucket.error, 'S3.NoSuchBucketException');
});

test('a code that happens to be a word of JavaScript is no known error', async (t) => {
  const failure = await failureOf(
    t,
    'aws-sdk:sns:publish',
    { Message: 'm' },
    {
      status: 400,
      body: '<ErrorResponse><Error><Code>constructor</Code></Error></ErrorResponse>',
    },
  );
  assert.equal('error' in failure && failure.error, 'Sns.SnsException');
});

test('a reply of 200 can be a failure', async (t) => {
  const body =
    '{"FailedEntryCount":1,"Entries":[{"ErrorCode":"MalformedDetail","ErrorMessage":"Detail is malformed."}]}';
  assert.deepEqual(await failureOf(t, 'events:putEvents', { Entries: [] }, { status: 200, body }), {
    error: 'EventBridge.FailedEntry',
    cause: '{"Entries":[{"ErrorCode":"MalformedDetail","ErrorMessage":"Detail is malformed."}],"FailedEntryCount":1}',
  });
  const tasks = await failureOf(
    t,
    'ecs:runTask',
    { TaskDefinition: 'w' },
    {
      status: 200,
      body: '{"tasks":[],"failures":[{"arn":"a","reason":"RESOURCE:MEMORY"}]}',
    },
  );
  assert.deepEqual(tasks, {
    error: 'AmazonECS.Unknown',
    cause: '{"Failures":[{"Arn":"a","Reason":"RESOURCE:MEMORY"}],"Tasks":[]}',
  });
  const copy = await failureOf(
    t,
    'aws-sdk:s3:copyObject',
    { Bucket: 'b', Key: 'k', CopySource: 'b/c' },
    {
      status: 200,
      body: '<Error><Code>InternalError</Code><Message>try again</Message></Error>',
    },
  );
  assert.equal('error' in copy && copy.error, 'S3.S3Exception');
});

test('a service without an endpoint fails its task and names the variable', async () => {
  const endpoints = endpointsFrom({ AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:1' });
  assert.deepEqual(await runTask('dynamodb:getItem', { TableName: 't', Key: {} }, { endpoints }), {
    error: 'DynamoDB.SdkClientException',
    cause:
      'Unable to execute HTTP request: there is no endpoint for DynamoDB. Set AWS_ENDPOINT_URL_DYNAMODB, or AWS_ENDPOINT_URL for all services',
  });
  assert.deepEqual(await runTask('aws-sdk:cloudwatchlogs:describeLogGroups', {}, { endpoints }), {
    error: 'CloudWatchLogs.SdkClientException',
    cause:
      'Unable to execute HTTP request: there is no endpoint for CloudWatch Logs. Set AWS_ENDPOINT_URL_CLOUDWATCH_LOGS, or AWS_ENDPOINT_URL for all services (SDK Attempt Count: 1)',
  });
});

test('endpoints are read from the variables of the AWS SDKs', () => {
  const endpoints = endpointsFrom({
    AWS_ENDPOINT_URL: 'http://all',
    AWS_ENDPOINT_URL_API_GATEWAY: 'http://one',
    AWS_ENDPOINT_URL_S3: '',
    PATH: '/bin',
  });
  assert.equal(endpoints('API Gateway'), 'http://one');
  assert.equal(endpoints('S3'), 'http://all');
  assert.equal(endpointsFrom({})('S3'), undefined);
  assert.throws(() => endpointsFrom({ AWS_ENDPOINT_URL_S3: 'here' }), /AWS_ENDPOINT_URL_S3 has to be a URL/);
  assert.throws(() => endpointsFrom({ AWS_ENDPOINT_URL: 'file:///etc' }), /AWS_ENDPOINT_URL has to be a URL/);
});

test('credentials are read from the variables of the AWS SDKs', () => {
  assert.equal(credentialsFrom({ AWS_ACCESS_KEY_ID: 'a' }), undefined);
  const given = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's' };
  assert.deepEqual(credentialsFrom(given), { accessKeyId: 'a', secretAccessKey: 's' });
  assert.equal(credentialsFrom({ ...given, AWS_SESSION_TOKEN: 't' })?.sessionToken, 't');
});

test('a service that cannot be reached fails its task in the words of the SDK', async () => {
  const result = await runTask('sqs:sendMessage', { QueueUrl: 'q', MessageBody: 'm' }, { url: 'http://127.0.0.1:1' });
  assert.deepEqual(result, {
    error: 'SQS.SdkClientException',
    cause: 'Unable to execute HTTP request: Connect to 127.0.0.1:1 failed: Connection refused',
  });
});

test('a reply that is too slow or too long ends the call', async (t) => {
  const slow = await loopback(t, () => undefined);
  const parameters = { QueueUrl: 'q', MessageBody: 'm' };
  const late = await runTask('sqs:sendMessage', parameters, { ...slow, limits: { timeoutMs: 60 } });
  assert.deepEqual(late, {
    error: 'SQS.SdkClientException',
    cause: 'Unable to execute HTTP request: no reply within 0.06 seconds',
  });
  const endless = await loopback(t, (_request, response) => {
    response.write('x'.repeat(2000));
    return undefined;
  });
  const long = await runTask('sqs:sendMessage', parameters, { ...endless, limits: { replyBytesMax: 1000 } });
  assert.equal('cause' in long && long.cause, 'Unable to execute HTTP request: the reply is longer than 1000 bytes');
});

test('a call ends with its attempt', async (t) => {
  const attempt = new AbortController();
  const service = await loopback(t, () => {
    attempt.abort();
    return undefined;
  });
  const result = await runTask(
    'sqs:sendMessage',
    { QueueUrl: 'q', MessageBody: 'm' },
    { ...service, signal: attempt.signal },
  );
  assert.equal('error' in result && result.error, 'SQS.SdkClientException');
  assert.equal(service.received.length, 1);
});

test('a redirect is an answer, and nothing is sent elsewhere', async (t) => {
  const elsewhere = await loopback(t, () => ({ body: '{}' }));
  const service = await loopback(t, () => ({ status: 307, headers: { location: elsewhere.url }, body: '{}' }));
  const result = await runTask('sqs:sendMessage', { QueueUrl: 'q', MessageBody: 'm' }, service);
  assert.equal('error' in result && result.error, 'SQS.AmazonSQSException');
  assert.equal(elsewhere.received.length, 0);
});

const CREDENTIALS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/EXAMPLEKEY',
  sessionToken: 'session',
};

/** The signature of a request as it arrived. @see AWS General Reference, "Create a signed AWS API request" */
function signatureOf({ method, path, headers, body }: Received, service: string): string {
  const [, scope = '', signed = ''] =
    /Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+)/.exec(headers.authorization ?? '') ?? [];
  const [rawPath = '', query = ''] = path.split('?');
  // Every service but Amazon S3 signs the path escaped once more than it is sent.
  const canonicalPath = service === 's3' ? rawPath : rawPath.split('/').map(encodeURIComponent).join('/');
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  const canonical = [
    method,
    canonicalPath,
    query.split('&').sort().join('&'),
    ...signed.split(';').map((name) => `${name}:${String(headers[name])}`),
    '',
    signed,
    hash(body),
  ].join('\n');
  const [date = '', region = ''] = scope.split('/');
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${CREDENTIALS.secretAccessKey}`,
  );
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, hash(canonical)].join('\n');
  return createHmac('sha256', key).update(toSign).digest('hex');
}

test('requests carry a signature that fits them as they arrive', async (t) => {
  const service = await loopback(t, () => ({ body: '{}' }));
  const options = { url: service.url, credentials: CREDENTIALS };
  await runTask('aws-sdk:s3:getObject', { Bucket: 'b', Key: "a/../ü '1", ResponseContentType: 'a b' }, options);
  await runTask('aws-sdk:lambda:invoke', { FunctionName: 'arn:a/b', Qualifier: 'live' }, options);
  await runTask('aws-sdk:cloudwatch:putDashboard', { DashboardName: 'd', DashboardBody: '{}' }, options);
  assert.equal(service.received.length, 3);
  for (const [index, name] of ['s3', 'lambda', 'monitoring'].entries()) {
    const request = service.received[index];
    assert.ok(request !== undefined);
    assert.equal(request.headers['x-amz-security-token'], 'session');
    assert.match(request.headers.authorization ?? '', new RegExp(`AKIDEXAMPLE/\\d{8}/us-east-1/${name}/aws4_request`));
    assert.equal(/Signature=(\w+)$/.exec(request.headers.authorization ?? '')?.[1], signatureOf(request, name), name);
  }
});

test('nothing secret is in an error', async (t) => {
  const service = await loopback(t, (_request, response) => {
    response.destroy();
    return undefined;
  });
  const result = await runTask(
    'aws-sdk:s3:getObject',
    { Bucket: 'b', Key: 'k' },
    { ...service, credentials: CREDENTIALS },
  );
  assert.doesNotMatch(JSON.stringify(result), /wJalr|session|AKID|Signature/);
  assert.equal('error' in result && result.error, 'S3.SdkClientException');
});

test('parameters that cannot start a task are said in the words of Step Functions', async () => {
  const cases: [resource: string, parameters: Json, problems: string][] = [
    ['lambda:invoke', { Payload: {} }, "The field 'FunctionName' is required but was missing"],
    ['sqs:sendMessage', { MessageBody: 'm' }, "The field 'QueueUrl' is required but was missing"],
    [
      'sqs:sendMessage',
      { QueueUrl: 'q', MessageBody: 'm', Colour: 1 },
      "The field 'Colour' is not supported by Step Functions",
    ],
    ['dynamodb:putItem', { TableName: 't', Item: { n: { N: 5 } } }, "The value for the field 'N' must be a STRING"],
    ['ecs:runTask', { TaskDefinition: 't', Overrides: [] }, "The value of the field 'Overrides' has an invalid format"],
    [
      'sqs:sendMessage',
      { QueueUrl: 'q', MessageBody: 'm', DelaySeconds: 'x' },
      "The value of the field 'DelaySeconds' has an invalid format",
    ],
    ['aws-sdk:s3:getObject', { Bucket: 'b' }, "The field 'Key' is required but was missing"],
    ['aws-sdk:s3:getObject', { Bucket: 'b', Key: '' }, "The field 'Key' is required but was missing"],
    [
      'aws-sdk:batch:submitJob',
      { JobName: 'j', JobQueue: 'q', JobDefinition: 'd', Parameters: { n: 1 } },
      "The value for the field 'n' must be a STRING",
    ],
    ['aws-sdk:rds:stopDBInstance', {}, "The field 'DbInstanceIdentifier' is required but was missing"],
  ];
  for (const [resource, parameters, problems] of cases) {
    assert.deepEqual(await runTask(resource, parameters, { url: 'http://127.0.0.1:1' }), {
      error: 'States.Runtime',
      cause: `The Parameters '${JSON.stringify(parameters)}' could not be used to start the Task: [${problems}]`,
    });
  }
});

test('a resource that cannot be run is said to be so beforehand, and fails its task with the reason', async () => {
  const runs = [
    'lambda:invoke.waitForTaskToken',
    'sqs:sendMessage',
    'sqs:sendMessage.waitForTaskToken',
    'ecs:runTask.waitForTaskToken',
    'batch:submitJob',
    'batch:submitJob.sync',
    'ecs:runTask.sync',
    'glue:startJobRun.sync',
    'sagemaker:createModel',
    'apigateway:invoke.waitForTaskToken',
    'http:invoke',
    'aws-sdk:secretsmanager:getSecretValue',
    'aws-sdk:rds:describeDBInstances',
    'aws-sdk:s3:listBuckets.waitForTaskToken',
  ];
  for (const resource of runs) assert.ok(supportsResource(`arn:aws:states:::${resource}`), resource);
  assert.ok(supportsResource('arn:aws:lambda:us-east-1:111111111111:function:process'));

  const refused: Readonly<Record<string, string>> = {
    'batch:submitJob.waitForTaskToken': '',
    'glue:startJobRun.waitForTaskToken': '',
    'glue:getJobRun': '',
    'sqs:sendMessage.sync': '',
    'sagemaker:createModel.sync': '',
    'ecs:runTask.sync:2': '',
    'elasticmapreduce:addStep': '',
    'toString:constructor': '',
    'aws-sdk:nosuchservice:doIt': ": the service 'nosuchservice' is not known",
    'aws-sdk:dynamodb:describeDBInstances': ": the service 'dynamodb' has no action 'describeDBInstances'",
    'aws-sdk:bedrockruntime:converseStream': ": the action 'converseStream' streams events",
  };
  for (const [resource, reason] of Object.entries(refused)) {
    assert.ok(!supportsResource(`arn:aws:states:::${resource}`), resource);
    assert.deepEqual(await runTask(resource, {}), {
      error: 'States.Runtime',
      cause: `The resource 'arn:aws:states:::${resource}' is not supported by this release${reason}.`,
    });
  }
});

test('tasks that call Step Functions go to the handler given for them', async () => {
  const states = () => Promise.resolve({ output: 'started' });
  assert.deepEqual(await runTask('states:startExecution', {}, { states }), { output: 'started' });
  const without = await runTask('states:startExecution', {});
  assert.match('cause' in without ? without.cause : '', /not supported/);
});
