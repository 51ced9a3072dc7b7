import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { test } from 'node:test';
import type { CorsConfiguration } from '../src/services/api-gateway.ts';
import { startApi } from './api-gateway-fixture.ts';

const routes = [{ routeKey: 'POST /orders', target: 'function' }];
const PREFLIGHT = { 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type' };

const ORDERS: CorsConfiguration = {
  allowOrigins: ['https://shop.example', 'http://*'],
  allowMethods: ['GET', 'POST'],
  allowHeaders: ['content-type', 'idempotency-key'],
  exposeHeaders: ['location'],
  allowCredentials: true,
  maxAgeSeconds: 300,
};

function corsHeaders(headers: IncomingHttpHeaders): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.startsWith('access-control-') || name === 'vary'),
  );
}

test('a preflight is answered by the API itself, without a route', async (t) => {
  const { send, events } = await startApi(t, () => '{}', { routes, cors: ORDERS });
  for (const origin of ['https://shop.example', 'http://127.0.0.1:3000']) {
    const { status, headers, body } = await send('/anywhere', {
      method: 'OPTIONS',
      headers: { Origin: origin, ...PREFLIGHT },
    });
    assert.deepEqual([status, body], [204, '']);
    assert.deepEqual(corsHeaders(headers), {
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': 'content-type,idempotency-key',
      'access-control-allow-methods': 'GET,POST',
      'access-control-allow-origin': origin,
      'access-control-max-age': '300',
      vary: 'Origin',
    });
  }
  assert.deepEqual(events, []);
});

test('an origin that is not allowed gets no permission', async (t) => {
  const { send } = await startApi(t, () => '{}', { routes, cors: ORDERS });
  for (const Origin of ['https://shop.example.evil', 'https://other.example', 'null', 'https://SHOP.example:8443']) {
    const preflight = await send('/orders', { method: 'OPTIONS', headers: { Origin, ...PREFLIGHT } });
    assert.deepEqual([preflight.status, corsHeaders(preflight.headers)], [204, {}], Origin);
    const actual = await send('/orders', { method: 'POST', headers: { Origin } });
    assert.deepEqual([actual.status, corsHeaders(actual.headers)], [200, {}], Origin);
  }
});

test("the API's headers take the place of the function's, on errors of the API as well", async (t) => {
  const result = {
    statusCode: 200,
    headers: { 'Access-Control-Allow-Origin': '*', 'Access-Control-Max-Age': '1', Vary: 'Accept' },
  };
  const { send } = await startApi(t, () => JSON.stringify(result), { routes, cors: ORDERS });
  const headers = { Origin: 'https://shop.example' };
  const expected = {
    'access-control-allow-credentials': 'true',
    'access-control-allow-origin': 'https://shop.example',
    'access-control-expose-headers': 'location',
  };
  const actual = await send('/orders', { method: 'POST', headers });
  assert.deepEqual(corsHeaders(actual.headers), { ...expected, vary: 'Accept, Origin' });
  const missing = await send('/nothing', { headers });
  assert.deepEqual([missing.status, corsHeaders(missing.headers)], [404, { ...expected, vary: 'Origin' }]);
  const sameOrigin = await send('/orders', { method: 'POST' });
  assert.deepEqual(corsHeaders(sameOrigin.headers), { vary: 'Accept' });
});

test('any origin is a star', async (t) => {
  const { send } = await startApi(t, () => '{}', {
    routes,
    cors: { allowOrigins: ['*'], allowMethods: ['*'], allowHeaders: ['*'] },
  });
  const { headers } = await send('/orders', {
    method: 'OPTIONS',
    headers: { Origin: 'https://a.example', ...PREFLIGHT },
  });
  assert.deepEqual(corsHeaders(headers), {
    'access-control-allow-headers': '*',
    'access-control-allow-methods': '*',
    'access-control-allow-origin': '*',
  });
});

test('without a CORS configuration the function has its say, in preflights as well', async (t) => {
  const result = { statusCode: 204, headers: { 'Access-Control-Allow-Origin': 'https://a.example' } };
  const { send, events } = await startApi(t, () => JSON.stringify(result));
  const { headers } = await send('/orders', {
    method: 'OPTIONS',
    headers: { Origin: 'https://a.example', ...PREFLIGHT },
  });
  assert.deepEqual(corsHeaders(headers), { 'access-control-allow-origin': 'https://a.example' });
  assert.equal(events.length, 1);
});
