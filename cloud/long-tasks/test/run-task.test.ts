import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { NotStarted, type RunTask, type RunTaskRequest, runTaskBy } from '../src/run-task.ts';

// RunTask on the wire, as Amazon ECS API Reference has it.

let reply: { status: number; body: string };
let seen: { headers: Record<string, unknown>; body: unknown };
const server = createServer((request, response) => {
  void text(request).then((body) => {
    seen = { headers: { ...request.headers }, body: JSON.parse(body) };
    response.writeHead(reply.status).end(reply.body);
  });
});
let runTask: RunTask;
before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  runTask = runTaskBy({
    AWS_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_SESSION_TOKEN: 'session',
  });
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const REQUEST: RunTaskRequest = {
  cluster: 'films',
  taskDefinition: 'render',
  clientToken: 'reference',
  startedBy: 'long-task/reference',
  launchType: 'FARGATE',
  networkConfiguration: { awsvpcConfiguration: { subnets: ['s'], securityGroups: ['g'], assignPublicIp: 'DISABLED' } },
  overrides: { containerOverrides: [] },
};

test('it is signed, for ECS in its region, and gives the ARN of the task', async () => {
  reply = { status: 200, body: '{"failures":[],"tasks":[{"taskArn":"arn:task","lastStatus":"PROVISIONING"}]}' };
  assert.equal(await runTask(REQUEST), 'arn:task');
  assert.deepEqual(seen.body, { ...REQUEST, count: 1 });
  const { authorization, ...headers } = seen.headers;
  assert.match(
    String(authorization),
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/ecs\/aws4_request, SignedHeaders=\S*host\S*, Signature=[0-9a-f]{64}$/v,
  );
  assert.partialDeepStrictEqual(headers, {
    'x-amz-target': 'AmazonEC2ContainerServiceV20141113.RunTask',
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-security-token': 'session',
  });
});

test('a reply of success that started nothing is a failure, and so is one of refusal: both say what ECS said', async () => {
  const says = async (status: number, body: string, message: RegExp) => {
    reply = { status, body };
    await assert.rejects(runTask(REQUEST), (error: Error) => {
      assert.ok(error instanceof NotStarted);
      assert.equal(error.name, 'LongTask.NotStarted');
      assert.match(error.message, message);
      return true;
    });
  };
  await says(
    200,
    '{"tasks":[],"failures":[{"reason":"RESOURCE:CPU"},{"reason":"MISSING","detail":"no such cluster"}]}',
    /^RESOURCE:CPU; MISSING: no such cluster$/v,
  );
  await says(200, '{"tasks":[],"failures":[]}', /started no task, and did not say why/v);
  await says(
    400,
    '{"__type":"com.amazonaws.ecs#ClientException","message":"TaskDefinition is inactive"}',
    /^ClientException: TaskDefinition is inactive$/v,
  );
  await says(503, 'Service Unavailable', /^RunTask: Service Unavailable$/v);
});

test('where nobody knows whether ECS has started it, it is tried again as well', async () => {
  const unreachable = runTaskBy({ AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE' });
  await assert.rejects(unreachable(REQUEST), { name: 'LongTask.NotStarted', message: /^ECS could not be asked: /v });
});
