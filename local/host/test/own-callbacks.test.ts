import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Provider } from 'oidc-provider';
import { letOwnCallbacksIn } from '../src/services/cognito-client.ts';

/** Which of these a client may be led back to. */
async function allowed(pagesPath: string | undefined, isPublic: boolean, urls: readonly string[]): Promise<string[]> {
  const provider = new Provider('http://127.0.0.1:1/pool', {
    clients: [
      {
        client_id: 'c',
        redirect_uris: ['https://app.example.com/'],
        ...(isPublic ? { token_endpoint_auth_method: 'none' } : { client_secret: 'for this test' }),
      },
    ],
  });
  letOwnCallbacksIn(provider, pagesPath);
  const client = await provider.Client.find('c');
  assert.ok(client);
  return urls.filter((url) => client.redirectUriAllowed(url));
}

const PAGES = ['http://127.0.0.1:3000/pages/', 'http://127.0.0.1:54321/pages/', 'https://127.0.0.1:3000/pages/'];

test('who signs in from a page of the host is led back to it, at whatever port it is', async () => {
  const all = [...PAGES, 'https://app.example.com/'];
  assert.deepEqual(await allowed('/pages/', true, all), all);
});

test('nobody is led anywhere else', async () => {
  const elsewhere = [
    'http://127.0.0.1:3000/other/pages/',
    'http://127.0.0.1:3000/pages/?next=x',
    'http://127.0.0.1:3000/pages',
    'http://127.0.0.1.example.com/pages/',
    'http://example.com#@127.0.0.1:3000/pages/',
    'http://user@127.0.0.1:3000/pages/',
    'https://127.0.0.1.example.com/pages/',
    'http://localhost:3000/pages/',
    '/pages/',
  ];
  assert.deepEqual(await allowed('/pages/', true, elsewhere), []);
});

test('clients with a secret, and hosts without pages, have no such callback', async () => {
  assert.deepEqual(await allowed('/pages/', false, PAGES), []);
  assert.deepEqual(await allowed(undefined, true, PAGES), []);
});
