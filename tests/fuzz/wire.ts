import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { CountersignProcess } from '../countersign-process.ts';
import type { Chance } from '../simulation/chance.ts';
import type { Target } from './targets.ts';

// Requests as no client writes them, at the ports of `countersign start`: bytes on a socket, one connection a trial.

/** The order service, whose process all trials share: what one breaks, the next would notice. */
let running: Promise<Running> | undefined;

interface Running {
  readonly app: CountersignProcess;
  readonly folder: string;
  /** Paths at its AWS endpoint, of a bucket that there is. */
  readonly awsPaths: readonly string[];
}

async function start(folder: string): Promise<Running> {
  const own = mkdtempSync(join(folder, 'wire-'));
  const data = join(own, 'deep', 'data');
  mkdirSync(join(own, 'deep'));
  const app = await CountersignProcess.start(data);
  const buckets = await fetch(app.awsUrl, { headers: { authorization: 'AWS4-HMAC-SHA256 Credential=any' } });
  const [, bucket] = /<Name>([^<]+)</v.exec(await buckets.text()) ?? [];
  assert.ok(bucket !== undefined, 'the app has a bucket');
  return { app, folder: own, awsPaths: AWS_PATHS.map((path) => path.replaceAll('kept', bucket)) };
}

/** Ends what the trials have begun; to be called when there is no further one. */
export async function closeWire(): Promise<void> {
  const begun = running;
  running = undefined;
  await (await begun)?.app.stop();
}

/** At the front door of the order service. */
export const orders: Target = async (chance, folder) => {
  const { app } = await (running ??= start(folder));
  await tried(new URL(app.ordersUrl), connection(chance, ORDERS_PATHS));
};

/** At the AWS endpoint: S3 above all, and what shares its port. */
export const connections: Target = async (chance, folder) => {
  const { app, awsPaths } = await (running ??= start(folder));
  await tried(new URL(app.awsUrl), connection(chance, awsPaths));
};

/** What a connection is sent, piece by piece. */
type Pieces = readonly Buffer[];

async function tried(url: URL, pieces: Pieces): Promise<void> {
  const { app, folder } = (await running) ?? assert.fail('it runs');
  const linesBefore = app.lines.length;
  const sent = () => JSON.stringify(Buffer.concat(pieces).toString('latin1').slice(0, 2_000));
  const answer = await exchange(url, pieces);
  for (const [, status = ''] of answer.matchAll(/^HTTP\/1\.1 (\d{3}) /gmv))
    assert.ok(Number(status) < 500 || status === '501', `${status} for ${sent()}:\n${answer.slice(0, 500)}`);
  assert.doesNotMatch(answer, /\n\s+at [^\n]+:\d+:\d+|node:internal/v, `a stack for ${sent()}`);
  const health = await fetch(new URL('/_countersign/health', app.awsUrl));
  assert.equal(health.status, 200, `it serves on after ${sent()}`);
  await health.arrayBuffer();
  const faults = app.lines.slice(linesBefore).filter((line) => line.includes('"level":"error"'));
  // The log comes by a pipe, so it may be of the trial before.
  assert.deepEqual(faults, [], `told when this had been sent: ${sent()}`);
  const outside = [...readdirSync(folder), ...readdirSync(join(folder, 'deep'))];
  assert.deepEqual(outside, ['deep', 'data'], `a file outside the data folder for ${sent()}`);
}

/** So long nobody waits who has said that no more will come. */
const ANSWER_MS_MAX = 45_000;

/** Sends all of it, then says that this was all, and gives what came until the server hung up. */
async function exchange({ hostname, port }: URL, pieces: Pieces): Promise<string> {
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const whole = () => Buffer.concat(chunks).toString('latin1');
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    const sent = () => JSON.stringify(Buffer.concat(pieces).toString('latin1').slice(0, 2_000));
    const limit = setTimeout(() => {
      socket.destroy();
      reject(new Error(`the server neither answers nor hangs up: ${sent()}\n${whole().slice(0, 500)}`));
    }, ANSWER_MS_MAX);
    socket.on('data', (chunk) => chunks.push(chunk));
    // Who is refused while it sends may be cut off.
    socket.on('error', () => {});
    socket.once('close', () => {
      clearTimeout(limit);
      resolve(whole());
    });
    void send(socket, pieces);
  });
}

