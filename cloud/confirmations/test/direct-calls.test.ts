import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { SendTaskSuccessCommand, SFNClient, StartExecutionCommand, TaskTimedOut } from '@aws-sdk/client-sfn';
import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { withDirectCalls } from '../src/direct/direct-calls.ts';
import { EVENT_BRIDGE_CALLS, STEP_FUNCTIONS_CALLS } from '../src/direct/json-calls.ts';
import { placeOf } from '../src/direct/place.ts';
import { S3_CALLS } from '../src/direct/s3-calls.ts';
import { signerFor } from '../src/direct/sign.ts';
import { type Parent, type TraceCall, type TracedCall, traceUnder } from '../src/direct/trace-call.ts';

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG', sessionToken: 'a+b/c==' };

/** What the SDK would send for this, at that time, without its query. */
async function sentBySdk(input: PutObjectCommandInput, clockOffsetMs: number) {
  let sent: SdkRequest | undefined;
  const requestHandler = {
    handle(request: SdkRequest) {
      sent = request;
      return Promise.resolve({ response: { statusCode: 200, headers: { etag: '"1"' }, body: new Blob([]).stream() } });
    },
  };
  const settings = {
    region: 'eu-west-1',
    credentials: CREDENTIALS,
    requestChecksumCalculation: 'WHEN_REQUIRED' as const,
  };
  const s3 = new S3Client({ ...settings, requestHandler, systemClockOffset: clockOffsetMs });
  s3.middlewareStack.add(
    (next) => async (args) => {
      Object.assign(args.request as SdkRequest, { query: {} });
      return await next(args);
    },
    { step: 'build' },
  );
  await s3.send(new PutObjectCommand(input));
  assert(sent !== undefined);
  return sent;
}

interface SdkRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly path: string;
  readonly headers: Record<string, string>;
}

const etag = fc
  .string({ unit: fc.constantFrom('a', 'b', ' ', '\t', ',', ';', '*', '"'), minLength: 1, maxLength: 12 })
  .filter((text) => /\S/v.test(text));
const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).map((text) => `waits/${text}!'()*.json`);

