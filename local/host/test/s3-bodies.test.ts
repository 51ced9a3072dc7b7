import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { request, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { Bucket, s3Error, SIGNED, startS3 } from './s3-fixture.ts';

/** Sends a body as it is, and gives the status and the error's code. */
async function put(endpoint: string, headers: OutgoingHttpHeaders, body: string | Buffer): Promise<string> {
  const path = `${endpoint}/${Bucket}/k`;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(path, { method: 'PUT', headers: { ...SIGNED, ...headers } }, resolve);
    sent.on('error', reject).end(body);
  });
  const answer = await text(response);
  return `${response.statusCode} ${/<Code>(?<code>\w+)</v.exec(answer)?.groups?.['code'] ?? ''}`.trim();
}

test('a streamed body is stored without its framing, and its checksum is echoed', async (t) => {
  const { client } = await startS3(t);
  const bytes = randomBytes(300_000);
  const chunks = [bytes.subarray(0, 1), bytes.subarray(1, 70_000), bytes.subarray(70_000)];
  const stream = { Bucket, Key: 'k', Body: Readable.from(chunks), ContentLength: bytes.length };
  const stored = await client.send(new PutObjectCommand({ ...stream, ContentEncoding: 'gzip' }));
  assert.ok(stored.ChecksumCRC32);
  const got = await client.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  assert.deepEqual(Buffer.from((await got.Body?.transformToByteArray()) ?? []), bytes);
  assert.equal(got.ContentEncoding, 'gzip');
  assert.equal(got.ChecksumCRC32, stored.ChecksumCRC32);
});

test('each checksum the SDK can make is verified, kept, and given back on demand', async (t) => {
  const { client } = await startS3(t);
  for (const ChecksumAlgorithm of ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const) {
    const name = `Checksum${ChecksumAlgorithm}` as const;
    const whole = { Bucket, Key: ChecksumAlgorithm, ChecksumAlgorithm };
    const put = await client.send(new PutObjectCommand({ ...whole, Body: 'hello' }));
    assert.ok(put[name], ChecksumAlgorithm);
    const streamed = { ...whole, Body: Readable.from(['hel', 'lo']), ContentLength: 5 };
    assert.equal((await client.send(new PutObjectCommand(streamed)))[name], put[name]);
    const head = new HeadObjectCommand({ Bucket, Key: ChecksumAlgorithm, ChecksumMode: 'ENABLED' });
    assert.equal((await client.send(head))[name], put[name]);
  }
});

test('a body that is not what its sender says is refused and not stored', async (t) => {
  const { client, endpoint } = await startS3(t);
  const md5 = createHash('md5').update('hello').digest('base64');
  const refused = async (headers: OutgoingHttpHeaders, expected: string, body = 'hello') =>
    assert.equal(
      await put(endpoint, { 'content-length': body.length, ...headers }, body),
      expected,
      JSON.stringify(headers),
    );
  await refused({ 'x-amz-checksum-crc32': 'AAAAAA==' }, '400 BadDigest');
  await refused({ 'x-amz-checksum-crc32c': 'AAAAAA==' }, '400 BadDigest');
  await refused({ 'x-amz-checksum-crc64nvme': 'AAAAAAAAAAA=' }, '400 BadDigest');
  await refused({ 'x-amz-checksum-sha256': 'NhCmhg==' }, '400 BadDigest');
  await refused({ 'x-amz-checksum-xxhash3': 'NhCmhg==' }, '501 NotImplemented');
  await refused({ 'x-amz-checksum-crc32': 'NhCmhg==', 'x-amz-checksum-sha1': 'x' }, '400 InvalidRequest');
  await refused({ 'x-amz-sdk-checksum-algorithm': 'CRC32' }, '400 InvalidRequest');
  await refused({ 'content-md5': md5 }, '400 BadDigest', 'hullo');
  await refused({ 'content-md5': 'short' }, '400 InvalidDigest');
  await refused({ 'x-amz-content-sha256': '0'.repeat(64) }, '400 XAmzContentSHA256Mismatch');
  assert.equal((await client.send(new ListObjectsV2Command({ Bucket }))).KeyCount, 0);
  await refused({ 'content-md5': md5, 'x-amz-checksum-crc32': 'NhCmhg==' }, '200');
});

