import { signal } from '@preact/signals';
import type { Settings } from './settings.ts';

type Issuer = NonNullable<Settings['signIn']>;

interface Tokens {
  readonly accessToken: string;
  readonly refreshToken?: string;
  readonly expiresAtMs: number;
}

/** Who has signed in, for the page to name; whether it is true is for the API to find out. */
export const person = signal<string | undefined>(undefined);

/** Also somebody whose token names nobody. */
export const isSignedIn = signal(false);

/** What went wrong on the way back from the issuer. */
export const signInFault = signal('');

const TOKENS = 'countersign.tokens';
const UNDER_WAY = 'countersign.sign-in';
const HAS_LEFT = 'countersign.signed-out';
/** Renewed so long before its end that no request is overtaken by it. */
const RENEW_BEFORE_MS = 60_000;

// In this tab only, and gone with it. The page runs no script but its own (see its Content-Security-Policy).
let tokens = kept();
showPerson();

/** Leads to the issuer, and from there back here. OAuth 2.0 with PKCE: RFC 7636. */
export async function signIn(issuer: Issuer): Promise<void> {
  const { authorizationEndpoint } = await discover(issuer);
  const [verifier, state] = [random(), random()];
  sessionStorage.setItem(UNDER_WAY, JSON.stringify({ verifier, state, hash: location.hash }));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  const address = new URL(authorizationEndpoint);
  address.search = new URLSearchParams({
    response_type: 'code',
    client_id: issuer.clientId,
    redirect_uri: ownAddress(),
    scope: issuer.scopes.join(' '),
    state,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
    // The issuer may know the browser still, and would lead back whoever has just left.
    ...(localStorage.getItem(HAS_LEFT) !== null && { prompt: 'login' }),
  }).toString();
  location.assign(address);
}

/** Takes the code that the issuer led back with, if it did, out of the address and exchanges it. */
export async function finishSignIn(issuer: Issuer): Promise<void> {
  const given = new URLSearchParams(location.search);
  if (!given.has('state')) return;
  const begun = JSON.parse(sessionStorage.getItem(UNDER_WAY) ?? '{}') as Record<string, string | undefined>;
  sessionStorage.removeItem(UNDER_WAY);
  const { verifier, state, hash = '' } = begun;
  history.replaceState(null, '', location.pathname + hash);
  const code = given.get('code');
  if (code === null || verifier === undefined || state !== given.get('state')) {
    signInFault.value = given.get('error_description') ?? 'That sign-in was not begun here. Please sign in again.';
    return;
  }
  const form = { grant_type: 'authorization_code', code, redirect_uri: ownAddress(), code_verifier: verifier };
  if (await exchange(issuer, form)) localStorage.removeItem(HAS_LEFT);
  else signInFault.value = 'The sign-in was not accepted. Please sign in again.';
}

/** What a request proves itself with, renewed where it is about to end; undefined if there is nothing to prove it with. */
export async function accessToken(issuer: Issuer | undefined): Promise<string | undefined> {
  if (issuer === undefined || tokens === undefined) return undefined;
  if (tokens.expiresAtMs - Date.now() > RENEW_BEFORE_MS) return tokens.accessToken;
  renewal ??= renew(issuer, tokens).finally(() => (renewal = undefined));
  await renewal;
  return tokens?.accessToken;
}

/** The API takes the token no more. */
export function forgetTokens(): void {
  keep(undefined);
}

/** Nothing that this tab keeps is left for whoever comes next, and the issuer asks them who they are. */
export function signOut({ signOutUrl, clientId }: Issuer): void {
  keep(undefined);
  sessionStorage.clear();
  localStorage.setItem(HAS_LEFT, 'yes');
  if (signOutUrl === undefined) return;
  // Amazon Cognito Developer Guide, "The managed login logout endpoint". It leads back here.
  const query = new URLSearchParams({ client_id: clientId, logout_uri: ownAddress() });
  location.assign(`${signOutUrl}?${query.toString()}`);
}

let renewal: Promise<void> | undefined;

async function renew(issuer: Issuer, { refreshToken }: Tokens): Promise<void> {
  const isRenewed =
    refreshToken !== undefined &&
    (await exchange(issuer, { grant_type: 'refresh_token', refresh_token: refreshToken }, refreshToken));
  if (!isRenewed) keep(undefined);
}

async function exchange(issuer: Issuer, form: Record<string, string>, refreshBefore?: string): Promise<boolean> {
  const { tokenEndpoint } = await discover(issuer);
  const answer = await fetch(tokenEndpoint, {
    method: 'POST',
    body: new URLSearchParams({ ...form, client_id: issuer.clientId }),
  });
  if (!answer.ok) return false;
  const body = (await answer.json()) as { access_token: string; refresh_token?: string; expires_in?: number };
  const refreshToken = body.refresh_token ?? refreshBefore;
  keep({
    accessToken: body.access_token,
    ...(refreshToken !== undefined && { refreshToken }),
    expiresAtMs: Date.now() + (body.expires_in ?? 300) * 1000,
  });
  return true;
}

/** OpenID Connect Discovery 1.0, section 4. */
async function discover({ issuer }: Issuer): Promise<{ authorizationEndpoint: string; tokenEndpoint: string }> {
  const answer = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const found = (await answer.json()) as { authorization_endpoint: string; token_endpoint: string };
  return { authorizationEndpoint: found.authorization_endpoint, tokenEndpoint: found.token_endpoint };
}

function keep(next: Tokens | undefined): void {
  tokens = next;
  if (next === undefined) sessionStorage.removeItem(TOKENS);
  else sessionStorage.setItem(TOKENS, JSON.stringify(next));
  showPerson();
}

function kept(): Tokens | undefined {
  const text = sessionStorage.getItem(TOKENS);
  return text === null ? undefined : (JSON.parse(text) as Tokens);
}

function showPerson(): void {
  isSignedIn.value = tokens !== undefined;
  const claims = tokens === undefined ? {} : claimsOf(tokens.accessToken);
  person.value = tokens && ['username', 'cognito:username', 'sub'].map((name) => claims[name]).find(isText);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function claimsOf(jwt: string): Record<string, unknown> {
  const [, payload = ''] = jwt.split('.');
  try {
    const bytes = Uint8Array.from(atob(payload.replaceAll('-', '+').replaceAll('_', '/')), (each) =>
      each.charCodeAt(0),
    );
    return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  } catch {
    // A token need not be a JWT: then nobody is named.
    return {};
  }
}

function ownAddress(): string {
  return location.origin + location.pathname;
}

function random(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
