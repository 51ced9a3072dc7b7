import { createHash } from 'node:crypto';
import { LINK_WORDS, type LinkStatus } from '../links/link-status.ts';
import { linkPageScript } from './link-page-script.js';
import { STYLE } from './style.ts';

// The function itself is the script: it uses nothing of this module, so its text is whole, also when it is bundled and minified.
const SCRIPT = `(${linkPageScript.toString()})();`;

const STATUS: Readonly<Record<LinkStatus, 200 | 404 | 410>> = {
  open: 200,
  unknown: 404,
  used: 410,
  expired: 410,
  reassigned: 410,
  'moved-on': 410,
  decided: 410,
  withdrawn: 410,
};

/**
 * The page behind a link. It is the same for every link of a status and tells nothing of any request: what is asked is fetched by
 * its script, with the secret that never comes here.
 */
export function linkPage(status: LinkStatus): Response {
  return status === 'open'
    ? answer(STATUS.open, 'Your answer is asked for', `${OPEN}<script>${SCRIPT}</script>`)
    : answer(STATUS[status], LINK_WORDS[status].title, `<p>${LINK_WORDS[status].detail}</p>`);
}

const OPEN = `<p id="status" role="status"></p>
<div id="ask"></div>
<noscript><p>This page needs JavaScript to show you what is asked, since the secret of your link stays in your browser until
then. Without it, sign in where you see your requests, or use the command line: <code>countersign orders show</code> and
<code>countersign orders confirm</code>.</p></noscript>`;

function answer(status: number, title: string, body: string): Response {
  const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1 id="title" tabindex="-1">${title}</h1>
${body}
</main>
</body>
</html>
`;
  return new Response(page, { status, headers: HEADERS });
}

/** What stands in the page by its digest, and nothing else, may run or style it; it may speak with where it came from. */
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': [
    "default-src 'none'",
    `script-src ${digest(SCRIPT)}`,
    `style-src ${digest(STYLE)}`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};

function digest(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
