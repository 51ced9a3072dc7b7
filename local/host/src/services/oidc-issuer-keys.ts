import type { JWTVerifyGetKey } from 'jose';
import { createRemoteJWKSet } from 'jose';
import { z } from 'zod';

const DISCOVERY_TIMEOUT_MS = 5_000;
/** API Gateway "can cache the public key for two hours" (Developer Guide, "Control access with JWT authorizers"). */
const KEYS_MAX_AGE_MS = 2 * 60 * 60 * 1000;
/** A key that is not among the known ones is asked for at once, but not more often than this. */
const KEYS_COOLDOWN_MS = 30_000;

const Discovered = z.object({ issuer: z.string(), jwks_uri: z.url() });

/** The issuer's keys cannot be had, which says nothing of the token that was to be verified. */
export class IssuerUnreachable extends Error {
  override readonly name = 'IssuerUnreachable';
}

/**
 * The keys an OIDC issuer signs with, found by its discovery document when the first token comes and kept for two
 * hours. A token signed with a key that is new is what makes it ask again.
 *
 * @see OpenID Connect Discovery 1.0, section 4
 */
export function issuerKeys(issuer: string): JWTVerifyGetKey {
  let discovered: Promise<JWTVerifyGetKey> | undefined;
  return async (header, token) => {
    discovered ??= discover(issuer);
    try {
      return await (
        await discovered
      )(header, token);
    } catch (error) {
      // An issuer that was not there when it was first asked may be there for the next request.
      if (error instanceof IssuerUnreachable) discovered = undefined;
      throw error;
    }
  };
}

async function discover(issuer: string): Promise<JWTVerifyGetKey> {
  const { jwks_uri } = await readDiscovery(issuer);
  return createRemoteJWKSet(new URL(jwks_uri), {
    cacheMaxAge: KEYS_MAX_AGE_MS,
    cooldownDuration: KEYS_COOLDOWN_MS,
    timeoutDuration: DISCOVERY_TIMEOUT_MS,
  });
}

async function readDiscovery(issuer: string): Promise<z.infer<typeof Discovered>> {
  const url = `${issuer.replace(/\/$/v, '')}/.well-known/openid-configuration`;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(DISCOVERY_TIMEOUT_MS) });
    if (!answer.ok) throw new Error(`it answered ${answer.status}`);
    const document = Discovered.parse(await answer.json());
    if (document.issuer !== issuer) throw new Error(`it is the document of the issuer ${document.issuer}`);
    return document;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new IssuerUnreachable(`${url} cannot be read: ${reason}`, { cause });
  }
}
