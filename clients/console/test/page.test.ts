import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { buildConsole } from '../src/index.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** Of our own script, gzipped. */
const SCRIPT_BYTES_MAX = 100 * 1024;
const GRAPH_BYTES_MAX = 25 * 1024;

const byName = (left: string, right: string) => (left < right ? -1 : 1);

test('the types of the page hold, which have a browser around them', async () => {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  await promisify(execFile)(process.execPath, [tsc, '-p', join(ROOT, 'clients/console/src/page')]).catch(
    (error: Error & { stdout?: string }) => assert.fail(error.stdout ?? error.message),
  );
});

test('the page is small', async () => {
  const files = await buildConsole({ api: '' });
  const bytesOf = (name: string) => gzipSync(files.get(name)?.body ?? '').byteLength;
  assert.ok(
    bytesOf('console.js') > 1_000 && bytesOf('console.js') < SCRIPT_BYTES_MAX,
    `${bytesOf('console.js')} bytes`,
  );
  const scripts = [...files.keys()].filter((name) => name.endsWith('.js'));
  assert.deepEqual(
    scripts.sort(byName),
    ['console.js', 'graph-layout.js'],
    'what draws graphs comes when there is one to draw',
  );
  assert.ok(bytesOf('graph-layout.js') > 1_000 && bytesOf('graph-layout.js') < GRAPH_BYTES_MAX);
  assert.doesNotMatch(files.get('console.js')?.body ?? '', /dagre/i);
});

test('the page loads nothing from elsewhere, and has neither a script nor a style within', async () => {
  const html = (await buildConsole({ api: '' })).get('')?.body ?? '';
  assert.doesNotMatch(html, /<script(?![^>]*\bsrc="console\.js")|<style|\son\w+=|style=|https?:/);
  for (const [, address = ''] of html.matchAll(/(?:src|href)="([^"]*)"/g))
    assert.match(address, /^(?:console|icon)\.\w+$/);
});

test('it may speak with its own origin, its API and its issuer, and be framed by nobody', async () => {
  const signIn = { issuer: 'https://id.example.com/pool', clientId: 'c', scopes: ['openid'] };
  const files = await buildConsole({ api: 'https://api.example.com', signIn });
  for (const { headers } of files.values()) {
    const policy = headers['content-security-policy'] ?? '';
    assert.match(policy, /(?:^|; )connect-src 'self' https:\/\/api\.example\.com https:\/\/id\.example\.com(?:;|$)/);
    assert.doesNotMatch(policy, /unsafe|\*|data:|blob:/);
    for (const rule of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]) {
      assert.ok(policy.split('; ').includes(rule), rule);
    }
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
  }
});

test('what it is told stands beside it, and a change of that is noticed', async () => {
  const [one, two] = await Promise.all([buildConsole({ api: '' }), buildConsole({ api: 'https://api.example.com' })]);
  assert.deepEqual(JSON.parse(one.get('settings.json')?.body ?? ''), { api: '' });
  assert.notEqual(one.get('')?.headers['etag'], two.get('')?.headers['etag']);
  assert.equal(one.get('')?.headers['etag'], (await buildConsole({ api: '' })).get('')?.headers['etag']);
});
