import { createHash } from 'node:crypto';
import type { User } from './cognito-users.ts';

const STYLE = `
  :root { color-scheme: light dark; }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 12vh auto 0; padding: 0 1rem; }
  h1 { font-size: 1.4rem; margin: 0 0 .25rem; }
  p { margin: 0 0 1.25rem; opacity: .8; }
  button { display: block; width: 100%; margin: .5rem 0; padding: .7rem 1rem; border: 1px solid #8888; border-radius: .5rem;
    background: none; color: inherit; font: inherit; text-align: left; cursor: pointer; }
  button:hover, button:focus-visible { border-color: currentColor; }
  small { opacity: .8; }
`;
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/**
 * What a page of the sign-in may do: show itself, and send its form to itself and on to the apps.
 *
 * @param appOrigins where a form's answer leads to; browsers hold redirects to `form-action`, too
 */
export function pageHeaders(appOrigins: readonly string[]): Record<string, string> {
  const policy = [
    `default-src 'none'`,
    // Pages that send themselves on have a script, whose hash oidc-provider adds here. Our own have none.
    `script-src 'self'`,
    `style-src 'sha256-${STYLE_HASH}'`,
    `form-action 'self' ${appOrigins.join(' ')}`.trim(),
    `base-uri 'none'`,
    `frame-ancestors 'none'`,
  ];
  return {
    'cache-control': 'no-store',
    'content-security-policy': policy.join('; '),
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
  };
}

/** Lists who can sign in. A click signs in: this is one machine, and nobody else can reach it. */
export function signInPage(clientName: string, users: readonly User[], hint: string | undefined): string {
  const buttons = users.map((user) => {
    const name = user.attributes['name'] ?? user.username;
    const about = [user.attributes['email'], user.groups.join(', ')].filter(
      (text) => text !== undefined && text !== '',
    );
    return `<button name="username" value="${escapeHtml(user.username)}"${user.username === hint ? ' autofocus' : ''}>
      ${escapeHtml(name)}<br><small>${escapeHtml(about.join(' · '))}</small></button>`;
  });
  return page(
    'Sign in',
    `<p>to ${escapeHtml(clientName)}. These are demonstration users: they exist on this machine only, without passwords.</p>
    <form method="post">${buttons.join('\n')}</form>`,
  );
}

/** @param form made by oidc-provider; it carries what protects against a sign-out from elsewhere */
export function signOutPage(form: string): string {
  return page('Sign out', `${form}<button form="op.logoutForm" name="logout" value="yes" autofocus>Sign out</button>`);
}

export function messagePage(title: string, message: string): string {
  return page(title, `<p>${escapeHtml(message)}</p>`);
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${content}
</main>
</body>
</html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/gv, (character) => ENTITIES[character] ?? character);
}