test('framing that is broken, too long, or lacks its trailer is refused and not stored', async (t) => {
  const { client, endpoint } = await startS3(t);
  const framed = {
    'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    'content-encoding': 'aws-chunked',
    'x-amz-decoded-content-length': '5',
    'x-amz-trailer': 'x-amz-checksum-crc32',
  };
  const trailer = 'x-amz-checksum-crc32:NhCmhg==\r\n\r\n';
  const check = async (body: string, expected: string, headers: OutgoingHttpHeaders = {}) =>
    assert.equal(await put(endpoint, { ...framed, ...headers, 'content-length': body.length }, body), expected, body);
  await check(`5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n`, '400 BadDigest');
  await check(`5\r\nhello\r\n0\r\n\r\n`, '400 IncompleteBody');
  await check(`5\r\nhello\r\n`, '400 IncompleteBody');
  await check(`5\r\nhel`, '400 IncompleteBody');
  await check(`4\r\nhell\r\n0\r\n${trailer}`, '400 IncompleteBody');
  await check(`6\r\nhello!\r\n0\r\n${trailer}`, '400 InvalidRequest');
  await check(`4\r\nhello\r\n0\r\n${trailer}`, '400 InvalidRequest');
  await check(`x\r\nhello\r\n0\r\n${trailer}`, '400 InvalidRequest');
  await check('hello', '400 InvalidRequest');
  await check('0'.repeat(2000), '400 InvalidRequest');
  await check(`5\r\nhello\r\n0\r\nno trailer\r\n\r\n`, '400 InvalidRequest');
  await check(`5\r\nhello\r\n0\r\n${trailer}`, '411 MissingContentLength', {
    'x-amz-decoded-content-length': [],
  });
  await check(`5\r\nhello\r\n0\r\n${trailer}`, '400 InvalidArgument', { 'x-amz-decoded-content-length': '-5' });
  assert.equal((await client.send(new ListObjectsV2Command({ Bucket }))).KeyCount, 0);
  await check(`5;chunk-signature=abc\r\nhello\r\n0;chunk-signature=def\r\n${trailer}`, '200');
});

test('a body over the limit is refused before it is read, and the connection serves on', async (t) => {
  const { client, service } = await startS3(t, { objectBytesMax: 100_000 });
  const atLimit = new PutObjectCommand({ Bucket, Key: 'at', Body: Buffer.alloc(100_000) });
  await client.send(atLimit);
  for (const size of [100_001, 3_000_000]) {
    const over = new PutObjectCommand({ Bucket, Key: 'over', Body: Buffer.alloc(size) });
    await assert.rejects(client.send(over), s3Error('EntityTooLarge', 400));
  }
  const Body = Readable.from([Buffer.alloc(200_000)]);
  const streamed = new PutObjectCommand({ Bucket, Key: 'over', Body, ContentLength: 200_000 });
  await assert.rejects(client.send(streamed), s3Error('EntityTooLarge', 400));
  assert.equal((await client.send(new ListObjectsV2Command({ Bucket }))).KeyCount, 1);
  assert.equal(service.stats().bytesHeld, 0);
});

test('a body without a length is refused as on AWS, even one that never ends', async (t) => {
  const { endpoint } = await startS3(t);
  const { port } = new URL(endpoint);
  const socket = connect(Number(port), '127.0.0.1');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  let answer = '';
  socket.on('data', (bytes) => (answer += bytes.toString()));
  // What is on its way when the server hangs up comes back as a reset.
  socket.on('error', () => {});
  const head = `PUT /${Bucket}/k HTTP/1.1\r\nhost: x\r\nauthorization: ${SIGNED.authorization}\r\ntransfer-encoding: chunked\r\n\r\n`;
  socket.write(head);
  const sending = setInterval(() => socket.write(`5\r\nhello\r\n`), 10);
  t.after(() => clearInterval(sending));
  await closed;
  assert.match(answer, /^HTTP\/1\.1 411 [\s\S]*<Code>MissingContentLength</v);
});

test('bodies that would take too much memory together are told to slow down, and small ones still pass', async (t) => {
  const { client, service, endpoint } = await startS3(t, { memoryBytesMax: 1_000_000 });
  const { port } = new URL(endpoint);
  const slow = connect(Number(port), '127.0.0.1');
  slow.on('error', () => {});
  const head = `PUT /${Bucket}/slow HTTP/1.1\r\nhost: x\r\nauthorization: ${SIGNED.authorization}\r\ncontent-length: 900000\r\n\r\n`;
  slow.write(head);
  slow.write(Buffer.alloc(800_000));
  while (service.stats().bytesHeld < 800_000) await setTimeout(5);

  const large = new PutObjectCommand({ Bucket, Key: 'large', Body: Buffer.alloc(300_000) });
  await assert.rejects(client.send(large), s3Error('SlowDown', 503));
  await client.send(new PutObjectCommand({ Bucket, Key: 'small', Body: 'hello' }));

  slow.destroy();
  while (service.stats().bytesHeld > 0) await setTimeout(5);
  await client.send(large);
  const { Contents } = await client.send(new ListObjectsV2Command({ Bucket }));
  assert.deepEqual(
    Contents?.map(({ Key }) => Key),
    ['large', 'small'],
  );
});
