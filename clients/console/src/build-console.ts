import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import type { Settings } from './page/settings.ts';

/** A file of the page, as whatever serves it has to answer with. */
export interface ConsoleFile {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const PAGE = join(import.meta.dirname, 'page');

/** The first that know `light-dark()`. */
const BROWSERS = ['chrome123', 'firefox121', 'safari17.5'];

/**
 * The page as files that a host, or S3 and CloudFront, can serve under any path: made in memory, from nothing but what is
 * installed. The empty name is the page itself.
 */
export async function buildConsole(settings: Settings): Promise<ReadonlyMap<string, ConsoleFile>> {
  const [scripts, [style]] = await Promise.all([bundle('main.tsx'), bundle('console.css')]);
  const policy = contentSecurityPolicy(settings);
  const file = (type: string, body: string): ConsoleFile => ({ headers: headersOf(type, body, policy), body });
  return new Map([
    ['', file('text/html; charset=utf-8', readFileSync(join(PAGE, 'index.html'), 'utf8'))],
    ...scripts.map(({ name, text }) => [name, file('text/javascript; charset=utf-8', text)] as const),
    ['console.css', file('text/css; charset=utf-8', style?.text ?? '')],
    ['icon.svg', file('image/svg+xml', readFileSync(join(PAGE, 'icon.svg'), 'utf8'))],
    ['settings.json', file('application/json', JSON.stringify(settings))],
  ]);
}

/** A script comes with those that it loads when they are needed, each a file beside it. */
async function bundle(entry: string): Promise<readonly { readonly name: string; readonly text: string }[]> {
  const { outputFiles } = await build({
    entryPoints: [{ in: join(PAGE, entry), out: 'console' }],
    // Nobody's own settings of TypeScript count, only what is said here.
    tsconfigRaw: { compilerOptions: { jsx: 'react-jsx', jsxImportSource: 'preact' } },
    bundle: true,
    splitting: true,
    // Never written: what is made stays in memory.
    outdir: '/',
    chunkNames: '[name]',
    minify: true,
    format: 'esm',
    target: BROWSERS,
    legalComments: 'none',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles.map(({ path, text }) => ({ name: basename(path), text }));
}

function headersOf(type: string, body: string, policy: string): Record<string, string> {
  return {
    'content-type': type,
    'content-security-policy': policy,
    // Asked for anew each time, and answered with nothing as long as it is the same.
    'cache-control': 'no-cache',
    etag: `"${createHash('sha256').update(policy).update(body).digest('base64url').slice(0, 27)}"`,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  };
}

/** Only the page's own files run and style it, it makes no markup of text, and it speaks with its API and its issuer. */
function contentSecurityPolicy({ api, signIn }: Settings): string {
  const origins = [api, signIn?.issuer ?? ''].filter((url) => url !== '').map((url) => new URL(url).origin);
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src ${["'self'", ...new Set(origins)].join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}
