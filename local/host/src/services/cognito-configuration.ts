import { randomBytes } from 'node:crypto';
import type { JWK } from 'jose';
import type { Configuration, JWTStructured, KoaContextWithOIDC } from 'oidc-provider';
import { errors, interactionPolicy } from 'oidc-provider';
import type { UserPoolClient } from './cognito-client.ts';
import { clientMetadata, isPageOrigin, originsOf } from './cognito-client.ts';
import { messagePage, signOutPage } from './cognito-pages.ts';
import type { SignInStore } from './cognito-store.ts';
import type { User } from './cognito-users.ts';
import { accessTokenClaims, idTokenClaims, subjectOf } from './cognito-users.ts';

/** What a user pool has. */
export interface UserPoolContent {
  readonly userPoolId: string;
  readonly clients: readonly UserPoolClient[];
  readonly users: readonly User[];
  readonly scopes: readonly string[];
  /** The one that signs first. */
  readonly keys: readonly JWK[];
  readonly store: SignInStore;
}

/** "The managed login session cookie is valid for 1 hour." */
const SESSION_SECONDS = 3600;
const INTERACTION_SECONDS = 600;
const CODE_SECONDS = 60;

/** How oidc-provider is Cognito: its paths, its tokens, and that nobody is asked twice. */
export function cognitoConfiguration({
  userPoolId,
  clients,
  users,
  scopes,
  keys,
  store,
}: UserPoolContent): Configuration {
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
    // "The openid scope returns all user attributes in the ID token", also where a code is exchanged for it.
    claims: { openid: ['sub', ...new Set(users.flatMap((user) => Object.keys(idTokenClaims(user, ''))))] },
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
      (client.clientAuthMethod === 'none' && isPageOrigin(origin)) ||
      originsOf(clients.filter(({ clientId }) => clientId === client.clientId)).includes(origin),
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
