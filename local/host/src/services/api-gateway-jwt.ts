import type { IncomingHttpHeaders } from 'node:http';
import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import { errors, jwtVerify } from 'jose';
import type { Log } from '../log.ts';
import type { JwtContext } from './api-gateway-jwt-claims.ts';
import { claimTexts } from './api-gateway-jwt-claims.ts';
import type { ClientResponse } from './api-gateway-response.ts';
import { messageResponse } from './api-gateway-response.ts';
import { IssuerUnreachable } from './oidc-issuer-keys.ts';

export interface JwtAuthorizer {
  readonly issuer: string;
  /** What `aud`, or `client_id` in a token without `aud`, may be. */
  readonly audience: readonly string[];
  /** Where the token is, such as `$request.header.Authorization`: the first of these that is there counts. */
  readonly identitySource: readonly string[];
}

/** What is looked at to find out who calls. */
export interface Caller {
  readonly headers: IncomingHttpHeaders;
  readonly rawQueryString: string;
}

/** Tells who calls, or what they are answered. */
export type Authorize = (caller: Caller) => Promise<{ jwt: JwtContext } | { refusal: ClientResponse }>;

/** "Only RSA-based algorithms are supported." */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];

/** Why a token is not taken, in words for whoever sent it. */
class InvalidToken extends Error {
  override readonly name = 'InvalidToken';
}

/**
 * A JWT authorizer of an HTTP API, for routes that ask for one of these scopes, or for none where there are none.
 *
 * Verified are the signature, `kid`, `iss`, `aud` or else `client_id`, `exp`, `nbf`, `iat`, and the scopes in `scope`
 * or `scp`. A token that is missing or not valid is answered with 401, one without such a scope with 403.
 *
 * @see API Gateway Developer Guide, "Control access to HTTP APIs with JWT authorizers"
 */
export function jwtAuthorize(
  authorizer: JwtAuthorizer,
  scopes: readonly string[],
  keys: JWTVerifyGetKey,
  log: Log,
  now: () => number = Date.now,
): Authorize {
  return async (caller) => {
    const token = findToken(caller, authorizer.identitySource);
    if (token === undefined) return { refusal: unauthorized('Bearer') };
    try {
      const payload = await verify(token, authorizer, keys, now());
      const granted = scopesOf(payload);
      if (scopes.length > 0 && !scopes.some((scope) => granted.includes(scope))) return { refusal: forbidden(scopes) };
      return { jwt: { claims: claimTexts(payload), scopes: scopes.length > 0 ? granted : null } };
    } catch (error) {
      const reason = reasonOf(error);
      // The reason is of the issuer or the token's form; nothing of the token itself is in it.
      if (error instanceof IssuerUnreachable) log.error('api.authorizer.failed', { reason: error.message });
      else log.debug('api.authorizer.refused', { reason });
      return { refusal: unauthorized(`Bearer scope="" error="invalid_token" error_description="${reason}"`) };
    }
  };
}

async function verify(
  token: string,
  { issuer, audience }: JwtAuthorizer,
  keys: JWTVerifyGetKey,
  nowMs: number,
): Promise<JWTPayload> {
  const { payload } = await jwtVerify(token, keysByName(keys), {
    issuer,
    algorithms: ALGORITHMS,
    requiredClaims: ['exp'],
    currentDate: new Date(nowMs),
  });
  const { aud, iat } = payload;
  const given = aud ?? payload['client_id'];
  const audiences = Array.isArray(given) ? given : [given];
  if (!audiences.some((each) => audience.includes(String(each)))) throw new InvalidToken('the audience is invalid');
  if (iat !== undefined && iat * 1000 > nowMs) throw new InvalidToken('the token was issued in the future');
  return payload;
}

/** "The token must have a header claim that matches the key in the jwks_uri that signed the token." */
function keysByName(keys: JWTVerifyGetKey): JWTVerifyGetKey {
  return (header, token) => {
    if (header.kid === undefined) throw new InvalidToken('the token names no key');
    return keys(header, token);
  };
}

function findToken({ headers, rawQueryString }: Caller, identitySource: readonly string[]): string | undefined {
  const query = new URLSearchParams(rawQueryString);
  for (const source of identitySource) {
    const [, kind, name = ''] = IDENTITY_SOURCE.exec(source) ?? [];
    const value = kind === 'header' ? headers[name.toLowerCase()] : query.get(name);
    const token = typeof value === 'string' ? value.replace(/^Bearer(?: +|$)/iv, '') : '';
    if (/^\S+$/v.test(token)) return token;
  }
  return undefined;
}

/** A header or a query parameter; names of the latter are case-sensitive. */
export const IDENTITY_SOURCE = /^\$request\.(header|querystring)\.(.+)$/v;

function scopesOf(payload: JWTPayload): string[] {
  const given = payload['scope'] ?? payload['scp'];
  if (Array.isArray(given)) return given.map(String);
  return typeof given === 'string' ? given.split(' ').filter((scope) => scope !== '') : [];
}

function reasonOf(error: unknown): string {
  if (error instanceof InvalidToken) return error.message;
  if (error instanceof IssuerUnreachable) return 'OIDC discovery endpoint communication error';
  if (error instanceof errors.JWTExpired) return 'the token has expired';
  if (error instanceof errors.JWTClaimValidationFailed) return `the claim ${error.claim} is invalid`;
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature validation failed';
  if (error instanceof errors.JWKSNoMatchingKey) return 'the issuer has no such key';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'the signing method is invalid';
  return 'the token is invalid';
}

function unauthorized(challenge: string): ClientResponse {
  return challenged(messageResponse(401, 'Unauthorized'), challenge);
}

function forbidden(scopes: readonly string[]): ClientResponse {
  const challenge = `Bearer scope="${scopes.join(' ')}" error="insufficient_scope" error_description="the token has none of these scopes"`;
  return challenged(messageResponse(403, 'Forbidden'), challenge);
}

function challenged(response: ClientResponse, challenge: string): ClientResponse {
  return { ...response, headers: new Map([...response.headers, ['www-authenticate', challenge]]) };
}
