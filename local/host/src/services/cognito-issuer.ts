import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JWK } from 'jose';
import type { ClientMetadata, Configuration, JWTStructured, KoaContextWithOIDC } from 'oidc-provider';
import { errors, interactionPolicy, Provider } from 'oidc-provider';
import type { Log } from '../log.ts';
import { messagePage, pageHeaders, signInPage, signOutPage } from './cognito-pages.ts';
import type { SignInStore } from './cognito-store.ts';
import type { User } from './cognito-users.ts';
import { accessTokenClaims, idTokenClaims, subjectOf } from './cognito-users.ts';
import { readRequestBody } from './request-body.ts';

/** An app client of a user pool. */
export interface UserPoolClient {
  readonly clientId: string;
  readonly name: string;
  /** Absent for a public client, which proves itself by PKCE. */
  readonly secret?: string;
  readonly flows: readonly ('code' | 'client_credentials')[];
  readonly scopes: readonly string[];
  readonly callbackUrls: readonly string[];
  readonly logoutUrls: readonly string[];
  readonly accessTokenSeconds: number;
  readonly idTokenSeconds: number;
  readonly refreshTokenSeconds: number;
}

export interface IssuerOptions {
  readonly userPoolId: string;
  /** Ends with the pool's id, which is the path everything is under. */
  readonly issuer: string;
  readonly clients: readonly UserPoolClient[];
  readonly users: readonly User[];
  readonly scopes: readonly string[];
  /** The one that signs first. */
  readonly keys: readonly JWK[];
  readonly store: SignInStore;
  readonly log: Log;
}

export interface Issuer {
  /** Answers what is under the pool's path. */
  handle(message: IncomingMessage, response: ServerResponse): void;
}

/** Where a command line waits for its code, at any port: RFC 8252, section 7.3. On AWS its own URL has to be listed. */
const COMMAND_LINE_CALLBACK = /^http:\/\/127\.0\.0\.1(?::\d+)?\/callback$/v;

/** "The managed login session cookie is valid for 1 hour." */
const SESSION_SECONDS = 3600;
const INTERACTION_SECONDS = 600;
const CODE_SECONDS = 60;
const FORM_BYTES_MAX = 4096;

/**
 * A user pool as an OIDC provider: discovery and keys where Cognito has them, the authorization code grant with PKCE,
 * refresh tokens, client credentials, revocation, and the paths of a user pool's domain. Its tokens say what Cognito's do.
 *
 * @see Amazon Cognito Developer Guide, "Managed login endpoints reference"
 */
export function createIssuer(options: IssuerOptions): Issuer {
  const { userPoolId, issuer, clients, users, log } = options;
  const provider = new Provider(issuer, configuration(options));
  letCommandLinesIn(provider);
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
      await interaction.save(interaction.exp - Math.floor(Date.now() / 1000));
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
        return void signIn(message, response).catch((error: unknown) => answerFault(error, response, log));
      }
      if (path === `/${userPoolId}/logout`) message.url = withStandardNames(message.url ?? '');
      mount(message, `/${userPoolId}`);
      void callback(message, response);
    },
  };
}