/** Each piece in a packet of its own, as far as that can be had. */
async function send(socket: ReturnType<typeof connect>, pieces: Pieces): Promise<void> {
  socket.setNoDelay();
  for (const piece of pieces) {
    if (socket.destroyed) return;
    socket.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.end();
}

/** One to four requests, one behind the other without waiting for answers, cut into pieces somewhere. */
function connection(chance: Chance, paths: readonly string[]): Pieces {
  const requests = Array.from({ length: chance.pick([1, 1, 1, 2, 4]) }, () => requestBytes(chance, paths));
  const whole = Buffer.concat(requests);
  const cuts = Array.from({ length: chance.between(0, 4) }, () => chance.between(0, whole.length));
  const places = [0, ...cuts.toSorted((one, other) => one - other), whole.length];
  return places.slice(1).map((to, index) => whole.subarray(places[index], to));
}

const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'TRACE', 'CONNECT'];
const BAD_METHODS = ['get', 'PRI', '', 'G\0T', 'X'.repeat(9_000), 'GET GET', '\xff'];
const VERSIONS = ['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9.9', 'http/1.1', '', 'HTTP/1.1 x'];

const BAD_PATHS = [
  '*',
  '',
  'orders',
  '//',
  '/..',
  '/../../../../etc/passwd',
  '/%2e%2e/%2e%2e/%2e%2e/etc/passwd',
  '/..%2f..%2f..%2fevil',
  '/%',
  '/%00',
  '/\0',
  '/\xff\xfe',
  '/%ff%fe',
  '/%c0%ae%c0%ae/',
  '/a\\..\\..\\evil',
  '/__proto__/constructor',
  'http://evil.example/orders',
  'https://127.0.0.1/_countersign/states/ListExecutions',
  '127.0.0.1:80',
  `/${'a/'.repeat(5_000)}`,
  `/${'x'.repeat(20_000)}`,
  `/orders?${'a=b&'.repeat(3_000)}`,
  '/?__proto__=x&constructor=y',
  '/#fragment',
  '/a b',
];

const ORDERS_PATHS = [
  '/orders',
  '/orders?limit=-1&cursor=%7B%7D',
  '/orders/apples-1',
  '/orders/apples-1/confirmation',
  '/orders/%2e%2e/confirmation',
  '/orders/..%2fapples-1',
  '/orders/%F0%9F%99%82',
  `/orders/${'o'.repeat(300)}`,
  '/orders/apples-1/receipt',
  '/console/',
  '/console/../../package.json',
  '/console/..%2f..%2f..%2fpackage.json',
  '/console/%2e%2e/%2e%2e/package.json',
  '/_countersign/',
  '/_countersign/changes',
  '/_countersign/states/ListStateMachines',
  '/_countersign/tasks?limit=x',
  '/_countersign/outbox.json',
];

const AWS_PATHS = [
  '/kept/a',
  '/kept/a',
  '/kept/x%00y',
  '/kept/..',
  `/kept/${'k'.repeat(1_025)}`,
  '/kept/a?versionId=null&versionId=x',
  '/kept/../../../../evil',
  '/kept/%2e%2e%2f%2e%2e%2fevil',
  '/kept/a?list-type=2',
  '/kept?list-type=2&prefix=..%2f',
  '/kept?delete',
  '/',
  '/2015-03-31/functions/..%2f..%2fevil/invocations',
  '/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f/invocations',
  '/v1/submitjob',
  '/v4/../v4/task',
  '/v2/email/outbound-emails',
  '/metrics',
  '/_countersign/health',
  '/_countersign/identity/x',
  '/_countersign/time/advance',
  '/_countersign/tasks/%2e%2e/success',
];

