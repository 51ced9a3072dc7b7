import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRouter } from '../src/services/api-gateway-routes.ts';

function check(
  routeKeys: string[],
  cases: Record<string, [routeKey: string, parameters?: Record<string, string>] | undefined>,
): void {
  // The order in which routes are given says nothing.
  for (const order of [routeKeys, routeKeys.toReversed()]) {
    const select = createRouter(order.map((routeKey) => ({ routeKey, target: 'function' })));
    for (const [request, expected] of Object.entries(cases)) {
      const [method = '', path = ''] = request.split(' ');
      const selected = select(method, path);
      const [routeKey, pathParameters = {}] = expected ?? [];
      assert.equal(selected?.route.routeKey, routeKey, request);
      if (selected !== undefined) assert.deepEqual(selected.pathParameters, pathParameters, request);
    }
  }
}

test('the example of the Developer Guide: a full match, then a greedy one, then $default', () => {
  check(['GET /pets/dog/1', 'GET /pets/dog/{id}', 'GET /pets/{proxy+}', 'ANY /{proxy+}', '$default'], {
    'GET /pets/dog/1': ['GET /pets/dog/1'],
    'GET /pets/dog/2': ['GET /pets/dog/{id}', { id: '2' }],
    'GET /pets/cat/1': ['GET /pets/{proxy+}', { proxy: 'cat/1' }],
    'POST /test/5': ['ANY /{proxy+}', { proxy: 'test/5' }],
    'GET /': ['$default'],
  });
});

test('a method comes before ANY, and ANY takes every other', () => {
  check(['ANY /orders', 'POST /orders'], {
    'POST /orders': ['POST /orders'],
    'GET /orders': ['ANY /orders'],
    'PURGE /orders': ['ANY /orders'],
    'HEAD /orders': ['ANY /orders'],
  });
});

test('a full match comes before a greedy one, even where it begins with a variable', () => {
  check(['GET /orders/{proxy+}', 'GET /{kind}/{id}', 'GET /{kind}/list'], {
    'GET /orders/1': ['GET /{kind}/{id}', { kind: 'orders', id: '1' }],
    'GET /orders/list': ['GET /{kind}/list', { kind: 'orders' }],
    'GET /orders/1/items': ['GET /orders/{proxy+}', { proxy: '1/items' }],
  });
});

test('a route without the method lets the next best answer', () => {
  check(['POST /orders/open', 'GET /orders/{id}', 'DELETE /{proxy+}'], {
    'GET /orders/open': ['GET /orders/{id}', { id: 'open' }],
    'DELETE /orders/open': ['DELETE /{proxy+}', { proxy: 'orders/open' }],
    'PUT /orders/open': undefined,
  });
});

test('of greedy routes the one with the longer literal start answers', () => {
  check(['ANY /{proxy+}', 'ANY /a/{proxy+}', 'ANY /a/{b}/{proxy+}'], {
    'GET /a/b/c': ['ANY /a/{b}/{proxy+}', { b: 'b', proxy: 'c' }],
    'GET /a/b': ['ANY /a/{proxy+}', { proxy: 'b' }],
    'GET /b': ['ANY /{proxy+}', { proxy: 'b' }],
  });
});

test('a variable takes one segment that is not empty, and a greedy one at least one', () => {
  check(['GET /orders/{id}', 'GET /files/{proxy+}', 'GET /'], {
    'GET /orders/': undefined,
    'GET /orders': undefined,
    'GET /orders/1/': undefined,
    'GET /files': undefined,
    'GET /files/': undefined,
    'GET /files/a/': ['GET /files/{proxy+}', { proxy: 'a/' }],
    'GET /': ['GET /'],
  });
});

test('path parameters are decoded, once, and cannot change the route', () => {
  check(['GET /orders/{id}', 'GET /files/{proxy+}', 'GET /caf\u00e9'], {
    'GET /orders/a%20b%2Fc': ['GET /orders/{id}', { id: 'a b/c' }],
    'GET /orders/%2541': ['GET /orders/{id}', { id: '%41' }],
    'GET /orders/%E2%82%AC+1': ['GET /orders/{id}', { id: '€+1' }],
    'GET /orders/%': ['GET /orders/{id}', { id: '%' }],
    'GET /files/a%2Fb/c': ['GET /files/{proxy+}', { proxy: 'a/b/c' }],
    'GET /caf%C3%A9': ['GET /caf\u00e9'],
  });
});

test('without $default a request that no route matches has none', () => {
  check(['GET /orders'], { 'GET /nothing': undefined, 'POST /orders': undefined, 'get /orders': undefined });
});

test('a route key that is none is refused when the API is made', () => {
  for (const routeKey of [
    '',
    'orders',
    'GET orders',
    'get /orders',
    'GET /{proxy+}/more',
    'GET /a{b}',
    'GET /{}',
    '$connect',
  ]) {
    assert.throws(() => createRouter([{ routeKey, target: 'function' }]), { name: 'HostError' }, routeKey);
  }
});
