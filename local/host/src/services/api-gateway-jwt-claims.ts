import type { JWTPayload } from 'jose';

/** What a function learns of a token, in its event's `requestContext.authorizer`. */
export interface JwtContext {
  /** Every value as text. */
  claims: Record<string, string>;
  /** The token's, where the route asks for one of some scopes; else null. */
  scopes: string[] | null;
}

/**
 * A token's claims as HTTP APIs hand them on: each is text, whatever it was, and a list stands in brackets, its members
 * apart by blanks: `[managers directors]`. AWS documents that claims are passed and not how; this is how they have been
 * seen to come, and it is the form in which Go prints values.
 */
export function claimTexts(payload: JWTPayload): Record<string, string> {
  return Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, claimText(value)]));
}

function claimText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(claimText).join(' ')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
    return `map[${members.map(([name, member]) => `${name}:${claimText(member)}`).join(' ')}]`;
  }
  if (value === null) return '<nil>';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
