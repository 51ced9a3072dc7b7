import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json, JsonObject } from '../../asl/src/index.ts';
import { parseConnections } from '../src/integrations/connection-document.ts';
import { LOCAL_CREDENTIALS } from '../src/integrations/credentials.ts';
import { httpConnections } from '../src/integrations/http-connections.ts';
import type { FindConnection } from '../src/integrations/http-task.ts';
import { LIMITS_DEFAULT, supportsResource } from '../src/integrations/service-integrations.ts';
import { loopback, outputOf, runTask } from './integrations-loopback.ts';

const API = 'a1b2c3.execute-api.us-east-1.amazonaws.com';

test('an API of API Gateway is called at its stage and path, by its own name', async (t) => {
  const service = await loopback(t, () => ({
    headers: { 'Content-Type': 'application/json', 'Set-Cookie': ['a=1', 'b=2'], Connection: 'close' },
    body: '{"message":"HelloWorld!"}',
  }));
  const parameters = {
    ApiEndpoint: API,
    Method: 'POST',
    Stage: 'dev',
    Path: '/orders/a b%2Fc',
    QueryParameters: { kind: ['new', 'x&y'], empty: null },
    Headers: { TaskToken: ['token'], Many: ['1', '2'] },
    RequestBody: { order: 1, note: null },
    AuthType: 'NO_AUTH',
  };
  const output = outputOf(await runTask('apigateway:invoke.waitForTaskToken', parameters, service));
  const [sent] = service.received;
  assert.equal(sent?.method, 'POST');
  assert.equal(sent?.path, '/dev/orders/a%20b%2Fc?kind=new&kind=x%26y');
  assert.equal(sent?.headers.host, API);
  assert.equal(sent?.headers['tasktoken'], 'token');
  assert.equal(sent?.headers['many'], '1,2');
  assert.equal(sent?.headers['content-type'], 'application/json');
  assert.equal(sent?.headers.authorization, undefined);
  assert.equal(sent?.body, '{"order":1}', 'null is not sent');
  const { Headers: headers, ...rest } = output as { Headers: Record<string, Json> };
  assert.deepEqual(rest, { ResponseBody: { message: 'HelloWorld!' }, StatusCode: 200, StatusText: 'OK' });
  assert.deepEqual(headers['Set-Cookie'], ['a=1', 'b=2']);
  assert.deepEqual(headers['Content-Type'], ['application/json']);
});

test('a body is JSON whatever it is, and null is none', async (t) => {
  const service = await loopback(t, ({ body }) => ({
    headers: { 'content-type': 'application/json' },
    body: body || '{}',
  }));
  const call = async (parameters: Json): Promise<Json | undefined> =>
    outputOf(
      await runTask('apigateway:invoke', { ApiEndpoint: API, Method: 'POST', ...(parameters as object) }, service),
    )['ResponseBody'];
  assert.equal(await call({ RequestBody: '' }), '', 'recorded: an empty text comes back as one');
  assert.deepEqual(await call({ RequestBody: null }), {});
  assert.deepEqual(await call({ RequestBody: { a: null }, AllowNullValues: true }), { a: null });
});

test('IAM_ROLE signs the request to the API', async (t) => {
  const service = await loopback(t, () => ({ body: 'pong' }));
  const parameters = { ApiEndpoint: API, Method: 'GET', AuthType: 'IAM_ROLE' };
  const output = outputOf(await runTask('apigateway:invoke', parameters, service));
  assert.equal(output['ResponseBody'], 'pong', 'what is not JSON is text');
  assert.match(service.received[0]?.headers.authorization ?? '', /\/us-east-1\/execute-api\/aws4_request/);
});

test('an API is where the composition says it is', async (t) => {
  const service = await loopback(t, () => ({ body: 'pong' }));
  const executeApi = (apiEndpoint: string) => (apiEndpoint === API ? `${service.url}/_api/a1b2c3/` : undefined);
  const parameters = { ApiEndpoint: API, Method: 'GET', Stage: 'dev', Path: 'ping' };
  outputOf(await runTask('apigateway:invoke', parameters, { executeApi }));
  assert.equal(service.received[0]?.path, '/_api/a1b2c3/dev/ping');
  const other = await runTask('apigateway:invoke', { ...parameters, ApiEndpoint: 'other' }, { executeApi });
  assert.deepEqual(other, {
    error: 'ApiGateway.SdkClientException',
    cause:
      "Unable to execute HTTP request: there is no endpoint for the API 'other'. Set AWS_ENDPOINT_URL_EXECUTE_API, or AWS_ENDPOINT_URL for all services",
  });
});