function configuration({ userPoolId, clients, users, scopes, keys, store }: IssuerOptions): Configuration {
  // Not the issuer, whose port may be another after a restart, which refresh tokens outlive.
  const ownResource = `urn:user-pool:${userPoolId}`;
  const byId = new Map(clients.map((client) => [client.clientId, client]));
  const userOf = (sub: string | undefined) => users.find((user) => subjectOf(userPoolId, user) === sub);
  const lifetime = (unit: 'accessTokenSeconds' | 'idTokenSeconds' | 'refreshTokenSeconds', clientId = '') =>
    byId.get(clientId)?.[unit] ?? SESSION_SECONDS;
  const policy = interactionPolicy.base();
  // An app client belongs to the pool: nobody is asked whether it may have what it was made for.
  policy.remove('consent');
  return {
    clients: clients.map(clientMetadata),
    scopes: [...scopes],
    claims: { openid: [...new Set(users.flatMap((user) => Object.keys(idTokenClaims(user, ''))))], email: ['email'] },
    // Cognito puts the attributes into the ID token, also where the code is exchanged for it.
    conformIdTokenClaims: false,
    jwks: { keys: [...keys] },
    adapter: (kind) => store.adapter(userPoolId, kind),
    // Sign-ins that are under way end with the process. Tokens do not.
    cookies: {
      keys: [randomBytes(32).toString('hex')],
      short: { httpOnly: true, sameSite: 'lax' },
      long: { httpOnly: true, sameSite: 'lax', path: `/${userPoolId}` },
    },
    ttl: {
      AccessToken: (_ctx, _token, client) => lifetime('accessTokenSeconds', client.clientId),
      ClientCredentials: (_ctx, _token, client) => lifetime('accessTokenSeconds', client.clientId),
      IdToken: (_ctx, _token, client) => lifetime('idTokenSeconds', client.clientId),
      RefreshToken: (_ctx, _token, client) => lifetime('refreshTokenSeconds', client.clientId),
      Grant: (_ctx, grant) => lifetime('refreshTokenSeconds', grant.clientId),
      AuthorizationCode: CODE_SECONDS,
      Interaction: INTERACTION_SECONDS,
      Session: SESSION_SECONDS,
    },
    routes: {
      authorization: '/oauth2/authorize',
      token: '/oauth2/token',
      revocation: '/oauth2/revoke',
      jwks: '/.well-known/jwks.json',
      end_session: '/logout',
    },
    pkce: { required: (_ctx, client) => client.clientAuthMethod === 'none' },
    interactions: { policy, url: (_ctx, interaction) => `/${userPoolId}/login/${interaction.uid}` },
    findAccount(_ctx, sub) {
      const user = userOf(sub);
      return user && { accountId: sub, claims: () => idTokenClaims(user, sub) };
    },
    loadExistingGrant: (ctx) => grantAll(ctx, ownResource),
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: () => false,
    rotateRefreshToken: false,
    clientBasedCORS: (_ctx, origin, client) =>
      originsOf([...byId.values()].filter(is(client.clientId))).includes(origin),
    renderError(ctx, out) {
      ctx.type = 'html';
      ctx.body = messagePage('Sign in', out.error_description ?? out.error);
    },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      clientCredentials: { enabled: true },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource(ctx, form) {
          ctx.body = signOutPage(form);
        },
        postLogoutSuccessSource(ctx) {
          ctx.body = messagePage('Signed out', 'You may close this page.');
        },
      },
      // The one way to access tokens that are JWTs: they are for a resource, which here is the pool itself.
      resourceIndicators: {
        enabled: true,
        defaultResource: () => ownResource,
        useGrantedResource: () => true,
        getResourceServerInfo(_ctx, resource, client) {
          if (resource !== ownResource) throw new errors.InvalidTarget();
          const allowed = byId.get(client.clientId)?.scopes ?? [];
          return {
            scope: allowed.join(' '),
            audience: ownResource,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'RS256' } },
          };
        },
      },
    },
    formats: {
      customizers: {
        jwt(_ctx, token, parts) {
          const user = 'accountId' in token ? userOf(token.accountId) : undefined;
          Object.assign(parts.payload, { version: 2, token_use: 'access', ...(user && accessTokenClaims(user)) });
          hideAudience(parts);
        },
      },
    },
  };
}

function clientMetadata(client: UserPoolClient): ClientMetadata {
  const { clientId, name, secret, flows, scopes, callbackUrls, logoutUrls } = client;
  const hasCode = flows.includes('code');
  const isPublic = secret === undefined;
  return {
    client_id: clientId,
    client_name: name,
    ...(secret !== undefined && { client_secret: secret }),
    token_endpoint_auth_method: isPublic ? 'none' : 'client_secret_basic',
    grant_types: [
      ...(hasCode ? ['authorization_code', 'refresh_token'] : []),
      ...(flows.includes('client_credentials') && !isPublic ? ['client_credentials'] : []),
    ],
    response_types: hasCode ? ['code'] : [],
    redirect_uris: hasCode ? [...callbackUrls] : [],
    post_logout_redirect_uris: [...logoutUrls],
    scope: scopes.join(' '),
    require_auth_time: true,
  };
}

/** The callbacks of a client count letter by letter, as on AWS. Public clients have the one of command lines beside. */
function letCommandLinesIn({ Client }: Provider): void {
  Client.prototype.redirectUriAllowed = function (url) {
    if (this.redirectUris?.includes(url) === true) return true;
    const isPublic = this.clientAuthMethod === 'none' && this.grantTypeAllowed('authorization_code');
    return isPublic && COMMAND_LINE_CALLBACK.test(url);
  };
}

/** Whoever has signed in has thereby granted the client all that it asks for. */
async function grantAll(ctx: KoaContextWithOIDC, resource: string) {
  const { client, session, provider } = ctx.oidc;
  if (client === undefined || session?.accountId === undefined) return undefined;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  const scope = client.scope ?? '';
  grant.addOIDCScope(scope);
  grant.addResourceScope(resource, scope);
  await grant.save();
  return grant;
}

/**
 * Cognito's access tokens have no `aud`, and API Gateway looks at `client_id` only where there is none. oidc-provider
 * wants one: it has it, and does not write it.
 */
function hideAudience({ payload }: JWTStructured): void {
  Object.defineProperty(payload, 'aud', { value: payload['aud'], enumerable: false, writable: true });
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

function originsOf(clients: readonly UserPoolClient[]): string[] {
  const urls = clients.flatMap(({ callbackUrls, logoutUrls }) => [...callbackUrls, ...logoutUrls]);
  const origins = urls.flatMap((url) => (/^https?:/v.test(url) && URL.canParse(url) ? [new URL(url).origin] : []));
  return [...new Set([...origins, 'http://127.0.0.1:*'])];
}

function is(clientId: string): (client: UserPoolClient) => boolean {
  return (client) => client.clientId === clientId;
}
