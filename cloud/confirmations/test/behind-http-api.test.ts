import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hono } from 'hono';
import type { LambdaEvent } from 'hono/aws-lambda';
import { behindHttpApi } from '../src/http/behind-http-api.ts';

const app = new Hono().all('/orders', async ({ req }) => new Response(`${req.method} ${await req.text()}`));
const handler = behindHttpApi(app);

async function send(method: string, body?: string): Promise<[status: number, body: string]> {
  const event = {
    version: '2.0',
    rawPath: '/orders',
    rawQueryString: '',
    headers: { host: 'api.example' },
    requestContext: { domainName: 'api.example', http: { method, path: '/orders' } },
    ...(body !== undefined && { body }),
    isBase64Encoded: false,
  };
  const answer = await handler(event as unknown as LambdaEvent);
  return [answer.statusCode, answer.body];
}

test('requests that none can be made of are answered, and write nothing into the log', async (t) => {
  const complaints = t.mock.method(console, 'error', () => {});
  assert.deepEqual(await send('POST', 'a body'), [200, 'POST a body']);
  assert.deepEqual(await send('GET', 'a body that means nothing'), [200, 'GET ']);
  assert.deepEqual(await send('HEAD', 'a body that means nothing'), [200, '']);
  for (const method of ['TRACE', 'CONNECT', 'TRACK']) {
    const [status, body] = await send(method);
    assert.equal(status, 405);
    assert.match(body, new RegExp(`"detail":"${method} is for nothing here\\."`));
  }
  assert.equal(complaints.mock.callCount(), 0);
});
