import { buildSync } from 'esbuild';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { Script } from 'node:vm';
import { LINKS, linkWorld } from './link-world.ts';

const PAGE = join(import.meta.dirname, '../src/page');
/** What a phone loads before it shows anything. */
const PAGE_BYTES_MAX = 15_000;

test('the page runs and is styled by what its policy names by digest, and by nothing else', async () => {
  const world = await linkWorld();
  const { headers, text } = await world.send('GET', world.linkOf('anna').path);
  const policy = headers.get('content-security-policy') ?? '';
  for (const [tag, directive] of [
    ['script', 'script-src'],
    ['style', 'style-src'],
  ] as const) {
    const inside = [...text.matchAll(new RegExp(`<${tag}>(?<inside>[\\s\\S]*?)</${tag}>`, 'gv'))];
    assert.equal(inside.length, 1);
    const digest = createHash('sha256')
      .update(inside[0]?.groups?.['inside'] ?? '')
      .digest('base64');
    assert.ok(policy.includes(`${directive} 'sha256-${digest}'`), tag);
  }
  assert.match(policy, /^default-src 'none';.*frame-ancestors 'none'/v);
  assert.doesNotMatch(policy, /unsafe|\*|http/v);
  assert.doesNotMatch(text, / on\w+=| style=|https?:/v);
  assert.equal(headers.get('referrer-policy'), 'no-referrer');
  assert.equal(headers.get('cache-control'), 'no-store');
  assert.equal(headers.get('x-content-type-options'), 'nosniff');
  assert.match(text, /<noscript>/v);
});

test('every link has the same page, and one that never was has one as well', async () => {
  const world = await linkWorld({ stages: [{ people: ['anna', 'ben'] }] });
  const [anna, ben] = [world.linkOf('anna'), world.linkOf('ben')];
  assert.equal((await world.send('GET', anna.path)).text, (await world.send('GET', ben.path)).text);
  for (const linkId of ['AAAAAAAAAA', 'x-y', '%00', `${anna.linkId}x`]) {
    const { status, headers, text } = await world.send('GET', `${LINKS}/${linkId}`);
    assert.equal(status, 404);
    assert.match(headers.get('content-type') ?? '', /html/v);
    assert.ok(!text.includes(linkId));
  }
});

test('bundled and minified as it is deployed, the page is small and its script whole', async () => {
  const { outputFiles } = buildSync({
    stdin: { contents: `export { linkPage } from './page.ts';`, resolveDir: PAGE, loader: 'ts' },
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    write: false,
  });
  const module: { exports: { linkPage?: (status: string) => Response } } = { exports: {} };
  const run = new Script(`(function (module, require) {${outputFiles[0]?.text ?? ''}\n})`).runInThisContext() as (
    ...parts: unknown[]
  ) => void;
  run(module, createRequire(import.meta.url));
  const response = module.exports.linkPage?.('open') ?? assert.fail('the bundle exports no page');
  const text = await response.text();
  assert.ok(Buffer.byteLength(text) < PAGE_BYTES_MAX, `${Buffer.byteLength(text)} bytes`);
  const script = /<script>(?<script>[\s\S]*)<\/script>/v.exec(text)?.groups?.['script'] ?? '';
  assert.ok(script.length > 1_000);
  // It meets a page without a secret in its address: with a name of the bundle left in it, this would throw.
  const said = element();
  new Script(script).runInNewContext({
    location: { hash: '', pathname: '/orders/a/links/b' },
    history: { replaceState: () => {} },
    addEventListener: () => {},
    document: { getElementById: () => said },
  });
  assert.match(said.textContent, /lacks its last part/v);
});

function element() {
  return { textContent: '', className: '' };
}

test('the script of the page passes the type check, with the names of a browser', () => {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', PAGE], { stdio: 'pipe' });
});
