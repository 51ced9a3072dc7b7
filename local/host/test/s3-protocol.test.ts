import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  GetObjectAclCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsCommand,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Bucket, s3Error, SIGNED, startS3 } from './s3-fixture.ts';

const Key = 'k';

test('an operation that is missing here answers 501 and names itself', async (t) => {
  const { client } = await startS3(t);
  const check = async (sent: Promise<unknown>, named: RegExp) => {
    await assert.rejects(sent, (error) => {
      assert.ok(s3Error('NotImplemented', 501)(error) && error instanceof S3ServiceException, String(error));
      assert.match(error.message, named);
      return true;
    });
  };
  await check(client.send(new CreateBucketCommand({ Bucket: 'new-one' })), /PUT on a bucket/v);
  await check(client.send(new DeleteBucketCommand({ Bucket })), /DELETE on a bucket/v);
  await check(client.send(new ListObjectsCommand({ Bucket })), /GET on a bucket/v);
  await check(client.send(new ListObjectVersionsCommand({ Bucket })), /GET \?versions on a bucket/v);
  await check(client.send(new PutBucketPolicyCommand({ Bucket, Policy: '{}' })), /PUT \?policy on a bucket/v);
  await check(client.send(new GetObjectAclCommand({ Bucket, Key })), /GET \?acl on an object/v);
  await check(client.send(new GetObjectTaggingCommand({ Bucket, Key })), /GET \?tagging on an object/v);
  const Tagging = { TagSet: [] };
  await check(client.send(new PutObjectTaggingCommand({ Bucket, Key, Tagging })), /PUT \?tagging on an object/v);
  await check(client.send(new CreateMultipartUploadCommand({ Bucket, Key })), /POST \?uploads on an object/v);
  const part = { Bucket, Key, UploadId: 'u', PartNumber: 1, Body: 'x' };
  await check(client.send(new UploadPartCommand(part)), /PUT \?partNumber&uploadId on an object/v);
  await check(client.send(new PutObjectCommand({ Bucket, Key, Body: 'x', Tagging: 'a=b' })), /x-amz-tagging: a=b/v);
  await check(
    client.send(new PutObjectCommand({ Bucket, Key, Body: 'x', ACL: 'public-read' })),
    /x-amz-acl: public-read/v,
  );
  await check(client.send(new PutObjectCommand({ Bucket, Key, Body: 'x', StorageClass: 'GLACIER' })), /GLACIER/v);
  await assert.rejects(client.send(new HeadObjectCommand({ Bucket, Key })), s3Error('NotFound', 404));
  await client.send(new PutObjectCommand({ Bucket, Key, Body: 'x', ACL: 'private', StorageClass: 'STANDARD' }));
});

test('an error is a document of S3, with the facts of the case and an id', async (t) => {
  const { endpoint } = await startS3(t);
  const response = await fetch(`${endpoint}/${Bucket}/a%26b%3C?x-id=GetObject`, { headers: SIGNED });
  const id = response.headers.get('x-amz-request-id') ?? '';
  assert.match(id, /^[\dA-F]{16}$/v);
  assert.equal(response.headers.get('content-type'), 'application/xml');
  assert.equal(
    await response.text(),
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>` +
      `<Key>a&amp;b&lt;</Key><Resource>/orders/a%26b%3C</Resource><RequestId>${id}</RequestId><HostId>local</HostId></Error>`,
  );
  const noBucket = await fetch(`${endpoint}/other/k`, { headers: SIGNED });
  assert.match(await noBucket.text(), /<Code>NoSuchBucket<.*<BucketName>other<\/BucketName>/v);
});

test('who does not sign is refused, and so is a web page', async (t) => {
  const { endpoint } = await startS3(t);
  const check = async (url: string, init: RequestInit, status: number) => {
    const response = await fetch(`${endpoint}${url}`, init);
    await response.arrayBuffer();
    assert.equal(response.status, status, url);
  };
  await check('/', {}, 403);
  await check('/', { headers: SIGNED }, 200);
  await check('/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=abc', {}, 200);
  await check('/', { headers: { ...SIGNED, origin: 'http://127.0.0.1:8080' } }, 403);
  await check(`/${Bucket}?delete`, { method: 'POST', body: '<Delete/>' }, 403);
  await check(
    `/${Bucket}/k`,
    { method: 'OPTIONS', headers: { origin: 'http://a', 'access-control-request-method': 'PUT' } },
    403,
  );
});

test('a request to delete many is refused when it is no such document, and deletes nothing', async (t) => {
  const { client, endpoint } = await startS3(t);
  await client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
  const check = async (body: string, code: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${endpoint}/${Bucket}?delete`, {
      method: 'POST',
      headers: { ...SIGNED, ...headers },
      body,
    });
    assert.match(await response.text(), new RegExp(`<Code>${code}<`, 'v'), body.slice(0, 100));
    assert.equal(response.status, 400);
  };
  const object = '<Object><Key>k</Key></Object>';
  await check(`<Delete>${object}</Delete>`, 'InvalidRequest');
  const bodies = [
    '',
    'k',
    '<Delete/>',
    '<Delete></Delete>',
    `<Other>${object}</Other>`,
    '<Delete><Object/></Delete>',
    `<Delete>${object}`,
    `<Delete>${object}</Delete><Delete/>`,
    `<!DOCTYPE a [<!ENTITY b "k">]><Delete>${object}</Delete>`,
    `<Delete>${object}${'<Object><Key>x</Key></Object>'.repeat(1000)}</Delete>`,
  ];
  for (const body of bodies) await check(body, 'MalformedXML', { 'x-amz-checksum-sha256': await sha256(body) });
  await client.send(new HeadObjectCommand({ Bucket, Key }));
});

test('what is no request of S3 gets an answer below 500 or a plain 501, and the next one is served', async (t) => {
  const { client, endpoint } = await startS3(t);
  const { port } = new URL(endpoint);
  const lines = [
    'GET * HTTP/1.1',
    'GET /?list-type=2 HTTP/1.1',
    'PATCH /orders/k HTTP/1.1',
    'GET //k HTTP/1.1',
    'GET /%00/k HTTP/1.1',
  ];
  lines.push(
    'GET http://elsewhere/orders/k HTTP/1.1',
    'GET /orders?list-type=2&prefix=%ff HTTP/1.1',
    'GET /orders/\u00e9 HTTP/1.1',
  );
  for (const line of lines) {
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(`${line}\r\nhost: x\r\nauthorization: ${SIGNED.authorization}\r\nconnection: close\r\n\r\n`, 'latin1');
    const status = Number((await text(socket)).slice(9, 12));
    assert.ok((status >= 400 && status < 500) || status === 501, `${line} → ${status}`);
  }
  await client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
});

async function sha256(body: string): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(body))).toString('base64');
}
