import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request as ask } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { withSite } from '../src/services/static-site.ts';

const site = {
  path: '/pages/',
  files: new Map([
    ['', { headers: { 'content-type': 'text/html', etag: '"one"' }, body: '<p>page' }],
    ['a.js', { headers: { 'content-type': 'text/javascript' }, body: 'a' }],
  ]),
};

interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: string;
}

async function answers(
  routeKeys: readonly string[],
  requests: readonly { method?: string; path: string; headers?: Record<string, string> }[],
): Promise<Answer[]> {
  const routes = routeKeys.map((routeKey) => ({ routeKey, target: 'fn' }));
  const server = createServer(withSite(site, routes, (_request, response) => response.end('the API')));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const all: Answer[] = [];
  for (const { method = 'GET', path, headers = {} } of requests) {
    // Not by fetch, which would tidy up the path.
    const sent = ask({ host: '127.0.0.1', port, method, path, headers, agent: false }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const body = (await response.setEncoding('utf8').toArray()).join('');
    all.push({ status: response.statusCode ?? 0, location: response.headers.location, body });
  }
  server.close();
  return all;
}

test('pages stand beside an API, which answers all the rest', async () => {
  const [page, script, withQuery, missing, other] = await answers(
    ['$default', 'GET /orders/{id}'],
    [
      { path: '/pages/' },
      { path: '/pages/a.js' },
      { path: '/pages/?code=1' },
      { path: '/pages/b.js' },
      { path: '/orders' },
    ],
  );
  assert.deepEqual([page?.status, page?.body], [200, '<p>page']);
  assert.deepEqual([script?.status, script?.body], [200, 'a']);
  assert.deepEqual([withQuery?.status, withQuery?.body], [200, '<p>page']);
  assert.equal(missing?.status, 404);
  assert.equal(other?.body, 'the API');
});

test('an API that has a route of its own there keeps it', async () => {
  for (const routeKey of ['GET /pages/', 'ANY /{proxy+}', 'GET /pages/{proxy+}']) {
    const isTaken = routeKey !== 'GET /pages/{proxy+}';
    const [page] = await answers([routeKey], [{ path: '/pages/' }]);
    assert.equal(page?.body === 'the API', isTaken, routeKey);
  }
});

test('who leaves out the slash is led on, with what they bring', async () => {
  const [plain, query, longer] = await answers([], [{ path: '/pages' }, { path: '/pages?a=1' }, { path: '/pages-2' }]);
  assert.deepEqual([plain?.status, plain?.location], [308, '/pages/']);
  assert.equal(query?.location, '/pages/?a=1');
  assert.equal(longer?.body, 'the API');
});

test('a page that somebody has already is not sent again, and none is written to', async () => {
  const [known, changed, head, post] = await answers(
    [],
    [
      { path: '/pages/', headers: { 'if-none-match': '"one"' } },
      { path: '/pages/', headers: { 'if-none-match': '"two"' } },
      { path: '/pages/', method: 'HEAD' },
      { path: '/pages/', method: 'POST' },
    ],
  );
  assert.deepEqual([known?.status, known?.body], [304, '']);
  assert.deepEqual([changed?.status, changed?.body], [200, '<p>page']);
  assert.deepEqual([head?.status, head?.body], [200, '']);
  assert.equal(post?.status, 405);
});

test('no path leads out of the pages', async () => {
  const found = await answers(
    [],
    [{ path: '/pages/../a.js' }, { path: '/pages/%2e%2e/a.js' }, { path: '/pages/__proto__' }],
  );
  assert.deepEqual(
    found.map(({ status }) => status),
    [404, 404, 404],
  );
});
