import assert from 'node:assert/strict';
import { test } from 'node:test';
import { urlOfApi } from '../src/services/execute-api.ts';

test('an API is found by the name that it has on AWS, and by that of this machine', () => {
  const apis = [
    { apiId: 'a1b2c3', url: 'https://127.0.0.1:3000', ownUrl: 'http://127.0.0.1:4000' },
    { apiId: 'd4e5f6', url: 'http://127.0.0.1:3001', ownUrl: 'http://127.0.0.1:3001' },
  ];
  assert.equal(urlOfApi(apis, 'd4e5f6.execute-api.us-east-1.amazonaws.com'), 'http://127.0.0.1:3001');
  assert.equal(urlOfApi(apis, '127.0.0.1:3000'), 'http://127.0.0.1:4000', 'this host goes the plain way');
  assert.equal(urlOfApi(apis, 'other.execute-api.us-east-1.amazonaws.com'), undefined);
  assert.equal(urlOfApi(apis, 'a1b2c3.example.com'), undefined);
});
