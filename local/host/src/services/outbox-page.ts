import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { KeptMail, Outbox } from './outbox.ts';

export const OUTBOX_PATH = '/_countersign/outbox';

const PAGE_SIZE = 50;

/**
 * Nothing is loaded and no script runs, neither of the page nor of a mail: a mail's HTML is in a frame that inherits this
 * and has no origin.
 */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
  // A page that has led here may not look through the window at it.
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Shows the mails: `/_countersign/outbox`, `…/<id>`, and with `.json` after it, or asked for, the same for machines. `?q=` finds. */
export function outboxPage(outbox: Outbox, allowedHosts: readonly string[]): RequestListener {
  return (request, response) => {
    if (!isCalledByName(request, allowedHosts)) return sendText(response, 403, 'This name is none of this machine.');
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return sendText(response, 405, 'Mails are read with GET.');
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://outbox.invalid');
    const wantsJson = pathname.endsWith('.json') || asksForJson(request);
    const [, id] = /^\/_countersign\/outbox(?:\.json)?(?:\/([^\/]+?)(?:\.json)?)?\/?$/v.exec(pathname) ?? [];
    if (id === undefined) {
      const after = searchParams.get('after') ?? '';
      const text = searchParams.get('q') ?? '';
      const { mails, total } = outbox.list(PAGE_SIZE, after === '' ? undefined : after, text);
      const next = mails.length === PAGE_SIZE ? mails.at(-1)?.id : undefined;
      if (wantsJson) return sendJson(response, { mails, total, ...(next !== undefined && { after: next }) });
      return sendHtml(response, 'Outbox', list(mails, total, next));
    }
    const mail = outbox.get(id);
    if (mail === undefined) return sendText(response, 404, 'There is no such mail.');
    return wantsJson ? sendJson(response, mail) : sendHtml(response, mail.subject, one(mail));
  };
}

/** A page from elsewhere can make its own name point here, but it cannot call itself by one of these. */
function isCalledByName({ headers }: IncomingMessage, allowedHosts: readonly string[]): boolean {
  const name = (headers.host ?? '').replace(/:\d*$/v, '').toLowerCase();
  return allowedHosts.includes(name);
}

function asksForJson({ headers }: IncomingMessage): boolean {
  const accept = headers.accept ?? '';
  return accept.includes('application/json') && !accept.includes('text/html');
}

function list(mails: readonly KeptMail[], total: number, next: string | undefined): string {
  const rows = mails.map(({ id, at, from, to, subject }) => {
    const cells = [at.replace('T', ' ').slice(0, 19), from, to.join(', ')].map((text) => `<td>${escaped(text)}</td>`);
    const link = `<a href="${OUTBOX_PATH}/${escaped(id)}">${escaped(subject === '' ? '(no subject)' : subject)}</a>`;
    return `<tr>${cells.join('')}<td>${link}</td></tr>`;
  });
  const head = '<thead><tr><th>Time (UTC)</th><th>From</th><th>To</th><th>Subject</th></tr></thead>';
  const older = next === undefined ? '' : `<p><a href="${OUTBOX_PATH}?after=${escaped(next)}">Older</a></p>`;
  const table = rows.length === 0 ? '<p>No mail yet.</p>' : `<table>${head}<tbody>${rows.join('')}</tbody></table>`;
  return `<h1>Outbox</h1><p>Mails are kept here and never sent. ${total} of them.</p>${table}${older}`;
}

function one(mail: KeptMail): string {
  const facts = [
    ['Time (UTC)', mail.at],
    ['From', mail.from],
    ['To', mail.to.join(', ')],
    ['Cc', mail.cc.join(', ')],
    ['Bcc', mail.bcc.join(', ')],
    ['Reply to', mail.replyTo.join(', ')],
    ...mail.headers.map(({ name, value }) => [name, value]),
  ].filter(([, value]) => value !== '');
  const terms = facts.map(([name = '', value = '']) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`);
  const text = mail.raw ?? mail.text;
  const html = mail.html;
  return [
    `<p><a href="${OUTBOX_PATH}">Outbox</a></p><h1>${escaped(mail.subject)}</h1><dl>${terms.join('')}</dl>`,
    text === undefined ? '' : `<h2>${mail.raw === undefined ? 'Text' : 'Message'}</h2><pre>${escaped(text)}</pre>`,
    html === undefined
      ? ''
      : `<h2>HTML</h2><iframe sandbox title="The mail's HTML" srcdoc="${escaped(html)}"></iframe>`,
    html === undefined ? '' : `<details><summary>Source</summary><pre>${escaped(html)}</pre></details>`,
  ].join('');
}

const STYLE = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
  body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
  table { border-collapse: collapse; width: 100% } td, th { text-align: left; padding: .3rem .8rem .3rem 0; vertical-align: top }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem } dd { margin: 0; overflow-wrap: anywhere }
  pre { white-space: pre-wrap; overflow-wrap: anywhere } iframe { width: 100%; height: 30rem; border: 1px solid; background: #fff }
`;

function sendHtml(response: ServerResponse, title: string, body: string): void {
  const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title>`;
  response.writeHead(200, { ...HEADERS, 'content-type': 'text/html; charset=utf-8' });
  response.end(`<!doctype html><html lang="en"><head>${head}<style>${STYLE}</style></head><body>${body}</body></html>`);
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { ...HEADERS, 'content-type': 'application/json' });
  response.end(`${JSON.stringify(value)}\n`);
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { ...HEADERS, 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}

const NAMED: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return text.replace(/[&<>"]/gv, (character) => NAMED[character] ?? character);
}
