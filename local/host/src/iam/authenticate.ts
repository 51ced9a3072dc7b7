import type { RoleCredentialsIssuer } from '../services/role-credentials.ts';
import { claimsToBeIssuedHere } from '../services/role-credentials.ts';
import type { HostTime } from '../time/host-time.ts';
import { AccessRefused, DEVELOPER, type Caller } from './caller.ts';
import {
  accessKeyIdOf,
  claimedSignature,
  signatureVerifier,
  signedAtMs,
  type ClaimedSignature,
  type SignedRequest,
} from './signature.ts';

/** A key that requests can be signed with, and whose it is. */
export interface KnownKey {
  readonly secretAccessKey: string;
  readonly caller: Caller;
}

/** Finds a key by its id and the token that came with it. */
export type FindKey = (accessKeyId: string, sessionToken: string | undefined) => KnownKey | undefined;

/** Whoever brings a key that nobody knows, or none: the developer, where nobody else can reach this machine. */
export type Strangers = 'are the developer' | 'are refused';

/**
 * Finds out who calls. A key that is known has to be signed with.
 *
 * @throws {AccessRefused} for a signature that is not right, a key that was not issued here though it claims so, a presigned
 * URL that is too old, and strangers who are not the developer.
 */
export type Authenticate = (request: SignedRequest, body: Uint8Array | undefined) => Caller;

export function authenticator(findKey: FindKey, time: HostTime, strangers: Strangers): Authenticate {
  const areRefused = strangers === 'are refused';
  const verifier = signatureVerifier();
  return (request, body) => {
    const accessKeyId = accessKeyIdOf(request);
    if (accessKeyId === undefined) {
      if (areRefused) throw new AccessRefused('key', 'Request is missing Authentication Token');
      return DEVELOPER;
    }
    const claimed = claimedSignature(request);
    const mustBeKnown = areRefused || claimsToBeIssuedHere(accessKeyId);
    if (claimed === undefined && mustBeKnown) throw new AccessRefused('signature', DOES_NOT_MATCH);
    const key = claimed && findKey(accessKeyId, claimed.sessionToken);
    if (claimed === undefined || key === undefined) {
      if (mustBeKnown) throw new AccessRefused('key', 'The security token included in the request is invalid.');
      return DEVELOPER;
    }
    if (!verifier.isSignedWith(key.secretAccessKey, claimed, request, body)) {
      throw new AccessRefused('signature', DOES_NOT_MATCH);
    }
    requireYoung(claimed, time);
    return key.caller;
  };
}

/** The keys of roles. */
export function roleKeys(issuer: RoleCredentialsIssuer): FindKey {
  return (accessKeyId, sessionToken) => {
    if (!claimsToBeIssuedHere(accessKeyId)) return undefined;
    const session = issuer.sessionOf(accessKeyId, sessionToken);
    if (session === undefined) return undefined;
    const { secretAccessKey, ...whose } = session;
    return { secretAccessKey, caller: { kind: 'role', session: whose } };
  };
}

/** AWS's sentence for a signature that is not right. */
export const DOES_NOT_MATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';

/** IAM User Guide, "Signature Version 4": a request has to reach AWS within so long. */
const SKEW_MS_MAX = 15 * 60_000;

/** While time is moved on, what was signed a moment ago can be days old: then only presigned URLs end. */
function requireYoung(claimed: ClaimedSignature, time: HostTime): void {
  const ageMs = time.now() - signedAtMs(claimed);
  if (claimed.expiresSeconds !== undefined) {
    if (ageMs <= claimed.expiresSeconds * 1000) return;
    throw new AccessRefused('expired', 'Request has expired');
  }
  if (time.offsetMs() !== undefined || Math.abs(ageMs) <= SKEW_MS_MAX) return;
  throw new AccessRefused('signature', `Signature expired: ${claimed.date} is not within 15 minutes of now.`);
}
