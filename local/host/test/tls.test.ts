import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { get as getSecurely } from 'node:https';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { connect as connectSecurely, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { startHttpServer } from '../src/http-server.ts';
import { createLog } from '../src/log.ts';
import { withOwnRequests } from '../src/services/own-requests.ts';
import { readTlsCertificate } from '../src/tls-certificate.ts';
import { freshPath, PARCELS } from './assembly-files.ts';
import { certificate, certificateFiles } from './certificate.ts';
import { refusalOf } from './refusal.ts';
import { objectText, rested, startTestHost, until } from './test-host.ts';

test('an app is served by TLS, and its functions reach their AWS', async () => {
  const tls = certificate();
  setDefaultCACertificates([...getCACertificates('default'), tls.cert]);
  const host = await startTestHost({ assemblyDir: PARCELS, tls });
  const [api] = host.apis;
  assert.match(api?.url ?? '', /^https:\/\/127\.0\.0\.1:\d+$/v);
  assert.match(host.awsUrl, /^https:\/\/127\.0\.0\.1:\d+$/v);

  const answer = await fetch(`${api?.url}/parcels/p1`, { method: 'PUT' });
  const executionArn = 'arn:aws:states:eu-north-1:000000000000:execution:Counter-Pickup:p1';
  // The function has called Step Functions, another one S3; the app is told its own address as clients know it.
  assert.deepEqual(await answer.json(), { executionArn, url: api?.url });
  await rested(host, executionArn);
  assert.ok(await until(() => objectText(host, 'storage-shelf', 'p1')));

  const plainly = fetch(host.awsUrl.replace('https', 'http'));
  await assert.rejects(plainly, 'nothing is said in plain text at that port');
  await host.close();
});

test('beside a server that speaks TLS there is a plain one, for this machine only', async () => {
  const tls = certificate(certificateFiles({ addresses: [], names: ['*.example', 'orders.example'] }));
  const server = await startHttpServer({
    host: '0.0.0.0',
    port: 0,
    purpose: 'the test',
    tls,
    handle: (request, response) => void response.end(`${request.headers.host}`),
  });
  const { hostname, protocol, port } = new URL(server.url);
  assert.deepEqual([protocol, hostname], ['https:', 'orders.example'], 'clients come by the name that it is for');
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const options = { host: '127.0.0.1', port, servername: 'orders.example', ca: tls.cert, headers: { host: hostname } };
  getSecurely(options, (response) => resolve(text(response))).on('error', reject);
  assert.equal(await promise, 'orders.example');

  assert.match(server.ownUrl, /^http:\/\/127\.0\.0\.1:\d+$/v);
  assert.equal(await (await fetch(server.ownUrl)).text(), new URL(server.ownUrl).host);
  const foreign = Promise.withResolvers<number | undefined>();
  get(server.ownUrl, { headers: { host: hostname } }, (response) => foreign.resolve(response.statusCode));
  assert.equal(await foreign.promise, 403, 'no page from elsewhere comes to it by a name of its own');
  await server.close(0);
  await assert.rejects(fetch(server.ownUrl), 'both are closed');
});

test('pages that are served by TLS have what is for them, and those from the same address without it have not', async () => {
  const tls = certificate();
  const own = new Map([['log', (_request: unknown, response: { end(body: string): void }) => response.end('the log')]]);
  const handle = withOwnRequests(own, (_request, response) => void response.end());
  const server = await startHttpServer({ host: '127.0.0.1', port: 0, purpose: 'the test', tls, handle });
  const ask = async (origin: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    const options = { ca: tls.cert, headers: { origin } };
    getSecurely(`${server.url}/_countersign/log`, options, (response) => resolve(response.resume().statusCode)).on(
      'error',
      reject,
    );
    return promise;
  };
  assert.equal(await ask(server.url), 200);
  assert.equal(await ask(server.url.replace('https', 'http')), 403);
  await server.close(0);
});

test('clients that begin no handshake do not keep others from theirs', async () => {
  const tls = certificate();
  const handle = (_request: unknown, response: { end(body: string): void }) => response.end('here');
  const server = await startHttpServer({ host: '127.0.0.1', port: 0, purpose: 'the test', tls, handle });
  const port = Number(new URL(server.url).port);
  const noise = ['GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01', Buffer.alloc(64 * 1024, 0xff)].map((said) =>
    connect({ port, host: '127.0.0.1' }, function (this: Socket) {
      this.write(said);
    }).on('error', () => {}),
  );
  const answer = await new Promise<string>((resolve, reject) => {
    getSecurely(server.url, { ca: tls.cert }, (response) => resolve(text(response))).on('error', reject);
  });
  assert.equal(answer, 'here');
  for (const socket of noise) socket.destroy();
  await server.close(0);
});

test('a certificate or a key that cannot be used is refused by a sentence that says why', async () => {
  const { certFile, keyFile } = certificateFiles();
  const refused = async (files: Partial<Parameters<typeof readTlsCertificate>[0]>) =>
    (await refusalOf(() => readTlsCertificate({ certFile, keyFile, ...files }))).message;
  const file = (content: string, mode = 0o600) => {
    const path = freshPath();
    writeFileSync(path, content, { mode });
    return path;
  };
  const dayMs = 24 * 60 * 60 * 1000;
  const expired = certificateFiles({ fromMs: Date.now() - 2 * dayMs, toMs: Date.now() - dayMs });
  const early = certificateFiles({ fromMs: Date.now() + dayMs, toMs: Date.now() + 2 * dayMs });
  assert.match(await refused({ certFile: freshPath() }), /^The TLS certificate in ".+" .*cannot be read \(ENOENT\)/v);
  assert.match(await refused({ keyFile: freshPath() }), /^The TLS key in ".+" .*cannot be read \(ENOENT\)/v);
  assert.match(await refused({ certFile: file('none') }), /holds none in PEM/v);
  assert.match(await refused({ certFile: keyFile }), /holds none in PEM/v);
  assert.match(await refused({ keyFile: file('none') }), /holds none in PEM/v);
  assert.match(await refused({ keyFile: file('-----BEGIN ENCRYPTED PRIVATE KEY-----\n') }), /is encrypted/v);
  assert.match(await refused({ keyFile: certificateFiles().keyFile }), /is not that of the certificate/v);
  assert.match(await refused(expired), /has expired \(/v);
  assert.match(await refused(early), /counts only from/v);
  chmodSync(keyFile, 0o644);
  assert.match(await refused({}), /everybody on this machine may use it/v);
  chmodSync(keyFile, 0o640);
  assert.ok(readTlsCertificate({ certFile, keyFile }).covers('127.0.0.1'), 'a group of services may share it');
});

test('a renewed certificate is shown within a minute; until it can be used the one before is, and the log says why once', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const files = certificateFiles();
  const lines: string[] = [];
  const server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    purpose: 'the test',
    tls: certificate(files),
    log: createLog({ form: 'json', write: (line) => lines.push(line) }),
    handle: (_request, response) => void response.end('here'),
  });
  const port = Number(new URL(server.url).port);
  const shown = () =>
    new Promise<string>((resolve, reject) => {
      const socket = connectSecurely({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
        resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '');
        socket.destroy();
      }).on('error', reject);
    });
  const afterAMinute = async () => {
    t.mock.timers.tick(60_000);
    return await shown();
  };
  const events = () => lines.map((line) => (JSON.parse(line) as { event: string }).event);
  const first = await shown();
  assert.equal(await afterAMinute(), first);
  assert.deepEqual(events(), []);

  const next = certificateFiles({ names: ['orders.example'] });
  renameSync(next.certFile, files.certFile);
  assert.equal(await afterAMinute(), first, 'it is not that of the key');
  assert.equal(await afterAMinute(), first);
  renameSync(next.keyFile, files.keyFile);
  const second = await afterAMinute();
  assert.notEqual(second, first);
  assert.deepEqual(events(), ['tls.not-renewed', 'tls.renewed']);

  rmSync(files.keyFile);
  assert.equal(await afterAMinute(), second);
  writeFileSync(files.keyFile, 'none', { mode: 0o600 });
  assert.equal(await afterAMinute(), second);
  const third = certificateFiles();
  copyFileSync(third.certFile, files.certFile);
  copyFileSync(third.keyFile, files.keyFile);
  assert.ok(![first, second].includes(await afterAMinute()));
  assert.deepEqual(events().slice(2), ['tls.not-renewed', 'tls.not-renewed', 'tls.renewed']);
  assert.ok(!lines.join('').includes('PRIVATE'));
  await server.close(0);
});
