import assert from 'node:assert/strict';
import { Agent, request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { effortOf } from '../../../tests/effort.ts';
import { headersFor, openApi, PASSING_DEFINITION, ROLE_ARN, type OpenApi, type RawRequest } from './open-api.ts';

const MiB = 1_048_576;

describe('the AWS JSON 1.0 protocol', () => {
  let api: OpenApi;
  const logged: string[] = [];
  before(async () => {
    const log = { warn: (event: string) => logged.push(event), error: (event: string) => logged.push(event) };
    api = await openApi({ log });
  });
  after(() => api[Symbol.asyncDispose]());

  const listing = { headers: headersFor('ListStateMachines'), body: '{}' };

  async function check(raw: RawRequest, status: number, type?: string): Promise<string> {
    const answer = await api.send(raw);
    assert.equal(answer.status, status, answer.text);
    const body = JSON.parse(answer.text) as { __type?: string; message?: string };
    assert.equal(body.__type?.split('#')[1], type);
    return body.message ?? '';
  }

  test('an answer has its id, its length and its type', async () => {
    const { status, headers, text } = await api.send(listing);
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'application/x-amz-json-1.0');
    assert.equal(headers['content-length'], String(Buffer.byteLength(text)));
    assert.match(
      String(headers['x-amzn-requestid']),
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/,
    );
    const again = await api.send(listing);
    assert.notEqual(again.headers['x-amzn-requestid'], headers['x-amzn-requestid']);
  });

  test('instants are numbers, in seconds with a fraction', async () => {
    const { text } = await api.call('CreateStateMachine', {
      name: 'dated',
      definition: PASSING_DEFINITION,
      roleArn: ROLE_ARN,
    });
    const { creationDate } = JSON.parse(text) as { creationDate: number };
    assert.ok(Math.abs(Date.now() / 1000 - creationDate) < 60, `${creationDate} is not now`);
  });

  test('only POST / is answered', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS']) {
      await check({ method, headers: headersFor('ListStateMachines') }, 404, 'UnknownOperationException');
    }
    await check({ ...listing, path: '/other' }, 404, 'UnknownOperationException');
    await check({ ...listing, path: '/?x=1' }, 404, 'UnknownOperationException');
  });

  test('a page in a browser gets nothing: no simple request passes, and a preflight allows none', async () => {
    const target = { 'x-amz-target': 'AWSStepFunctions.ListStateMachines' };
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/json']) {
      const headers = { ...target, 'content-type': type };
      await check({ headers, body: '{}' }, 415, 'UnsupportedMediaTypeException');
    }
    await check({ headers: target, body: '{}' }, 415, 'UnsupportedMediaTypeException');
    const preflight = await api.send({
      method: 'OPTIONS',
      headers: { origin: 'http://evil.example', 'access-control-request-method': 'POST' },
    });
    assert.deepEqual(
      Object.keys(preflight.headers).filter((name) => name.startsWith('access-control')),
      [],
    );
  });

  test('a request that calls the server by a strange name is refused', async () => {
    for (const host of ['evil.example', `evil.example:${api.port}`, '127.0.0.1.evil.example', 'sync-evil.example']) {
      const headers = { ...listing.headers, host };
      await check({ ...listing, headers }, 403, 'AccessDeniedException');
    }
    for (const host of [
      'localhost',
      `LOCALHOST:${api.port}`,
      'sync-localhost',
      '[::1]:8083',
      '127.0.0.1',
      'sync-127.0.0.1',
    ]) {
      await check({ ...listing, headers: { ...listing.headers, host } }, 200);
    }
  });

  test('the names of the server can be given', async () => {
    await using named = await openApi({ allowedHosts: ['states.internal'] });
    const headers = { ...listing.headers, host: 'states.internal:8083' };
    assert.equal((await named.send({ ...listing, headers })).status, 200);
    const foreign = { ...listing.headers, host: 'localhost' };
    assert.equal((await named.send({ ...listing, headers: foreign })).status, 403);
  });

  test('an address is always a name of the server: no page can make one point elsewhere', async () => {
    for (const host of ['192.168.1.5:8083', '[fe80::1]:8083', '10.0.0.7']) {
      await check({ ...listing, headers: { ...listing.headers, host } }, 200);
    }
  });

  test('the content type may have parameters and any case', async () => {
    const headers = { ...listing.headers, 'content-type': 'Application/X-Amz-Json-1.0; charset=utf-8' };
    await check({ ...listing, headers }, 200);
  });

  test('a compressed body is not expanded', async () => {
    for (const encoding of ['gzip', 'br', 'deflate', 'zstd']) {
      const headers = { ...listing.headers, 'content-encoding': encoding };
      await check({ ...listing, headers }, 415, 'UnsupportedMediaTypeException');
    }
    await check({ ...listing, headers: { ...listing.headers, 'content-encoding': 'identity' } }, 200);
  });

  test('an action that is not there is UnknownOperationException, whatever its name', async () => {
    const targets = ['AWSStepFunctions.Nothing', 'AWSStepFunctions.constructor', 'AWSStepFunctions.__proto__'];
    targets.push('AWSStepFunctions.', 'AWSStepFunctions.toString', 'DynamoDB_20120810.ListStateMachines', '');
    targets.push('ListStateMachines', 'AWSStepFunctions.liststatemachines');
    for (const target of targets) {
      const headers = { ...listing.headers, 'x-amz-target': target };
      await check({ ...listing, headers }, 400, 'UnknownOperationException');
    }
    assert.ok(logged.includes('step-functions-api.unknown-action'));
  });

  test('a body that is no JSON object is SerializationException, and its text is not repeated', async () => {
    const bodies: (string | Uint8Array)[] = ['{', 'secret', '{"a":1}}', "{'a':1}", '[]', 'null', '1', '"secret"', ' '];
    bodies.push('{"a":NaN}', '{"a":01}', '{"a":"\n"}', '{"a":1,}', '{"a":"\\ud8"}', 'ÿ', '{"maxResults":1}\0');
    bodies.push(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), Buffer.from('{}', 'utf16le'));
    for (const body of bodies) {
      const message = await check({ ...listing, body }, 400, 'SerializationException');
      assert.doesNotMatch(message, /secret/);
    }
  });

  test('an empty body, a byte order mark, unknown members and nulls are taken as on AWS', async () => {
    for (const body of ['', '\ufeff{}', '{"unknown":{"a":[1e400]}}', '{"maxResults":null}', ' {\n}\t']) {
      await check({ ...listing, body }, 200);
    }
  });

  test('of a doubled member the last counts', async () => {
    await check({ ...listing, body: '{"maxResults":1001,"maxResults":1}' }, 200);
    await check({ ...listing, body: '{"maxResults":1,"maxResults":1001}' }, 400, 'ValidationException');
  });

  test('keys that name what objects inherit do no harm', async () => {
    const body =
      '{"__proto__":{"maxResults":5000,"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":1,"maxResults":1}';
    await check({ ...listing, body }, 200);
    assert.equal(({} as { polluted?: number }).polluted, undefined);
  });

  test('nesting is refused from the 129th level on, however deep, before it is parsed', async () => {
    const nested = (levels: number): string => `{"x":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
    await check({ ...listing, body: nested(128) }, 200);
    for (const levels of [129, 5_000, 100_000]) {
      const body = nested(levels);
      const effortMs = await effortOf(() => check({ ...listing, body }, 400, 'SerializationException'));
      assert.ok(effortMs < 500, `it took ${effortMs} ms`);
    }
    await check({ ...listing, body: JSON.stringify({ x: '['.repeat(500), y: '\\"[[[' }) }, 200);
    await check({ ...listing, body: '['.repeat(500_000) }, 400, 'SerializationException');
  });

  test('a body may have a mebibyte and not a byte more', async () => {
    const sized = (bytes: number): string => `{"x":"${'x'.repeat(bytes - 8)}"}`;
    await check({ ...listing, body: sized(MiB) }, 200);
    await check({ ...listing, body: sized(MiB + 1) }, 413, 'RequestEntityTooLargeException');
  });

  test('a body without end is refused after a mebibyte', async () => {
    const served = new Promise<Socket>((resolve) => api.server.once('connection', resolve));
    const socket = connect(api.port, '127.0.0.1').on('error', () => {});
    const head = Object.entries({ host: '127.0.0.1', ...listing.headers }).map(([name, value]) => `${name}: ${value}`);
    socket.write(`POST / HTTP/1.1\r\n${head.join('\r\n')}\r\ntransfer-encoding: chunked\r\n\r\n`);
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const pour = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', pour);
    pour();
    const answer = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
    assert.match(answer, /^HTTP\/1\.1 413 /);
    assert.match(answer, /RequestEntityTooLargeException/);
    const { bytesRead } = await served;
    assert.ok(bytesRead < 1.2 * MiB, `${bytesRead} bytes were read`);
    await new Promise((resolve) => socket.once('close', resolve));
  });

  test('a refusal leaves the connection usable', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const connections = new Set<unknown>();
    const onConnection = (socket: Socket): void => void connections.add(socket);
    api.server.on('connection', onConnection);
    const statusOf = (headers: Record<string, string>, body: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        httpRequest({ agent, host: '127.0.0.1', port: api.port, method: 'POST', headers }, (response) => {
          response.resume().on('end', () => resolve(response.statusCode));
        })
          .on('error', reject)
          .end(body);
      });
    const textPlain = { ...listing.headers, 'content-type': 'text/plain' };
    assert.equal(await statusOf(textPlain, 'x'.repeat(100_000)), 415);
    assert.equal(await statusOf(listing.headers, '{'), 400);
    assert.equal(await statusOf(listing.headers, '{}'), 200);
    assert.equal(connections.size, 1);
    api.server.off('connection', onConnection);
    agent.destroy();
  });

  test('a client that leaves in the middle of its request disturbs nobody', async () => {
    const served = new Promise<Socket>((resolve) => api.server.once('connection', resolve));
    const socket = connect(api.port, '127.0.0.1');
    socket.write(
      'POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 9\r\n\r\n{',
    );
    const atServer = await served;
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.destroy();
    await new Promise((resolve) => atServer.once('close', resolve));
    await check(listing, 200);
    assert.ok(!logged.includes('step-functions-api.failed'));
  });
});

test('a failure of ours is a 500 that keeps the reason to itself, and the log knows it', async () => {
  const failures: Record<string, unknown>[] = [];
  const log = { warn() {}, error: (event: string, fields: object) => void failures.push({ event, ...fields }) };
  const api = await openApi({ log });
  await api.engine.close();
  const answer = await api.call('ListStateMachines', {});
  assert.equal(answer.status, 500);
  assert.deepEqual(JSON.parse(answer.text), {
    __type: 'com.amazon.coral.service#InternalFailure',
    message: 'The request could not be processed because of an error of the service',
  });
  assert.equal(failures.length, 1);
  assert.equal(failures[0]?.['requestId'], answer.headers['x-amzn-requestid']);
  await api[Symbol.asyncDispose]();
});

test('an engine that takes nothing more at the moment is a 503', async () => {
  const api = await openApi();
  await api.engine.close();
  const answer = await api.call('SendTaskHeartbeat', { taskToken: 'x' });
  assert.equal(answer.status, 503);
  assert.match(answer.text, /#ServiceUnavailable"/);
  await api[Symbol.asyncDispose]();
});
