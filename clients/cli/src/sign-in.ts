import { type AuthorizationRequest, authorizationRequest, codeFrom } from './authorization-request.ts';
import { CliError } from './cli-error.ts';
import type { LoginOptions } from './commands/login.ts';
import { exitCode } from './exit-code.ts';
import { keepSignIn, type SignIn } from './kept-sign-ins.ts';
import { discoverProvider, type Provider, readIdToken, requestTokens } from './oauth.ts';
import { listenForCallback } from './sign-in-by-browser.ts';
import { signInHere, UNVISITED_CALLBACK } from './sign-in-here.ts';
import { askHost, type SignInTarget } from './sign-in-target.ts';

/**
 * Signs in by the authorization code grant with PKCE, as native apps do (RFC 8252), and keeps the tokens for the API.
 *
 * @throws {CliError} where it comes to nothing; what was kept before then stays.
 */
export async function signIn(options: LoginOptions): Promise<SignIn> {
  const target = await signInTarget(options);
  if (options.user !== undefined) requireUser(options.user, target);
  const provider = await discoverProvider(target.issuer);
  const { request, code } =
    options.user === undefined
      ? await codeByBrowser(provider, target, options.callback)
      : await codeWithoutBrowser(provider, target, options.user);
  const { clientId } = target;
  const { idToken = '', ...tokens } = await requestTokens(provider.tokenEndpoint, {
    grant_type: 'authorization_code',
    client_id: clientId,
    code,
    code_verifier: request.codeVerifier,
    redirect_uri: request.redirectUri,
  });
  const user = await readIdToken(idToken, provider, clientId, request.nonce);
  const { issuer, tokenEndpoint, revocationEndpoint } = provider;
  const kept: SignIn = {
    issuer,
    clientId,
    tokenEndpoint,
    ...(revocationEndpoint && { revocationEndpoint }),
    ...tokens,
    user,
  };
  keepSignIn(options.url, kept);
  return kept;
}

async function signInTarget({ url, endpoint, issuer, clientId, scope }: LoginOptions): Promise<SignInTarget> {
  const scopes = scope === undefined ? undefined : [...new Set(['openid', ...scope.split(/[\s,]+/)])];
  if (issuer !== undefined && clientId !== undefined) {
    return { issuer, clientId, scopes: scopes ?? ['openid'], users: [] };
  }
  if (issuer !== undefined || clientId !== undefined) {
    const help = '`countersign login --help` shows both.';
    throw new CliError(exitCode.usage, '--issuer and --client-id belong together.', help);
  }
  const target = await askHost(url, endpoint);
  return scopes === undefined ? target : { ...target, scopes };
}

function requireUser(user: string, { users, issuer }: SignInTarget): void {
  if (users.includes(user)) return;
  if (users.length > 0) {
    throw new CliError(exitCode.notFound, `Nobody here is named "${user}".`, `There are: ${users.join(', ')}.`);
  }
  throw new CliError(
    exitCode.usage,
    `${issuer} is not run by \`countersign start\`, and asks for more than a name.`,
    'Sign in without --user, in a browser.',
  );
}

interface Answered {
  readonly request: AuthorizationRequest;
  readonly code: string;
}

async function codeByBrowser(provider: Provider, target: SignInTarget, callbackUrl: string): Promise<Answered> {
  await using callback = await listenForCallback(callbackUrl);
  const request = authorizationRequest(provider, target, callback.redirectUri);
  return { request, code: codeFrom(await callback.answerTo(request), request, provider) };
}

async function codeWithoutBrowser(provider: Provider, target: SignInTarget, user: string): Promise<Answered> {
  const request = authorizationRequest(provider, target, UNVISITED_CALLBACK);
  return { request, code: codeFrom(await signInHere(request, user), request, provider) };
}
