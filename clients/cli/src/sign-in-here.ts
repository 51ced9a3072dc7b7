import type { AuthorizationRequest } from './authorization-request.ts';
import { CliError } from './cli-error.ts';
import { exitCode } from './exit-code.ts';

/** Where the provider leads back to. Nobody listens: the answer is read from the redirect itself. */
export const UNVISITED_CALLBACK = 'http://127.0.0.1/callback';

const REDIRECTS_MAX = 10;

/**
 * Does what a person and a browser would: opens the sign-in page of a user pool on this machine, and clicks a name.
 *
 * @returns the address a browser would be led back to
 */
export async function signInHere(request: AuthorizationRequest, username: string): Promise<URL> {
  const cookies = new Map<string, string>();
  let next: { url: string; form?: URLSearchParams } = { url: request.url };
  for (let step = 0; step < REDIRECTS_MAX; step += 1) {
    const { url, form } = next;
    const answer = await fetch(url, {
      ...(form !== undefined && { method: 'POST', body: form }),
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    const location = answer.headers.get('location');
    if (location === null && (form !== undefined || !answer.ok)) throw notSignedIn(answer.status);
    if (location === null) next = { url, form: new URLSearchParams({ username }) };
    else if (location.startsWith(`${request.redirectUri}?`)) return new URL(location);
    else next = { url: new URL(location, url).href };
  }
  throw notSignedIn(undefined);
}

function notSignedIn(status: number | undefined): CliError {
  const answered = status === undefined ? 'it leads nowhere' : `it answered ${status}`;
  return new CliError(exitCode.failure, `The sign-in page did not sign in: ${answered}.`, 'Sign in without --user.');
}
