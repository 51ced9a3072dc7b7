import { CliError } from './cli-error.ts';
import { keepSignIn, keptSignIn, type SignIn } from './kept-sign-ins.ts';
import { readRenewedIdToken, requestTokens } from './oauth.ts';

/** A token that ends while the request is on its way is of no use. */
const MARGIN_MS = 30_000;

export interface AccessToken {
  readonly accessToken: string;
  /** Epoch milliseconds. */
  readonly expiresAtMs: number;
}

/**
 * The access token of whoever is signed in to the API at this address, made new where it has ended.
 *
 * @returns undefined where nobody is signed in, or no longer: the API may then still ask nobody.
 */
export async function accessTokenFor(url: string): Promise<AccessToken | undefined> {
  const signIn = keptSignIn(url);
  if (signIn === undefined || signIn.expiresAtMs - MARGIN_MS > Date.now()) return signIn;
  return renewed(url, signIn);
}

/**
 * The access token made new because the API refused the one before.
 *
 * Where another process has renewed it meanwhile, that one is given: refresh tokens may count only once.
 *
 * @returns undefined where it cannot be renewed
 */
export async function renewedAccessToken(url: string, refused: string): Promise<AccessToken | undefined> {
  const signIn = keptSignIn(url);
  if (signIn === undefined || signIn.accessToken !== refused) return signIn;
  return renewed(url, signIn);
}

async function renewed(url: string, signIn: SignIn): Promise<AccessToken | undefined> {
  const { refreshToken, clientId, tokenEndpoint } = signIn;
  if (refreshToken === undefined) return undefined;
  const form = { grant_type: 'refresh_token', client_id: clientId, refresh_token: refreshToken };
  try {
    const { idToken, ...tokens } = await requestTokens(tokenEndpoint, form);
    const user = idToken === undefined ? signIn.user : await readRenewedIdToken(idToken);
    keepSignIn(url, { ...signIn, ...tokens, user });
    return tokens;
  } catch (error) {
    if (error instanceof CliError) return undefined;
    throw error;
  }
}
