import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { certificateFiles } from '../../../local/host/test/certificate.ts';
import { tlsOf } from '../src/tls-options.ts';
import { trustAuthorities } from '../src/trust.ts';
import { runCli } from './run-cli.ts';
import { startCommand } from './running-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-tls-'));
after(() => rmSync(folder, { recursive: true }));

const { certFile, keyFile } = certificateFiles();
const TLS = ['--tls-cert', certFile, '--tls-key', keyFile];

test('an engine that speaks TLS is asked with the certificate at hand, and refused by a sentence without', async () => {
  await using engine = await startCommand(['engine', '--port', '0', ...TLS]);
  const url = String(engine.ready['url']);
  assert.match(url, /^https:\/\/127\.0\.0\.1:\d+$/);

  const trusted = await runCli(['machines', 'list', '--endpoint', url, '--json', '--ca', certFile]);
  assert.deepEqual([trusted.code, trusted.stderr], [0, '']);
  const byEnvironment = await runCli(['tasks', 'list', '--json'], {
    env: { AWS_ENDPOINT_URL: url, NODE_EXTRA_CA_CERTS: certFile },
  });
  assert.deepEqual([byEnvironment.code, byEnvironment.stderr], [0, '']);

  for (const args of [
    ['machines', 'list', '--endpoint', url],
    ['orders', 'list', '--url', url],
  ]) {
    const { code, stdout, stderr } = await runCli(args);
    assert.deepEqual([code, stdout], [1, ''], args.join(' '));
    assert.match(
      stderr,
      /The certificate at https:\S+ is not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\)\.\n→ .*--ca FILE/,
    );
  }
  const plainly = await runCli(['machines', 'list', '--endpoint', url.replace('https', 'http')]);
  assert.equal(plainly.code, 1);
  assert.match(plainly.stderr, /→ .* its address begins with https\./);
});

test('files that make no certificate are refused before anything begins', async () => {
  for (const [options, said] of [
    [{ tlsCert: certFile }, /^--tls-cert needs --tls-key beside it\.$/],
    [{ tlsKey: keyFile }, /^--tls-key needs --tls-cert beside it\.$/],
    [{ tlsCert: certFile, tlsKey: certFile }, /^The TLS key in ".+" cannot be used: .+\.$/],
  ] as const)
    assert.throws(() => tlsOf(options), { name: 'CliError', exitCode: 2, message: said });
  assert.throws(() => trustAuthorities(join(folder, 'none')), {
    exitCode: 2,
    message: /holds no certificate .*ENOENT/,
  });

  const start = ['start', '--data', join(folder, 'data'), '--port', '0', '--aws-port', '0'];
  const { code, stdout, stderr } = await runCli([...start, '--tls-cert', keyFile, '--tls-key', keyFile]);
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, /^error: The TLS certificate in ".+" cannot be used: [^\n]+\.\n→ [^\n]+\n$/);
});
