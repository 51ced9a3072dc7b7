import type { ClientMetadata, Provider } from 'oidc-provider';

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

/** Where a command line waits for its code, at any port: RFC 8252, section 7.3. On AWS its own URL has to be listed. */
const COMMAND_LINE_CALLBACK = /^http:\/\/127\.0\.0\.1(?::\d+)?\/callback$/v;

/** As oidc-provider has it. */
export function clientMetadata(client: UserPoolClient): ClientMetadata {
  const { clientId, name, secret, flows, scopes, callbackUrls, logoutUrls } = client;
  const hasCode = flows.includes('code');
  const isPublic = secret === undefined;
  return {
    client_id: clientId,
    client_name: name,
    // A phone's app has a scheme of its own, which only clients of this kind may have.
    application_type: callbackUrls.every((url) => /^https?:/v.test(url)) ? 'web' : 'native',
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

/** A page of this machine, whatever its port. */
const PAGE_ORIGIN = /^https?:\/\/127\.0\.0\.1(?::\d+)?$/v;

/**
 * The callbacks of a client count letter by letter, as on AWS. Public clients have the one of command lines beside, and that
 * of the pages that the host serves.
 *
 * @param pagesPath theirs, if it serves any
 */
export function letOwnCallbacksIn({ Client }: Provider, pagesPath: string | undefined): void {
  Client.prototype.redirectUriAllowed = function (url) {
    if (this.redirectUris?.includes(url) === true) return true;
    const isPublic = this.clientAuthMethod === 'none' && this.grantTypeAllowed('authorization_code');
    return isPublic && (COMMAND_LINE_CALLBACK.test(url) || isPageAt(pagesPath, url));
  };
}

function isPageAt(pagesPath: string | undefined, url: string): boolean {
  return pagesPath !== undefined && url.endsWith(pagesPath) && isPageOrigin(url.slice(0, -pagesPath.length));
}

/** Whether it is that of a page which only this machine can have served. */
export function isPageOrigin(origin: string): boolean {
  return PAGE_ORIGIN.test(origin);
}

/** Where the apps are, so far as they are pages: what a browser may lead back to. */
export function originsOf(clients: readonly UserPoolClient[]): string[] {
  const urls = clients.flatMap(({ callbackUrls, logoutUrls }) => [...callbackUrls, ...logoutUrls]);
  const origins = urls.flatMap((url) => (/^https?:/v.test(url) && URL.canParse(url) ? [new URL(url).origin] : []));
  return [...new Set([...origins, 'http://127.0.0.1:*', 'https://127.0.0.1:*'])];
}
