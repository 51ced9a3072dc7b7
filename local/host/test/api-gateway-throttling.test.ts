import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ACCOUNT_LIMITS,
  createThrottle,
  TokenBucket,
  type StageThrottling,
} from '../src/services/api-gateway-throttling.ts';
import { startApi } from './api-gateway-fixture.ts';
import { writeAssembly } from './assembly-files.ts';
import { refusalOf } from './refusal.ts';
import { startTestHost } from './test-host.ts';

/** A throttle, and the time to move on. */
function stepped(stage: StageThrottling, account = ACCOUNT_LIMITS) {
  const clock = { ms: 0 };
  const now = () => clock.ms;
  const throttle = createThrottle(stage, new TokenBucket(account, now), now);
  const taken = (routeKey: string, asked: number) =>
    Array.from({ length: asked }, () => throttle(routeKey)).filter(Boolean).length;
  return { clock, taken };
}

test('a route takes a burst, then as many as come back in time', () => {
  const { clock, taken } = stepped({ defaults: { ratePerSecond: 10, burst: 3 } });
  assert.equal(taken('GET /', 100), 3);
  clock.ms += 250;
  assert.equal(taken('GET /', 100), 2);
  clock.ms += 50;
  assert.equal(taken('GET /', 100), 1, 'halves add up');
  clock.ms += 1e9;
  assert.equal(taken('GET /', 100), 3, 'a long rest gives no more than the burst');
});

test('each route has the limits of the stage for itself, unless it has its own', () => {
  const { taken } = stepped({ defaults: { ratePerSecond: 1, burst: 2 }, routes: { 'POST /': { burst: 5 } } });
  assert.equal(taken('GET /', 10), 2);
  assert.equal(taken('PUT /', 10), 2);
  assert.equal(taken('POST /', 10), 5);
  assert.equal(stepped({ defaults: { burst: 0 } }).taken('GET /', 10), 0, 'a stage can be closed');
});

test('without settings the limits are those of an account, for all its APIs together', () => {
  assert.equal(stepped({}).taken('GET /', 6_000), 5_000);
  const { taken } = stepped({}, { ratePerSecond: 10, burst: 4 });
  assert.deepEqual([taken('GET /', 3), taken('PUT /', 3)], [3, 1]);
});

test('what is too much is answered with 429 before anybody is asked who they are, and runs nothing', async (t) => {
  const admitted: string[] = [];
  const api = await startApi(t, () => '"here"', {
    cors: { allowOrigins: ['https://shop.example'] },
    routes: [{ routeKey: 'POST /', target: 'f', authorize: () => Promise.reject(new Error('it is not asked')) }],
    throttle: (routeKey) => admitted.push(routeKey) < 0,
  });
  const origin = 'https://shop.example';
  const { status, headers, body } = await api.send('/', { method: 'POST', headers: { origin }, body: 'x'.repeat(1e6) });
  assert.deepEqual([status, body], [429, '{"message":"Too Many Requests"}']);
  assert.equal(headers['content-type'], 'application/json');
  assert.equal(headers['access-control-allow-origin'], origin, 'the page that asked too much can read that it did');
  assert.deepEqual([admitted, api.events], [['POST /'], []]);
});

function app(stage: object) {
  return writeAssembly({
    Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'HTTP' } },
    Stage: {
      Type: 'AWS::ApiGatewayV2::Stage',
      Properties: { ApiId: { Ref: 'Api' }, StageName: '$default', AutoDeploy: true, ...stage },
    },
    Integration: {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: {
        ApiId: { Ref: 'Api' },
        IntegrationType: 'AWS_PROXY',
        IntegrationUri: { 'Fn::GetAtt': ['Echo', 'Arn'] },
        PayloadFormatVersion: '2.0',
      },
    },
    Route: {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: {
        ApiId: { Ref: 'Api' },
        RouteKey: 'GET /here',
        Target: { 'Fn::Sub': 'integrations/${Integration}' },
      },
    },
    Echo: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        Role: 'arn:aws:iam::000000000000:role/r',
        Code: { ZipFile: 'exports.handler = async () => "here";' },
      },
    },
  });
}

test('an app that sets throttling has it on this machine', async () => {
  // One each hour, so that no machine is slow enough for a second.
  const limits = { ThrottlingBurstLimit: '2', ThrottlingRateLimit: 0.0003 };
  const host = await startTestHost({ assemblyDir: app({ RouteSettings: { 'GET /here': limits } }) });
  const statuses: number[] = [];
  for (let asked = 0; asked < 4; asked += 1) statuses.push((await fetch(`${host.apis[0]?.url}/here`)).status);
  assert.deepEqual(statuses, [200, 200, 429, 429]);
  await host.close();
});

test('a stage of no API and limits that are none are refused', async () => {
  const refused = async (stage: object) => (await refusalOf(() => startTestHost({ assemblyDir: app(stage) }))).message;
  assert.match(await refused({ ApiId: 'none' }), /Stage\.Properties.*its API is not known/v);
  assert.match(
    await refused({ DefaultRouteSettings: { ThrottlingBurstLimit: -1 } }),
    /DefaultRouteSettings\.ThrottlingBurstLimit/v,
  );
});