test('an endpoint at AWS lets no other host be called', async () => {
  const endpoints = () => 'https://execute-api.us-east-1.amazonaws.com';
  for (const ApiEndpoint of ['127.0.0.1', 'evil.example', 'amazonaws.com.evil.example', `${API}/../x`, `user@${API}`]) {
    const result = await runTask('apigateway:invoke', { ApiEndpoint, Method: 'GET' }, { endpoints });
    assert.match('cause' in result ? result.cause : '', /there is no endpoint for the API/, ApiEndpoint);
  }
});

test('a status that is no success is an error of its own, with the body as its cause', async (t) => {
  const service = await loopback(t, () => ({ status: 403, body: '{"message":"Missing Authentication Token"}' }));
  assert.deepEqual(await runTask('apigateway:invoke', { ApiEndpoint: API, Method: 'GET' }, service), {
    error: 'ApiGateway.403',
    cause: '{"message":"Missing Authentication Token"}',
  });
});

test('parameters of API Gateway that cannot start a task are said in the words of Step Functions', async () => {
  const right = { ApiEndpoint: API, Method: 'GET' };
  const cases: [parameters: Json, problem: string][] = [
    [
      { ...right, Headers: { custom_header: 'singleStringHeader' } },
      "The value of the field 'Headers' has an invalid format",
    ],
    [{ ...right, QueryParameters: ['a'] }, "The value of the field 'QueryParameters' has an invalid format"],
    [{ ...right, Method: 'TRACE' }, "The value of the field 'Method' has an invalid format"],
    [{ ...right, Stage: 1 }, "The value for the field 'Stage' must be a STRING"],
    [{ Method: 'GET' }, "The field 'ApiEndpoint' is required but was missing"],
    [{ ...right, Body: 1 }, "The field 'Body' is not supported by Step Functions"],
    [{ ...right, Headers: { 'X-Amz-Date': ['now'] } }, "The 'Headers' field contains unsupported values: X-Amz-Date"],
  ];
  for (const [parameters, problem] of cases) {
    assert.deepEqual(await runTask('apigateway:invoke', parameters), {
      error: 'States.Runtime',
      cause: `The Parameters '${JSON.stringify(parameters)}' could not be used to start the Task: [${problem}]`,
    });
  }
});

const CONNECTION_ARN = 'arn:aws:events:us-east-1:111111111111:connection/payments/6f1c1f0e';

test('an HTTP task adds what its connection holds, and its connection has the last word', async (t) => {
  const service = await loopback(t, () => ({
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: '{"ok":true}',
  }));
  const connections = (name: string) =>
    name === CONNECTION_ARN
      ? {
          headers: { Authorization: 'Bearer secret' },
          queryParameters: { tenant: 't1' },
          bodyParameters: { from: 'orders' },
        }
      : undefined;
  const parameters = {
    ApiEndpoint: `${service.url}/v1/pay?fixed=1`,
    Method: 'POST',
    Authentication: { ConnectionArn: CONNECTION_ARN },
    Headers: { authorization: 'mine', 'X-Kind': 'a' },
    QueryParameters: { tenant: 'mine', tags: ['x', 'y'] },
    RequestBody: { amount: 1 },
  };
  const output = outputOf(await runTask('http:invoke', parameters, { connections }));
  const [sent] = service.received;
  assert.equal(sent?.path, '/v1/pay?fixed=1&tenant=t1&tags=x&tags=y');
  assert.equal(sent?.headers.authorization, 'Bearer secret');
  assert.equal(sent?.headers['x-kind'], 'a');
  assert.equal(sent?.headers['user-agent'], 'Amazon|StepFunctions|HttpInvoke|us-east-1');
  assert.deepEqual(JSON.parse(sent?.body ?? ''), { amount: 1, from: 'orders' });
  assert.deepEqual(output['ResponseBody'], { ok: true });
  assert.equal(output['StatusCode'], 200);
});

