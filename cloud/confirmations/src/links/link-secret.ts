import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a link's secret speaks for. A change of any of it makes another secret. */
export interface LinkClaims {
  readonly id: string;
  readonly linkId: string;
  readonly person: string;
  readonly expiresAt: string;
}

/** Goes up if what is signed ever changes, and the old one is then verified as well: links live as long as a deadline. */
const VERSION = 'countersign-link-1';

/** The secret is made anew whenever it is needed, and kept nowhere. 43 characters of base64url. */
export function secretOf(key: Uint8Array, { id, linkId, person, expiresAt }: LinkClaims): string {
  return signature(key, [VERSION, id, linkId, person, expiresAt]);
}

export function isSecretOf(key: Uint8Array, claims: LinkClaims, given: string): boolean {
  return isSameText(secretOf(key, claims), given);
}

/** HMAC-SHA-256 of a list of texts, none of which can flow into its neighbour. */
export function signature(key: Uint8Array, parts: readonly string[]): string {
  return createHmac('sha256', key).update(JSON.stringify(parts)).digest('base64url');
}

/**
 * In constant time. The texts are compared, and not the bytes that they stand for: the last character of a base64url text
 * has bits that stand for nothing, so another one would stand for the same bytes.
 */
export function isSameText(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
