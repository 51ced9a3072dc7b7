import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { createApi } from '../src/api.ts';
import { OPERATIONS } from '../src/operations.ts';
import { ID, ORDER, World, worldWithWaitingOrder } from './world.ts';

const BASE = 'https://orders.example';

function apiOf(world: World) {
  return createApi({
    ...world.orders(),
    newOrderId: () => 'a-random-id',
    onFailure: (error) => world.failures.push(error),
  });
}

test('the description names every route, and every route that it names is there', async () => {
  const routes = apiOf(new World()).routes.filter(({ method, path }) => method !== 'ALL' && !path.includes('*'));
  const served = routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/gv, '{$1}')}`);
  const described = OPERATIONS.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  assert.deepEqual([...new Set(served)].sort(), described.toSorted());

  const { status, body } = await new World().get('/openapi.json');
  assert.equal(status, 200);
  assert.equal(body['openapi'], '3.1.0');
  const paths = body['paths'] as Record<string, Record<string, object>>;
  const listed = Object.entries(paths).flatMap(([path, on]) => Object.keys(on).map((method) => `${method} ${path}`));
  assert.deepEqual(listed.sort(), OPERATIONS.map(({ method, path }) => `${method} ${path}`).sort());
});

test('what the routes answer is what the description says', async () => {
  const world = await worldWithWaitingOrder();
  const answerOf = (method: string, path: string) =>
    (OPERATIONS.find((one) => one.method === method && one.path === path) ?? assert.fail(path)).answer;
  const held = (method: string, path: string, body: unknown) => z.parse(answerOf(method, path), body);
  held('get', '/orders', (await world.get('/orders?status=AWAITING_CONFIRMATION')).body);
  held('get', '/orders/{id}', (await world.get(`/orders/${ID}`)).body);
  held('post', '/orders/{id}/confirmation', (await world.confirm({ decision: 'confirm' })).body);
  held('get', '/orders/{id}', (await world.get(`/orders/${ID}`)).body);
  held('get', '/orders/{id}/receipt', (await world.get(`/orders/${ID}/receipt`)).body);
  const many = await world.post('/orders/confirmations', { answers: [{ id: ID, decision: 'confirm' }] });
  held('post', '/orders/confirmations', many.body);
  held('post', '/orders', (await world.submit()).body);
});

const paths = fc.oneof(
  fc.constantFrom(...OPERATIONS.map(({ path }) => path.replace('{id}', ID))),
  fc
    .constantFrom(...OPERATIONS.map(({ path }) => path))
    .chain((path) =>
      fc.string({ unit: 'binary' }).map((id) => path.replace('{id}', encodeURIComponent(id.toWellFormed()))),
    ),
  fc.constantFrom(
    '/orders/../waits/order-1.json',
    '/orders/%2e%2e%2frecords',
    '//evil.example/',
    '/orders/order-1/confirmation/..',
    '/orders/order-1%00',
    '/orders/order-1/receipt?x=%',
  ),
);

/** Like what is asked for, with something wrong or something more. */
const bodies = fc.oneof(
  fc.json({ maxDepth: 4 }),
  fc
    .record(
      {
        decision: fc.oneof(fc.constantFrom('confirm', 'reject', 'expired'), fc.jsonValue()),
        comment: fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue()),
        data: fc.jsonValue(),
        reason: fc.oneof(fc.string(), fc.jsonValue()),
        to: fc.oneof(fc.constant('anna'), fc.jsonValue()),
        from: fc.oneof(fc.constant('ben'), fc.jsonValue()),
        deadline: fc.oneof(fc.constant('2026-12-01T00:00:00Z'), fc.jsonValue()),
        answers: fc.array(fc.record({ id: fc.constantFrom(ID, 'x', '../y'), decision: fc.constant('reject') }), {
          maxLength: 3,
        }),
        orderDetails: fc.oneof(fc.constant(ORDER.orderDetails), fc.jsonValue()),
        orderId: fc.oneof(fc.constant(ID), fc.jsonValue()),
        __proto__: fc.constant({ polluted: true }),
        constructor: fc.jsonValue(),
      },
      { requiredKeys: [] },
    )
    .map((body) => JSON.stringify(body)),
  fc.string({ unit: 'binary' }),
  fc
    .constantFrom({ orderDetails: 'x' }, { decision: 'confirm' }, { to: 'anna', from: 'ben' })
    .map((body) => JSON.stringify(body)),
  fc.constant('{"__proto__":{"polluted":true},"decision":"confirm"}'),
);

const requests = fc.record({
  method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'),
  path: paths,
  query: fc.oneof(
    fc.constant(''),
    fc.webQueryParameters().map((query) => `?${query}`),
    fc.constant('?status=AWAITING_CONFIRMATION&cursor=%00'),
  ),
  body: bodies,
  contentType: fc.constantFrom('application/json', 'text/plain', 'application/json; charset=latin1', ''),
  idempotencyKey: fc.option(
    fc.string({ minLength: 1 }).filter((key) => /^[\x20-\x7e]+$/v.test(key.trim()) && key.trim() !== ''),
  ),
});

test('whatever is sent, it is answered: never with a 5xx, a stack trace, a redirect, or something written elsewhere', async () => {
  let runs = 0;
  const statuses = new Set<number>();
  await fc.assert(
    fc.asyncProperty(requests, async ({ method, path, query, body, contentType, idempotencyKey }) => {
      runs += 1;
      const world = await worldWithWaitingOrder();
      const headers = {
        ...(contentType !== '' && { 'content-type': contentType }),
        ...(idempotencyKey !== null && { 'idempotency-key': idempotencyKey }),
      };
      const hasBody = method !== 'GET' && method !== 'HEAD';
      const response = await apiOf(world).request(`${BASE}${path}${query}`, {
        method,
        headers,
        ...(hasBody && { body }),
      });
      const text = await response.text();

      statuses.add(response.status);
      assert.ok(response.status < 500, `${response.status} ${text}\n${world.failures.map(String).join('\n')}`);
      assert.ok(response.status < 300 || response.status >= 400, 'no redirect');
      assert.equal(response.headers.get('location')?.startsWith('/orders/') ?? true, true);
      assert.doesNotMatch(text, /\bat .*\.(ts|js):\d+|node:internal|nobody-may-see/v);
      assert.equal(({} as { polluted?: boolean }).polluted, undefined);
      for (const key of world.keys()) assert.match(key, /^(waits|records)\/[\w.\-]{1,128}\.json$/v);
    }),
    { numRuns: 400 },
  );
  assert.equal(runs, 400);
  for (const status of [200, 400, 404, 405]) assert.ok(statuses.has(status), `${status} was among the answers`);
});
