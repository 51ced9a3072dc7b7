import { createHash, randomBytes } from 'node:crypto';
import { CliError } from './cli-error.ts';
import { exitCode } from './exit-code.ts';
import type { Provider } from './oauth.ts';
import type { SignInTarget } from './sign-in-target.ts';

/** One attempt to sign in: what is asked, and what proves that the answer is to this question. */
export interface AuthorizationRequest {
  readonly url: string;
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

/** @param hint whom the page may begin with */
export function authorizationRequest(
  provider: Provider,
  { clientId, scopes }: SignInTarget,
  redirectUri: string,
): AuthorizationRequest {
  const [state, nonce, codeVerifier] = [random(), random(), random()];
  const url = new URL(provider.authorizationEndpoint);
  const query = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: scopes.join(' '),
    state,
    nonce,
    code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
    code_challenge_method: 'S256',
    // Whoever signs in at a command line says as whom; a browser would answer for the last one.
    prompt: 'login',
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return { url: url.href, redirectUri, state, nonce, codeVerifier };
}

/**
 * Reads the code from the address that the provider leads back to.
 *
 * @throws {CliError} if the provider refused, or the answer is not to this request.
 */
export function codeFrom(redirectedTo: URL, { state }: AuthorizationRequest, { issuer }: Provider): string {
  const { searchParams } = redirectedTo;
  const error = searchParams.get('error');
  const iss = searchParams.get('iss');
  if (searchParams.get('state') !== state || (iss !== null && iss !== issuer)) {
    throw new CliError(exitCode.failure, 'The answer that came is not to this sign-in.', 'Sign in again.');
  }
  if (error !== null) {
    const words = searchParams.get('error_description') ?? error;
    throw new CliError(exitCode.failure, `The sign-in was refused: ${words}.`, 'Sign in again, or as somebody else.');
  }
  return searchParams.get('code') ?? '';
}

function random(): string {
  return randomBytes(32).toString('base64url');
}
