import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Json, JsonObject } from '../../asl/src/index.ts';
import { loopback, outputOf, runTask, type Received, type Reply } from './integrations-loopback.ts';

/** Calls an SDK integration whose service gives one reply, and shows what was sent and what came of it. */
async function call(
  t: TestContext,
  resource: string,
  parameters: Json,
  reply: Reply,
): Promise<{ sent: Received; output: JsonObject }> {
  const service = await loopback(t, () => reply);
  const output = outputOf(await runTask(`aws-sdk:${resource}`, parameters, { url: service.url }));
  const [sent] = service.received;
  assert.ok(sent !== undefined && service.received.length === 1, 'one call is one request');
  return { sent, output };
}

test('a JSON protocol has the operation in a header and the parameters in the body', async (t) => {
  const { sent, output } = await call(
    t,
    'dynamodb:putItem',
    {
      TableName: 'orders',
      Item: { id: { S: 'a' }, paid: { Bool: true }, due: { NULL: true } },
      ReturnValues: 'ALL_OLD',
    },
    {
      headers: { 'content-type': 'application/x-amz-json-1.0' },
      body: '{"Attributes":{"paid":{"BOOL":true},"due":{"NULL":true},"unknown":{"X":1}}}',
    },
  );
  assert.equal(sent.method, 'POST');
  assert.equal(sent.path, '/');
  assert.equal(sent.headers['x-amz-target'], 'DynamoDB_20120810.PutItem');
  assert.equal(sent.headers['content-type'], 'application/x-amz-json-1.0');
  assert.deepEqual(JSON.parse(sent.body), {
    TableName: 'orders',
    Item: { id: { S: 'a' }, paid: { BOOL: true }, due: { NULL: true } },
    ReturnValues: 'ALL_OLD',
  });
  assert.deepEqual(output, { Attributes: { paid: { Bool: true }, due: { Nul: true }, unknown: {} } });
});

test('members of structures are renamed, keys of maps are not', async (t) => {
  const { sent, output } = await call(
    t,
    'ecs:runTask',
    {
      TaskDefinition: 'worker',
      Overrides: { ContainerOverrides: [{ Name: 'main', Environment: [{ Name: 'TOKEN', Value: 'x' }] }] },
    },
    { body: JSON.stringify({ tasks: [{ taskArn: 'arn', createdAt: 1704164645.5, cpu: '256' }], failures: [] }) },
  );
  const { clientToken, ...body } = JSON.parse(sent.body) as JsonObject;
  assert.match(clientToken as string, /^[0-9a-f-]{36}$/, 'the SDK makes the token that makes a call idempotent');
  assert.deepEqual(body, {
    taskDefinition: 'worker',
    overrides: { containerOverrides: [{ name: 'main', environment: [{ name: 'TOKEN', value: 'x' }] }] },
  });
  assert.deepEqual(output, {
    Failures: [],
    Tasks: [{ Cpu: '256', CreatedAt: '2024-01-02T03:04:05.500Z', TaskArn: 'arn' }],
  });

  const batch = await call(
    t,
    'batch:submitJob',
    { JobName: 'job', JobQueue: 'queue', JobDefinition: 'definition', Parameters: { InputFile: 'a.csv' } },
    { body: '{"jobName":"job","jobId":"1"}' },
  );
  assert.equal(batch.sent.path, '/v1/submitjob');
  assert.deepEqual((JSON.parse(batch.sent.body) as JsonObject)['parameters'], { InputFile: 'a.csv' });
  assert.deepEqual(batch.output, { JobId: '1', JobName: 'job' });
});

test('a text parameter takes any JSON as its text, and null is not sent', async (t) => {
  const { sent } = await call(
    t,
    'sfn:startExecution',
    { StateMachineArn: 'arn', Input: { order: 1 }, Name: null },
    { body: '{"executionArn":"arn:e","startDate":1704164645}' },
  );
  assert.deepEqual(JSON.parse(sent.body), { stateMachineArn: 'arn', input: '{"order":1}' });
});

test('a REST protocol has parameters in the path, the query, the headers and the body', async (t) => {
  const { sent, output } = await call(
    t,
    'lambda:invoke',
    { FunctionName: 'a/b', Qualifier: 'live', LogType: 'Tail', Payload: { order: 1 } },
    { headers: { 'x-amz-executed-version': '7' }, body: '{"accepted":true}' },
  );
  assert.equal(sent.method, 'POST');
  assert.equal(sent.path, '/2015-03-31/functions/a%2Fb/invocations?Qualifier=live');
  assert.equal(sent.headers['x-amz-log-type'], 'Tail');
  assert.equal(sent.body, '{"order":1}');
  assert.deepEqual(output, { ExecutedVersion: '7', Payload: '{"accepted":true}', StatusCode: 200 });
});