test('an HTTP task writes a form where Transform says so', async (t) => {
  const service = await loopback(t, () => ({ body: '' }));
  const sentWith = async (ArrayFormat: string): Promise<string | undefined> => {
    const parameters = {
      ApiEndpoint: service.url,
      Method: 'POST',
      InvocationConfig: { ConnectionArn: CONNECTION_ARN },
      RequestBody: { a: { b: 'x y' }, list: [1, 2] },
      Transform: { RequestBodyEncoding: 'URL_ENCODED', RequestEncodingOptions: { ArrayFormat } },
    };
    outputOf(await runTask('http:invoke', parameters, { connections: () => ({}) }));
    assert.equal(service.received.at(-1)?.headers['content-type'], 'application/x-www-form-urlencoded');
    return decodeURIComponent(service.received.at(-1)?.body ?? '');
  };
  assert.equal(await sentWith('INDICES'), 'a[b]=x y&list[0]=1&list[1]=2');
  assert.equal(await sentWith('BRACKETS'), 'a[b]=x y&list[]=1&list[]=2');
  assert.equal(await sentWith('REPEAT'), 'a[b]=x y&list=1&list=2');
  assert.equal(await sentWith('COMMAS'), 'a[b]=x y&list=1,2');
});

test('an HTTP task fails with the status, and without its connection', async (t) => {
  const service = await loopback(t, () => ({ status: 404, body: 'Not Found' }));
  const parameters = { ApiEndpoint: service.url, Method: 'GET', Authentication: { ConnectionArn: CONNECTION_ARN } };
  assert.deepEqual(await runTask('http:invoke', parameters, { connections: () => ({}) }), {
    error: 'States.Http.StatusCode.404',
    cause: 'Not Found',
  });
  const unknown = await runTask('http:invoke', parameters);
  assert.equal('error' in unknown && unknown.error, 'States.TaskFailed');
  assert.match('cause' in unknown ? unknown.cause : '', /The connection 'arn:aws:events:.*' is not known here/);
  const unreached = await runTask(
    'http:invoke',
    { ...parameters, ApiEndpoint: 'http://127.0.0.1:1' },
    { connections: () => ({}) },
  );
  assert.equal('error' in unreached && unreached.error, 'States.Http.Socket');
});

test('an HTTP task speaks in plain text to this machine only, and waits for no token', async () => {
  const parameters = {
    ApiEndpoint: 'http://example.com',
    Method: 'GET',
    Authentication: { ConnectionArn: CONNECTION_ARN },
  };
  const result = await runTask('http:invoke', parameters, { connections: () => ({}) });
  assert.match('cause' in result ? result.cause : '', /The value of the field 'ApiEndpoint' has an invalid format/);
  assert.ok(!supportsResource('arn:aws:states:::http:invoke.waitForTaskToken'));
});

/** The connections of a file, and EventBridge and Secrets Manager where there is a `url`. */
function connectionsOf(known: object, url?: string): FindConnection {
  const endpoints = () => url;
  const aws = { endpoints, region: 'us-east-1', credentials: LOCAL_CREDENTIALS, limits: LIMITS_DEFAULT };
  return httpConnections({ known: parseConnections(known), aws });
}

function withConnection(ApiEndpoint: string): JsonObject {
  return { ApiEndpoint, Method: 'GET', Authentication: { ConnectionArn: CONNECTION_ARN } };
}

test('a connection by API key or by password is found by its name or its ARN', async (t) => {
  const service = await loopback(t, () => ({ body: '' }));
  const apiKey = {
    AuthorizationType: 'API_KEY',
    AuthParameters: {
      ApiKeyAuthParameters: { ApiKeyName: 'X-Api-Key', ApiKeyValue: 'k3y' },
      InvocationHttpParameters: {
        HeaderParameters: [{ Key: 'X-Tenant', Value: 't1' }],
        QueryStringParameters: [{ Key: 'version', Value: '2' }],
      },
    },
  };
  const basic = {
    AuthorizationType: 'BASIC',
    AuthParameters: { BasicAuthParameters: { Username: 'u', Password: 'p' } },
  };
  const parameters = withConnection(service.url);
  outputOf(await runTask('http:invoke', parameters, { connections: connectionsOf({ payments: apiKey }) }));
  outputOf(await runTask('http:invoke', parameters, { connections: connectionsOf({ [CONNECTION_ARN]: basic }) }));
  const [first, second] = service.received;
  assert.deepEqual(
    [first?.headers['x-api-key'], first?.headers['x-tenant'], first?.path],
    ['k3y', 't1', '/?version=2'],
  );
  assert.equal(second?.headers.authorization, 'Basic dTpw');
});

