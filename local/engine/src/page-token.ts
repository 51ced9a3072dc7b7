import { InvalidToken } from './errors.ts';

/**
 * Where a list goes on: opaque to callers, an id to us. It names a place and holds no state, so it never expires.
 *
 * @see Step Functions API Reference, `nextToken`
 */
export function writePageToken(place: number): string {
  return Buffer.from(`at:${place}`).toString('base64url');
}

/** @throws {InvalidToken} if we did not write it. */
export function readPageToken(token: string | undefined): number | undefined {
  if (token === undefined) return undefined;
  const place = /^at:(\d{1,15})$/.exec(Buffer.from(token, 'base64url').toString())?.[1];
  if (place === undefined) throw new InvalidToken();
  return Number(place);
}