test('the query protocol numbers lists and maps, and answers in XML', async (t) => {
  const { sent, output } = await call(
    t,
    'sns:publish',
    {
      TopicArn: 'arn:topic',
      Message: 'a & b',
      MessageAttributes: {
        kind: { DataType: 'String', StringValue: 'new' },
        raw: { DataType: 'Binary', BinaryValue: 'xy' },
      },
    },
    {
      body: '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m-1</MessageId></PublishResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></PublishResponse>',
    },
  );
  assert.deepEqual(Object.fromEntries(new URLSearchParams(sent.body)), {
    Action: 'Publish',
    Version: '2010-03-31',
    Message: 'a & b',
    TopicArn: 'arn:topic',
    'MessageAttributes.entry.1.Name': 'kind',
    'MessageAttributes.entry.1.Value.DataType': 'String',
    'MessageAttributes.entry.1.Value.StringValue': 'new',
    'MessageAttributes.entry.2.Name': 'raw',
    'MessageAttributes.entry.2.Value.DataType': 'Binary',
    'MessageAttributes.entry.2.Value.BinaryValue': 'eHk=',
  });
  assert.deepEqual(output, { MessageId: 'm-1' });
});

test('results in XML have the types of the model', async (t) => {
  const { sent, output } = await call(
    t,
    'ec2:describeInstances',
    { InstanceIds: ['i-1', 'i-2'], Filters: [{ Name: 'state', Values: ['on'] }] },
    {
      body: `<?xml version="1.0"?><DescribeInstancesResponse><requestId>r</requestId><reservationSet><item><ownerId>1</ownerId>
        <instancesSet><item><instanceId>i-1</instanceId><amiLaunchIndex>0</amiLaunchIndex><ebsOptimized>true</ebsOptimized>
        <launchTime>2024-01-02T03:04:05.000Z</launchTime></item></instancesSet></item></reservationSet></DescribeInstancesResponse>`,
    },
  );
  assert.deepEqual(Object.fromEntries(new URLSearchParams(sent.body)), {
    Action: 'DescribeInstances',
    Version: '2016-11-15',
    'Filter.1.Name': 'state',
    'Filter.1.Value.1': 'on',
    'InstanceId.1': 'i-1',
    'InstanceId.2': 'i-2',
  });
  assert.deepEqual(output, {
    Reservations: [
      {
        Instances: [{ AmiLaunchIndex: 0, EbsOptimized: true, InstanceId: 'i-1', LaunchTime: '2024-01-02T03:04:05Z' }],
        OwnerId: '1',
      },
    ],
  });
});

test('XML bodies are written for the services that read them', async (t) => {
  const { sent, output } = await call(
    t,
    's3:deleteObjects',
    { Bucket: 'b', Delete: { Objects: [{ Key: 'a&b' }, { Key: 'ü' }], Quiet: true } },
    { body: '<DeleteResult><Deleted><Key>a&amp;b</Key></Deleted><Deleted><Key>&#xfc;</Key></Deleted></DeleteResult>' },
  );
  assert.equal(sent.path, '/b?delete=');
  assert.match(sent.headers['content-md5'] as string, /^[A-Za-z0-9+/]{22}==$/);
  assert.equal(
    sent.body,
    '<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key>a&#x26;b</Key></Object><Object><Key>ü</Key></Object><Quiet>true</Quiet></Delete>',
  );
  assert.deepEqual(output, { Deleted: [{ Key: 'a&b' }, { Key: 'ü' }] });
});

test('an object is put as the JSON text of its body, and got as text with what the headers say', async (t) => {
  const put = await call(
    t,
    's3:putObject',
    { Bucket: 'b', Key: 'a/../ü 1', Body: { Dict: 'Value' } },
    { headers: { ETag: '"e"', 'x-amz-checksum-crc32': 'hnEfWw==' } },
  );
  assert.equal(put.sent.method, 'PUT');
  assert.equal(put.sent.path, '/b/a/../%C3%BC%201', 'a key is a name, not a path');
  assert.equal(put.sent.body, '{"Dict":"Value"}');
  assert.equal(put.sent.headers['x-amz-checksum-crc32'], 'hnEfWw==', 'recorded from AWS for this body');
  assert.deepEqual(put.output, { ChecksumCRC32: 'hnEfWw==', ETag: '"e"' });

  const got = await call(
    t,
    's3:getObject',
    { Bucket: 'b', Key: 'k' },
    {
      headers: {
        ETag: '"e"',
        'last-modified': 'Tue, 02 Jan 2024 03:04:05 GMT',
        'content-length': '4',
        'x-amz-meta-kind': 'x',
      },
      body: 'text',
    },
  );
  assert.deepEqual(got.output, {
    ContentLength: 4,
    ETag: '"e"',
    LastModified: '2024-01-02T03:04:05Z',
    Metadata: { kind: 'x' },
    Body: 'text',
  });
});

test('binary results are text where they are text, and Base64 elsewhere', async (t) => {
  const blob = async (bytes: Buffer): Promise<Json | undefined> => {
    const body = JSON.stringify({ CiphertextBlob: bytes.toString('base64') });
    return (await call(t, 'kms:encrypt', { KeyId: 'k', Plaintext: 'p' }, { body })).output['CiphertextBlob'];
  };
  assert.equal(await blob(Buffer.from('plain ü')), 'plain ü');
  assert.equal(await blob(Buffer.from([0xff, 0x00, 0x80])), '/wCA');
});

test('a reply that is no XML, or has a document type, gives no result', async (t) => {
  for (const body of [
    'no xml',
    '<!DOCTYPE x [<!ENTITY a "b">]><PublishResponse/>',
    '<PublishResponse><a></b></PublishResponse>',
  ]) {
    const { output } = await call(t, 'sns:publish', { Message: 'm' }, { body });
    assert.deepEqual(output, {}, body);
  }
});