test('calls are escaped and signed as the SDK does it, whatever is in them', async () => {
  const sign = signerFor({ region: 'eu-west-1', service: 's3' });
  const check = async (Key: string, Body: string, IfMatch: string, clockOffsetMs: number) => {
    const input = { Bucket: 'bucket', Key, Body, IfMatch };
    const bySdk = await sentBySdk(input, clockOffsetMs);
    const call = S3_CALLS['PutObjectCommand'];
    const request = call?.toRequest(input);
    assert(call !== undefined && request !== undefined);
    assert.equal(call.addressOf(input).path, bySdk.path);
    const { authorization = '', 'x-amz-date': date = '' } = bySdk.headers;
    const names = /SignedHeaders=(?<names>[^,]*)/v.exec(authorization)?.groups?.['names']?.split(';') ?? [];
    const headers = Object.fromEntries(names.map((name) => [name, bySdk.headers[name] ?? '']));
    const at = Date.parse(date.replace(/^(\d{4})(\d{2})(\d{2}T\d{2})(\d{2})(\d{2}Z)$/v, '$1-$2-$3:$4:$5'));
    assert.equal(sign({ ...request, path: bySdk.path, headers }, CREDENTIALS, at)['authorization'], authorization);
  };
  const offset = fc.integer({ min: -1e10, max: 1e10 });
  await fc.assert(fc.asyncProperty(key, fc.string({ unit: 'grapheme' }), etag, offset, check), { numRuns: 100 });
});

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A service on this machine that answers one request after the other, with the last answer for all that follow. */
async function serviceThatAnswers(t: TestContext, ...answers: ((response: ServerResponse) => void)[]) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => (body += part));
    request.once('end', () => {
      received.push({ method: request.method, url: request.url, headers: request.headers, body });
      (answers[received.length - 1] ?? answers.at(-1))?.(response);
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const traced: TracedCall[] = [];
  const trace: TraceCall = async (call, send) => {
    traced.push(call);
    return await send('Root=1-2;Parent=3;Sampled=1');
  };
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const settings = { endpoint, region: 'eu-west-1', credentials: CREDENTIALS, cacheMiddleware: true };
  const s3 = withDirectCalls(new S3Client({ ...settings, forcePathStyle: true }), 'S3', S3_CALLS, trace);
  const sfn = withDirectCalls(new SFNClient(settings), 'SFN', STEP_FUNCTIONS_CALLS, trace);
  /** Only the SDK numbers its attempts. */
  const senders = () => received.map(({ headers }) => (headers['amz-sdk-request'] === undefined ? 'direct' : 'SDK'));
  return { s3, sfn, received, senders, traced };
}

const answer = (status: number, body = '', headers: Record<string, string> = {}) => {
  return (response: ServerResponse) => void response.writeHead(status, headers).end(body);
};
const put = (Body = '{}') => new PutObjectCommand({ Bucket: 'b', Key: 'records/o 1.json', Body, IfNoneMatch: '*' });

test('the first call shows the SDK’s way, those after it go there directly', async (t) => {
  const { s3, received, senders, traced } = await serviceThatAnswers(t, answer(200, '{"a":"é"}', { etag: '"7"' }));
  assert.equal((await s3.send(put())).ETag, '"7"');
  assert.equal((await s3.send(put('{"ä":1}'))).ETag, '"7"');
  const { Body, ETag } = await s3.send(new GetObjectCommand({ Bucket: 'b', Key: 'k' }));
  assert.equal(await Body?.transformToString(), '{"a":"é"}');
  assert.equal(ETag, '"7"');
  assert.deepEqual(senders(), ['SDK', 'direct', 'direct']);
  assert.deepEqual(
    traced.map(({ operation }) => operation),
    ['PutObject', 'GetObject'],
  );
  const { method, url, headers, body } = received[1] ?? {};
  assert.deepEqual([method, url, body], ['PUT', '/b/records/o%201.json', '{"ä":1}']);
  assert.equal(headers?.['if-none-match'], '*');
  assert.equal(headers['user-agent'], received[0]?.headers['user-agent']);
  assert.equal(headers['x-amzn-trace-id'], 'Root=1-2;Parent=3;Sampled=1');
});

test('another bucket may be elsewhere', async (t) => {
  const { s3, senders } = await serviceThatAnswers(t, answer(204));
  for (const Bucket of ['one', 'one', 'other', 'other']) await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  assert.deepEqual(senders(), ['SDK', 'direct', 'SDK', 'direct']);
});

test('what is refused is asked again by the SDK, and thrown as it throws it', async (t) => {
  const refused = answer(412, '<Error><Code>PreconditionFailed</Code><Message>no</Message></Error>');
  const { s3, senders } = await serviceThatAnswers(t, answer(200, '', { etag: '"1"' }), refused);
  await s3.send(put());
  await assert.rejects(s3.send(put()), (error) => {
    return error instanceof S3ServiceException && error.$metadata.httpStatusCode === 412;
  });
  assert.deepEqual(senders(), ['SDK', 'direct', 'SDK']);
});

test('a connection that is lost, and an answer that is none, are the SDK’s to repeat', async (t) => {
  const lost = (response: ServerResponse) => void response.destroy();
  const cutOff = (response: ServerResponse) => {
    response.writeHead(200, { 'content-length': '100' }).write('{');
    setImmediate(() => response.destroy());
  };
  const ok = answer(200, '{"executionArn":"arn:1","startDate":1763900000.5}');
  const { sfn, senders } = await serviceThatAnswers(t, ok, lost, ok, cutOff, ok, answer(200, 'no JSON'), ok);
  for (let calls = 0; calls < 4; calls += 1) {
    const { executionArn, startDate } = await sfn.send(
      new StartExecutionCommand({ stateMachineArn: 'm', input: '{}' }),
    );
    assert.deepEqual([executionArn, startDate?.getTime()], ['arn:1', 1_763_900_000_500]);
  }
  assert.deepEqual(senders(), ['SDK', 'direct', 'SDK', 'direct', 'SDK', 'direct', 'SDK']);
});

test('errors of Step Functions keep their classes', async (t) => {
  const timedOut = answer(400, '{"__type":"TaskTimedOut","message":"no"}');
  const { sfn, received, senders } = await serviceThatAnswers(t, answer(200, '{}'), answer(200, '{}'), timedOut);
  const send = () => sfn.send(new SendTaskSuccessCommand({ taskToken: 'T', output: '{"a":1}' }));
  await send();
  await send();
  await assert.rejects(send(), TaskTimedOut);
  assert.deepEqual(senders(), ['SDK', 'direct', 'direct', 'SDK']);
  assert.deepEqual(received[1]?.body, received[0]?.body);
  assert.equal(received[1]?.headers['x-amz-target'], 'AWSStepFunctions.SendTaskSuccess');
});

test('what is not known here is the SDK’s: other calls, other members, other bodies', async (t) => {
  const { s3, senders } = await serviceThatAnswers(t, answer(200, '<ListBucketResult/>', { etag: '"1"' }));
  await s3.send(put());
  await s3.send(new ListObjectsV2Command({ Bucket: 'b' }));
  await s3.send(new PutObjectCommand({ Bucket: 'b', Key: 'k', Body: '{}', Tagging: 'a=b' }));
  await s3.send(new PutObjectCommand({ Bucket: 'b', Key: 'k', Body: Buffer.from('{}') }));
  await s3.send(new GetObjectCommand({ Bucket: 'b', Key: 'k', Range: 'bytes=0-1' }));
  assert.deepEqual(senders(), ['SDK', 'SDK', 'SDK', 'SDK', 'SDK']);
});

test('a date is the SDK’s to write', () => {
  const call = EVENT_BRIDGE_CALLS['PutEventsCommand'];
  const entry = { Source: 's', DetailType: 't', Detail: '{}' };
  assert.equal(call?.toRequest({ Entries: [entry] })?.body, JSON.stringify({ Entries: [entry] }));
  assert.equal(call?.toRequest({ Entries: [{ ...entry, Time: new Date(0) }] }), undefined);
});

test('a place that is signed for otherwise is none', () => {
  const headers = {
    authorization: 'AWS4-HMAC-SHA256 Credential=A/20261123/us-east-1/s3/aws4_request, SignedHeaders=host',
  };
  const request = { protocol: 'https:', hostname: 'b.s3.amazonaws.com', path: '/k', headers };
  assert.deepEqual(placeOf(request, '/k')?.scope, { region: 'us-east-1', service: 's3' });
  const manyRegions = 'AWS4-ECDSA-P256-SHA256 Credential=A/20261123/s3/aws4_request, SignedHeaders=host';
  assert.equal(placeOf({ ...request, headers: { authorization: manyRegions } }, '/k'), undefined);
  assert.equal(placeOf({ ...request, headers: { ...headers, 'x-amz-s3session-token': 's' } }, '/k'), undefined);
  assert.equal(placeOf({ ...request, headers: {} }, '/k'), undefined);
  assert.equal(placeOf({ ...request, path: '/other' }, '/k'), undefined);
});

/** A segment as Lambda begins it, which notes what is made of it. */
function segment(isSampled: boolean) {
  const noted: unknown[][] = [];
  const note = (...what: unknown[]) => void noted.push(what);
  const parent: Parent = {
    id: 'p',
    trace_id: '1-2',
    notTraced: !isSampled,
    addNewSubsegment(name) {
      note('begin', name);
      const addFaultFlag = () => note('fault');
      const addErrorFlag = () => note('error');
      const close = (error?: Error) => note('close', ...(error === undefined ? [] : [error.message]));
      return {
        id: 'c',
        addNewSubsegment: (child) => parent.addNewSubsegment(child),
        addAttribute: note,
        addFaultFlag,
        addErrorFlag,
        close,
      };
    },
  };
  return { trace: traceUnder(() => parent), noted };
}

const CALL = { service: 'S3', operation: 'GetObject', region: 'eu-west-1' };

test('a call is a subsegment of its trace, whether it is answered or not', async () => {
  const { trace, noted } = segment(true);
  const headers: string[] = [];
  await trace(CALL, (header = '') => {
    headers.push(header);
    return Promise.resolve({ status: 503, headers: { 'x-amz-request-id': 'r' }, body: '' });
  });
  await assert.rejects(
    trace(CALL, () => Promise.reject(new Error('lost'))),
    { message: 'lost' },
  );
  assert.deepEqual(headers, ['Root=1-2;Parent=c;Sampled=1']);
  assert.deepEqual(noted, [
    ['begin', 'S3'],
    ['namespace', 'aws'],
    ['aws', { operation: 'GetObject', region: 'eu-west-1', request_id: 'r' }],
    ['http', { response: { status: 503 } }],
    ['fault'],
    ['close'],
    ['begin', 'S3'],
    ['namespace', 'aws'],
    ['close', 'lost'],
  ]);
});

test('a trace that is not sampled is handed on, and nothing is made of it', async () => {
  const { trace, noted } = segment(false);
  const answered = await trace(CALL, (header = '') => Promise.resolve({ status: 200, headers: {}, body: header }));
  assert.equal(answered.body, 'Root=1-2;Parent=p;Sampled=0');
  assert.deepEqual(noted, []);
});