test('a token of OAuth is asked for once, and again when the API no longer takes it', async (t) => {
  let granted = 0;
  const issuer = await loopback(t, () => ({
    body: JSON.stringify({ access_token: `t${++granted}`, token_type: 'bearer', expires_in: 3600 }),
  }));
  const service = await loopback(t, ({ headers }) => ({
    status: headers.authorization === 'Bearer t1' && granted === 1 && service.received.length === 3 ? 401 : 200,
    body: '',
  }));
  const oauth = {
    AuthorizationType: 'OAUTH_CLIENT_CREDENTIALS',
    AuthParameters: {
      OAuthParameters: {
        AuthorizationEndpoint: `${issuer.url}/token`,
        HttpMethod: 'POST',
        ClientParameters: { ClientID: 'id', ClientSecret: 's3cret' },
        OAuthHttpParameters: { BodyParameters: [{ Key: 'scope', Value: 'pay' }] },
      },
    },
  };
  const connections = connectionsOf({ payments: oauth });
  const call = () => runTask('http:invoke', withConnection(service.url), { connections });
  outputOf(await call());
  outputOf(await call());
  assert.deepEqual(await call(), { error: 'States.Http.StatusCode.401', cause: '' });
  outputOf(await call());
  assert.deepEqual(
    service.received.map(({ headers }) => headers.authorization),
    ['Bearer t1', 'Bearer t1', 'Bearer t1', 'Bearer t2'],
  );
  assert.equal(issuer.received.length, 2);
  assert.equal(issuer.received[0]?.body, 'grant_type=client_credentials&scope=pay');
  assert.equal(issuer.received[0]?.headers.authorization, `Basic ${Buffer.from('id:s3cret').toString('base64')}`);
});

test('any other connection is asked of EventBridge, and its secret of Secrets Manager', async (t) => {
  const api = await loopback(t, () => ({ body: '' }));
  let state = 'AUTHORIZED';
  const aws = await loopback(t, ({ headers, body }) => {
    if (headers['x-amz-target'] === 'secretsmanager.GetSecretValue')
      return { body: JSON.stringify({ SecretString: '{"api_key_name":"X-Api-Key","api_key_value":"k3y"}' }) };
    if ((JSON.parse(body) as { Name: string }).Name !== 'payments')
      return { status: 400, body: '{"__type":"ResourceNotFoundException","message":"no"}' };
    const described = { AuthorizationType: 'API_KEY', ConnectionState: state, SecretArn: 'arn:secret' };
    return {
      body: JSON.stringify({ ...described, AuthParameters: { ApiKeyAuthParameters: { ApiKeyName: 'X-Api-Key' } } }),
    };
  });
  const connections = connectionsOf({}, aws.url);
  outputOf(await runTask('http:invoke', withConnection(api.url), { connections }));
  assert.equal(api.received[0]?.headers['x-api-key'], 'k3y');
  assert.equal(aws.received[1]?.body, '{"SecretId":"arn:secret"}');

  state = 'DEAUTHORIZED';
  const unusable = await runTask('http:invoke', withConnection(api.url), { connections });
  assert.match('cause' in unusable ? unusable.cause : '', /cannot be used: its state is "DEAUTHORIZED"/);
  const other = { ...withConnection(api.url), Authentication: { ConnectionArn: 'other' } };
  const unknown = await runTask('http:invoke', other, { connections });
  assert.match('cause' in unknown ? unknown.cause : '', /The connection 'other' is not known here/);
});

test('what is wrong with a connection is said without what it holds', async (t) => {
  const incomplete = { ApiKeyAuthParameters: { ApiKeyValue: 's3cret' } };
  assert.throws(() => parseConnections({ pay: { AuthorizationType: 'API_KEY', AuthParameters: incomplete } }), {
    name: 'TypeError',
    message: 'the connection "pay" has no ApiKeyName',
  });
  assert.throws(() => parseConnections(['s3cret']), /have to be a JSON object/);
  const issuer = await loopback(t, () => ({ status: 401, body: 'client s3cret is unknown' }));
  const oauth = {
    ClientParameters: { ClientID: 'id', ClientSecret: 's3cret' },
    AuthorizationEndpoint: issuer.url,
    HttpMethod: 'POST',
  };
  const connections = connectionsOf({
    payments: { AuthorizationType: 'OAUTH_CLIENT_CREDENTIALS', AuthParameters: { OAuthParameters: oauth } },
  });
  assert.deepEqual(await runTask('http:invoke', withConnection('http://127.0.0.1:1'), { connections }), {
    error: 'States.TaskFailed',
    cause: `The connection '${CONNECTION_ARN}' cannot be used: its authorization server answered with status 401.`,
  });
});
