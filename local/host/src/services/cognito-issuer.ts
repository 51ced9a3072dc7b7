import type { IncomingMessage, ServerResponse } from 'node:http';
import { errors, Provider } from 'oidc-provider';
import type { Log } from '../log.ts';
import type { HostTime } from '../time/host-time.ts';
import { letOwnCallbacksIn, originsOf } from './cognito-client.ts';
import type { UserPoolContent } from './cognito-configuration.ts';
import { cognitoConfiguration } from './cognito-configuration.ts';
import { messagePage, pageHeaders, signInPage } from './cognito-pages.ts';
import { subjectOf } from './cognito-users.ts';
import { readRequestBody } from './request-body.ts';

export interface IssuerOptions extends UserPoolContent {
  /** Ends with the pool's id, which is the path everything is under. */
  readonly issuer: string;
  /** Under which the host serves pages that people sign in from; undefined where it serves none. */
  readonly pagesPath: string | undefined;
  readonly time: HostTime;
  readonly log: Log;
}

export interface Issuer {
  /** Answers what is under the pool's path. */
  handle(message: IncomingMessage, response: ServerResponse): void;
}

const FORM_BYTES_MAX = 4096;

/**
 * A user pool as an OIDC provider: discovery and keys where Cognito has them, the authorization code grant with PKCE,
 * refresh tokens, client credentials, revocation, and the paths of a user pool's domain. Its tokens say what Cognito's do.
 *
 * @see Amazon Cognito Developer Guide, "Managed login endpoints reference"
 */
export function createIssuer(options: IssuerOptions): Issuer {
  const { userPoolId, issuer, clients, users, time, log } = options;
  const provider = new Provider(issuer, cognitoConfiguration(options));
  letOwnCallbacksIn(provider, options.pagesPath);
  provider.on('server_error', (_ctx, error) => log.error('sign-in.failed', { userPoolId, error }));
  const callback = provider.callback();
  const headers = pageHeaders(originsOf(clients));

  async function signIn(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const interaction = await provider.interactionDetails(message, response);
    const { client_id, login_hint } = interaction.params;
    if (message.method === 'GET') {
      const name = clients.find(({ clientId }) => clientId === client_id)?.name ?? '';
      return sendPage(response, 200, signInPage(name, users, typeof login_hint === 'string' ? login_hint : undefined));
    }
    const form = new URLSearchParams((await readRequestBody(message, FORM_BYTES_MAX))?.toString());
    const user = users.find(({ username }) => username === form.get('username'));
    if (user === undefined) return sendPage(response, 400, messagePage('Sign in', 'There is no such user.'));
    const accountId = subjectOf(userPoolId, user);
    if (interaction.session?.accountId !== undefined && interaction.session.accountId !== accountId) {
      // Somebody else goes on: their session begins anew, or the one before would have to be signed out first.
      const { uid } = interaction.session;
      if (uid !== undefined) await (await provider.Session.findByUid(uid))?.destroy();
      delete interaction.session;
      await interaction.save(interaction.exp - Math.floor(time.now() / 1000));
    }
    log.info('sign-in.done', { userPoolId, username: user.username, clientId: client_id });
    await provider.interactionFinished(message, response, { login: { accountId } });
  }

  return {
    handle(message, response) {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      const path = (message.url ?? '').split('?', 1)[0] ?? '';
      if (path.startsWith(`/${userPoolId}/login/`)) {
        if (isFromElsewhere(message)) return sendPage(response, 403, messagePage('Sign in', 'This form is not ours.'));
        return void time
          .within(() => signIn(message, response))
          .catch((error: unknown) => answerFault(error, response, log));
      }
      if (path === `/${userPoolId}/logout`) message.url = withStandardNames(message.url ?? '');
      mount(message, `/${userPoolId}`);
      // oidc-provider asks Date itself, and so do the libraries that sign for it.
      void time.within(() => callback(message, response));
    },
  };
}

/** As frameworks do that mount one app in another: oidc-provider knows its own paths and builds whole URLs from both. */
function mount(message: IncomingMessage & { originalUrl?: string }, prefix: string): void {
  const url = message.url ?? '/';
  message.originalUrl = url;
  message.url = url.slice(prefix.length) || '/';
}

/** Cognito's sign-out is older than the specification, and names its parameter otherwise. */
function withStandardNames(url: string): string {
  return url.replace(/(?<=[&?])logout_uri=/v, 'post_logout_redirect_uri=');
}

/** A form on another page could otherwise sign somebody in as whom it likes. Command lines send neither header. */
function isFromElsewhere({ method, headers }: IncomingMessage): boolean {
  if (method !== 'POST') return false;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return true;
  return headers.origin !== undefined && headers.origin !== `http://${headers.host}`;
}

function answerFault(error: unknown, response: ServerResponse, log: Log): void {
  if (error instanceof errors.SessionNotFound) {
    const message = 'This sign-in has ended or was begun in another browser. Begin again in the app.';
    return sendPage(response, 400, messagePage('Sign in', message));
  }
  log.error('sign-in.failed', { error });
  if (response.headersSent) response.destroy();
  else sendPage(response, 500, messagePage('Sign in', 'Something went wrong. The log says what.'));
}

function sendPage(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' });
  response.end(html);
}
