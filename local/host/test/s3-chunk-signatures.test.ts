import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { request, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { crc32 } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SignatureV4 } from '@smithy/signature-v4';
import { createDeclaredPolicies } from '../src/iam/declared-policies.ts';
import { createAccess } from '../src/iam/access.ts';
import { DEVELOPER } from '../src/iam/caller.ts';
import { chunkSignaturesOf } from '../src/iam/chunk-signatures.ts';
import { silentLog } from '../src/log.ts';
import { openRoleCredentials } from '../src/services/role-credentials.ts';
import { machineTime } from '../src/time/host-time.ts';
import { Bucket, startS3, type RunningS3 } from './s3-fixture.ts';
import { Sha256 } from './sha256.ts';

const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');
const A = (count: number) => Buffer.alloc(count, 'a');

test('chunks are signed as in the examples of the S3 API Reference', () => {
  const key = { secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', caller: DEVELOPER };
  const signed = (payload: string, seed: string) => ({
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=host,Signature=${seed}`,
      'x-amz-date': '20130524T000000Z',
      'x-amz-content-sha256': payload,
    },
  });
  const signaturesAfter = (payload: string, seed: string) => {
    const signatures = chunkSignaturesOf(() => key, signed(payload, seed));
    assert.ok(signatures !== undefined, payload);
    return signatures;
  };
  const plain = signaturesAfter(
    'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
  );
  assert.equal(plain.withTrailer, false);
  for (const [signature, data] of [
    ['ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648', A(65_536)],
    ['0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497', A(1024)],
    ['b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9', A(0)],
  ] as const)
    assert.ok(plain.isChunk(signature, sha256(data)), signature);

  const trailed = signaturesAfter(
    'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
    '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
  );
  assert.equal(trailed.withTrailer, true);
  for (const [signature, data] of [
    ['b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2', A(65_536)],
    ['1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7', A(1024)],
    ['2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992', A(0)],
  ] as const)
    assert.ok(trailed.isChunk(signature, sha256(data)), signature);
  assert.ok(
    trailed.isTrailer(
      'd81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435',
      'x-amz-checksum-crc32c:sOO8/Q==\n',
    ),
  );
  for (const payload of ['UNSIGNED-PAYLOAD', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', sha256('')])
    assert.equal(
      chunkSignaturesOf(() => key, signed(payload, sha256(''))),
      undefined,
      payload,
    );
});

const KEY = { accessKeyId: 'OPERATOR00000001', secretAccessKey: 'a secret that has a length of more than 32' };

/** An S3 that knows the operator's key. */
function startGuardedS3(t: TestContext): Promise<RunningS3> {
  const access = createAccess({
    policies: createDeclaredPolicies(),
    credentials: openRoleCredentials(undefined),
    keys: new Map([[KEY.accessKeyId, KEY.secretAccessKey]]),
    environment: { region: 'eu-west-1', accountId: '000000000000' },
    time: machineTime,
    log: silentLog,
  });
  return startS3(t, { access });
}

type Chunk = [signature: string, data: Buffer];

/** What the S3 API Reference has a client send; `change` is what somebody on the way makes of it. */
async function put(
  { endpoint }: RunningS3,
  { data, trailers, change = (chunks) => chunks, changeTrailer = (line) => line }: Upload,
): Promise<string> {
  const { host, hostname, port } = new URL(endpoint);
  const path = `/${Bucket}/k`;
  const length = data.reduce((sum, { length: each }) => sum + each, 0);
  const names = trailers?.map(([name]) => name).join(',');
  const signer = new SignatureV4({
    service: 's3',
    region: 'eu-west-1',
    credentials: KEY,
    sha256: Sha256,
    uriEscapePath: false,
  });
  const { headers } = await signer.sign({
    method: 'PUT',
    protocol: 'http:',
    hostname,
    port: Number(port),
    path,
    headers: {
      host,
      'content-encoding': 'aws-chunked',
      'x-amz-content-sha256': `STREAMING-AWS4-HMAC-SHA256-PAYLOAD${trailers === undefined ? '' : '-TRAILER'}`,
      'x-amz-decoded-content-length': String(length),
      ...(names !== undefined && { 'x-amz-trailer': names }),
    },
  });
  const date = headers['x-amz-date'] ?? '';
  const scope = `${date.slice(0, 8)}/eu-west-1/s3/aws4_request`;
  const signingKey = scope.split('/').reduce<Buffer | string>(hmac, `AWS4${KEY.secretAccessKey}`);
  let previous = /Signature=(\w+)/v.exec(headers['authorization'] ?? '')?.[1] ?? '';
  const next = (algorithm: string, ...digests: string[]) => {
    const toSign = [algorithm, date, scope, previous, ...digests].join('\n');
    return (previous = Buffer.from(hmac(signingKey, toSign)).toString('hex'));
  };
  const chunks = [...data, Buffer.alloc(0)].map((each): Chunk => [
    next('AWS4-HMAC-SHA256-PAYLOAD', sha256(''), sha256(each)),
    each,
  ]);
  const trailer = trailers?.map(([name, value]) => `${name}:${value}`) ?? [];
  if (trailers !== undefined) {
    const signature = next('AWS4-HMAC-SHA256-TRAILER', sha256(trailer.map((line) => `${line}\n`).join('')));
    trailer.push(`x-amz-trailer-signature:${signature}`);
  }
  const framed = change(chunks).flatMap(([signature, each]) => [
    `${each.length.toString(16)};chunk-signature=${signature}\r\n`,
    each,
    each.length === 0 ? '' : '\r\n',
  ]);
  const body = Buffer.concat([...framed, ...trailer.map((line) => `${changeTrailer(line)}\r\n`), '\r\n'].map(bytesOf));
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { method: 'PUT', headers: { ...headers, 'content-length': body.length } };
    request(`${endpoint}${path}`, options, resolve).on('error', reject).end(body);
  });
  return `${response.statusCode} ${/<Code>(\w+)</v.exec(await text(response))?.[1] ?? ''}`.trim();
}

interface Upload {
  readonly data: readonly Buffer[];
  readonly trailers?: readonly (readonly [string, string])[];
  readonly change?: (chunks: Chunk[]) => Chunk[];
  readonly changeTrailer?: (line: string) => string;
}

const bytesOf = (part: string | Buffer) => Buffer.from(part);
const hmac = (key: Buffer | string, content: string) => createHmac('sha256', key).update(content).digest();

const data = [Buffer.alloc(70_000, 'x'), Buffer.from('the end')];
const sum = Buffer.alloc(4);
sum.writeUInt32BE(crc32(Buffer.concat([...data])));
const trailers = [['x-amz-checksum-crc32', sum.toString('base64')]] as const;
const other = 'f'.repeat(64);

test('a body whose chunks and trailer are signed as they came is stored', async (t) => {
  const s3 = await startGuardedS3(t);
  assert.equal(await put(s3, { data }), '200');
  assert.equal(await put(s3, { data, trailers }), '200');
  assert.equal(await put(s3, { data: [] }), '200', 'nothing is a body as well');
});

test('a stream of the SDK, whose chunks are not signed, is stored as before', async (t) => {
  const s3 = await startGuardedS3(t);
  const operator = new S3Client({ endpoint: s3.endpoint, region: 'eu-west-1', credentials: KEY });
  const Body = Readable.from(data);
  const ContentLength = 70_007;
  await operator.send(new PutObjectCommand({ Bucket, Key: 'k', Body, ContentLength }));
  const stored = await operator.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  assert.equal((await stored.Body?.transformToByteArray())?.length, ContentLength);
  operator.destroy();
});

test('a body that was changed on its way is refused and not stored', async (t) => {
  const s3 = await startGuardedS3(t);
  const changes: Record<string, Omit<Upload, 'data'>> = {
    'other data': {
      change: (chunks) => chunks.map(([signature, each]) => [signature, Buffer.alloc(each.length, 'y')]),
    },
    'a signature that is none': { change: (chunks) => chunks.map(([, each]) => ['', each]) },
    'another signature of the last chunk': { change: ([one, two]) => [one, two, [other, Buffer.alloc(0)]] as Chunk[] },
    'chunks in another order': { change: ([one, two, last]) => [two, one, last] as Chunk[] },
    'chunks put together': {
      change: ([one, two, last]) => [[one?.[0], Buffer.concat(data)], last].filter(() => two !== undefined) as Chunk[],
    },
    'a trailer that was not announced as signed': {
      trailers,
      changeTrailer: (line) => line.replace(/signature:.*/v, `signature:${other}`),
    },
    'a trailer without its signature': {
      trailers,
      changeTrailer: (line) => line.replace('trailer-signature', 'other'),
    },
    'another checksum': { trailers, changeTrailer: (line) => line.replace(/crc32:.*/v, 'crc32:AAAAAA==') },
  };
  for (const [what, change] of Object.entries(changes))
    assert.equal(await put(s3, { data, ...change }), '403 SignatureDoesNotMatch', what);
  assert.equal(await put(s3, { data, change: (chunks) => chunks.slice(0, -1) }), '400 InvalidRequest');
  // Signed as it is, and wrong all the same: the sender's own fault.
  assert.equal(await put(s3, { data, trailers: [['x-amz-checksum-crc32', 'AAAAAA==']] }), '400 BadDigest');
  const operator = new S3Client({ endpoint: s3.endpoint, region: 'eu-west-1', credentials: KEY });
  assert.equal((await operator.send(new ListObjectsV2Command({ Bucket }))).KeyCount, 0);
  operator.destroy();
});