function requestBytes(chance: Chance, paths: readonly string[]): Buffer {
  const often = chance.between(0, 9);
  const method = often === 0 ? chance.pick(BAD_METHODS) : chance.pick(METHODS);
  const path = chance.between(0, 3) === 0 ? chance.pick(BAD_PATHS) : chance.pick(paths);
  const version = chance.between(0, 7) === 0 ? chance.pick(VERSIONS) : 'HTTP/1.1';
  const feed = chance.between(0, 11) === 0 ? '\n' : '\r\n';
  const body = chance.pick(BODIES);
  const headers = [
    ...(chance.between(0, 9) === 0 ? [] : [chance.pick(HOSTS)]),
    ...Array.from({ length: chance.between(0, 4) }, () => chance.pick(HEADERS)),
    ...chance.pick(LENGTHS)(body),
  ];
  const head = [`${method} ${path} ${version}`, ...headers, '', ''].join(feed);
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

const HOSTS = [
  'Host: 127.0.0.1',
  'host: 127.0.0.1:1',
  'Host: localhost',
  'Host: evil.example',
  'Host:',
  'Host: [::1]',
  'Host: a\r\nHost: b',
  'Host: 127.0.0.1@evil.example',
];

const JSON_TYPE = 'Content-Type: application/json';

const HEADERS = [
  JSON_TYPE,
  JSON_TYPE,
  'Content-Type: application/json; charset=utf-16',
  'Content-Type: application/x-amz-json-1.0',
  'Content-Type: application/x-www-form-urlencoded',
  'Content-Type: multipart/form-data; boundary=',
  'Content-Encoding: gzip',
  'Content-Encoding: aws-chunked',
  'X-Amz-Content-Sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
  'X-Amz-Content-Sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER',
  'X-Amz-Decoded-Content-Length: 99999999999999999999',
  'X-Amz-Decoded-Content-Length: 4',
  'X-Amz-Trailer: x-amz-checksum-crc32',
  'X-Amz-Copy-Source: /kept/../../etc/passwd',
  'X-Amz-Target: AWSStepFunctions.StartExecution',
  'X-Amz-Target: AWSStepFunctions.__proto__',
  'X-Amz-Target: AWSEvents.PutEvents',
  'X-Amz-Target: secretsmanager.GetSecretValue',
  'X-Amz-Target: AmazonEC2ContainerServiceV20141113.RunTask',
  'X-Amz-Target: .',
  'Authorization: AWS4-HMAC-SHA256 Credential=any',
  'Authorization: AWS4-HMAC-SHA256 Credential=any',
  `Authorization: AWS4-HMAC-SHA256 Credential=${'a/'.repeat(500)}`,
  'Authorization: AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/sns/aws4_request, SignedHeaders=host, Signature=x',
  'Authorization: Bearer a.b.c',
  'Authorization: Bearer',
  'Cookie: a=b; __proto__=c; ;;=',
  `Cookie: ${'a=b; '.repeat(1_000)}`,
  'Expect: 100-continue',
  'Expect: the impossible',
  'Connection: close',
  'Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x',
  'Connection: upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x',
  'Origin: https://evil.example',
  'Origin: null',
  'Sec-Fetch-Site: cross-site',
  'Range: bytes=0-0,5-,-3',
  'If-None-Match: *',
  'X-Forwarded-For: 1.2.3.4, \x01',
  'Idempotency-Key: \x7f',
  'Accept: text/html',
  'Last-Event-ID: -1',
  `X-Long: ${'x'.repeat(20_000)}`,
  Array.from({ length: 300 }, (_, index) => `X-Many-${index}: y`).join('\r\n'),
  'Bad Name: x',
  ': no name',
  'No colon',
  ' folded: line',
  'X-Null: a\0b',
  'X-Utf8: \xf0\x9f\x99\x82',
  '__proto__: x',
];

const ORDER = JSON.stringify({ orderId: 'apples-1', orderDetails: 'two crates of apples' });
const BODIES = [
  '',
  '',
  ORDER,
  ORDER,
  '{"decision":"confirm"}',
  '{"decision":"confirm","__proto__":{"polluted":true}}',
  ORDER.slice(0, 20),
  '{"orderId":"\\ud800","orderDetails":"\\u0000"}',
  '{"orderId":"apples-1","orderId":"apples-2","orderDetails":1e400}',
  '['.repeat(20_000),
  `{"orderId":"x","orderDetails":${JSON.stringify('y'.repeat(200_000))}}`,
  '\xef\xbb\xbf{}',
  '\x1f\x8b\x08\x00',
  'a=b&c=%',
  '4;chunk-signature=x\r\nabcd\r\n0;chunk-signature=y\r\nx-amz-checksum-crc32:AAAA\r\n\r\n',
  '<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><Delete>&y;</Delete>',
  '\0'.repeat(1_000),
].map((text) => Buffer.from(text, 'latin1'));

/** How a request says how long its body is: rightly, and not. */
const LENGTHS: readonly ((body: Buffer) => string[])[] = [
  ({ length }) => [`Content-Length: ${length}`],
  ({ length }) => [`Content-Length: ${length}`],
  ({ length }) => [`Content-Length: ${length}`],
  ({ length }) => [`Content-Length: ${length + 10}`],
  ({ length }) => [`Content-Length: ${Math.max(0, length - 3)}`],
  ({ length }) => [`Content-Length: ${length}`, `Content-Length: ${length + 1}`],
  ({ length }) => [`Content-Length: ${length}, ${length}`],
  ({ length }) => [`Content-Length: ${length}`, 'Transfer-Encoding: chunked'],
  () => ['Content-Length: -1'],
  () => ['Content-Length: 0x10'],
  () => [`Content-Length: ${'9'.repeat(30)}`],
  () => ['Transfer-Encoding: chunked'],
  () => ['Transfer-Encoding: chunked, chunked'],
  () => ['Transfer-Encoding: xchunked'],
  () => ['Transfer-Encoding : chunked'],
  () => [],
];
