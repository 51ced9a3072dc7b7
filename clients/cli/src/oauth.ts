import { CliError } from './cli-error.ts';
import { exitCode } from './exit-code.ts';
import type { SignedInUser } from './kept-sign-ins.ts';
import { isLoopback } from './loopback.ts';
import { untrusted } from './trust.ts';

/** What an OIDC issuer says of itself. */
export interface Provider {
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly revocationEndpoint?: string;
  readonly jwksUri: string;
}

export interface Tokens {
  readonly accessToken: string;
  readonly idToken?: string;
  /** Absent where the one before goes on. */
  readonly refreshToken?: string;
  readonly expiresAtMs: number;
}

const ANSWER_TIMEOUT_MS = 15_000;
/** For an issuer that does not say how long its token lives. */
const LIFETIME_SECONDS = 300;

/**
 * Reads an issuer's discovery document. OpenID Connect Discovery 1.0, section 4.
 *
 * @throws {CliError} where there is none, or it is another issuer's.
 */
export async function discoverProvider(issuer: string): Promise<Provider> {
  const { protocol, hostname } = new URL(issuer);
  if (protocol !== 'https:' && !isLoopback(hostname)) {
    throw new CliError(exitCode.usage, `The issuer ${issuer} is not reached by https.`, 'Give its https address.');
  }
  const document = await readJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const text = (member: string) => {
    const value = document[member];
    if (typeof value === 'string') return value;
    throw noProvider(issuer, `its discovery document has no ${member}`);
  };
  if (text('issuer') !== issuer) throw noProvider(issuer, `the document there is of the issuer ${text('issuer')}`);
  return {
    issuer,
    authorizationEndpoint: text('authorization_endpoint'),
    tokenEndpoint: text('token_endpoint'),
    jwksUri: text('jwks_uri'),
    ...(document['revocation_endpoint'] !== undefined && { revocationEndpoint: text('revocation_endpoint') }),
  };
}

/**
 * Exchanges a code or a refresh token for tokens.
 *
 * @throws {CliError} in the provider's words where it refuses.
 */
export async function requestTokens(tokenEndpoint: string, form: Readonly<Record<string, string>>): Promise<Tokens> {
  const answer = await post(tokenEndpoint, form);
  const body: unknown = await answer.json().catch(() => undefined);
  const member = (name: string): unknown =>
    typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
  const [accessToken, idToken, refreshToken] = ['access_token', 'id_token', 'refresh_token'].map(member);
  if (!answer.ok || typeof accessToken !== 'string') {
    const reason = member('error_description') ?? member('error');
    throw new CliError(
      exitCode.failure,
      `The sign-in was not accepted: ${typeof reason === 'string' ? reason : `the issuer answered ${answer.status}`}.`,
      'Sign in again: countersign login.',
    );
  }
  const seconds = member('expires_in');
  return {
    accessToken,
    ...(typeof idToken === 'string' && { idToken }),
    ...(typeof refreshToken === 'string' && { refreshToken }),
    expiresAtMs: Date.now() + (typeof seconds === 'number' ? seconds : LIFETIME_SECONDS) * 1000,
  };
}

/** Ends a refresh token at its issuer. RFC 7009. @returns whether the issuer has done so */
export async function revokeToken(endpoint: string, form: Readonly<Record<string, string>>): Promise<boolean> {
  try {
    return (await post(endpoint, form)).ok;
  } catch {
    return false;
  }
}

/**
 * Verifies an ID token, and reads from it who has signed in. Groups are under Cognito's name for them or the usual one.
 *
 * @throws {CliError} if it is not of this issuer, for this client and this sign-in.
 */
export async function readIdToken(
  idToken: string,
  { issuer, jwksUri }: Provider,
  clientId: string,
  nonce: string,
): Promise<SignedInUser> {
  // Loaded here, so that no other command waits for it.
  const { createRemoteJWKSet, jwtVerify } = await import('jose');
  try {
    const keys = createRemoteJWKSet(new URL(jwksUri), { timeoutDuration: ANSWER_TIMEOUT_MS });
    const { payload } = await jwtVerify(idToken, keys, { issuer, audience: clientId, clockTolerance: 60 });
    if (payload['nonce'] !== nonce) throw new Error('it belongs to another sign-in');
    return userOf(payload);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(exitCode.failure, `The issuer's ID token cannot be trusted: ${reason}.`, 'Sign in again.');
  }
}

/**
 * Reads an ID token that came with a refresh: who it was, with the groups of now. It came from the token endpoint
 * itself, which is what vouches for it. OpenID Connect Core 1.0, section 3.1.3.7.
 */
export async function readRenewedIdToken(idToken: string): Promise<SignedInUser> {
  const { decodeJwt } = await import('jose');
  return userOf(decodeJwt(idToken));
}

function userOf(claims: Readonly<Record<string, unknown>>): SignedInUser {
  const text = (name: string) => (typeof claims[name] === 'string' ? claims[name] : undefined);
  const groups = claims['cognito:groups'] ?? claims['groups'];
  const email = text('email');
  return {
    username: text('cognito:username') ?? text('preferred_username') ?? email ?? text('sub') ?? '',
    ...(email !== undefined && { email }),
    groups: Array.isArray(groups) ? groups.map(String) : [],
  };
}

async function post(url: string, form: Readonly<Record<string, string>>): Promise<Response> {
  try {
    // A redirect would carry the secret on to wherever it leads.
    const redirect = 'error';
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    return await fetch(url, { method: 'POST', body: new URLSearchParams(form), redirect, signal });
  } catch (error) {
    throw untrusted(url, error) ?? noProvider(url, causeOf(error));
  }
}

async function readJson(url: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    const body: unknown = answer.ok ? await answer.json() : undefined;
    if (typeof body === 'object' && body !== null) return { ...body };
    throw noProvider(url, `it answered ${answer.status}`);
  } catch (error) {
    throw error instanceof CliError ? error : (untrusted(url, error) ?? noProvider(url, causeOf(error)));
  }
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

function noProvider(url: string, reason: string): CliError {
  return new CliError(
    exitCode.failure,
    `No identity provider answers at ${url}.`,
    'Check the address in --issuer; without it `countersign start` has to run.',
    [reason],
  );
}
