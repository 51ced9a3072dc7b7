import { isSameText, signature } from './link-secret.ts';

/** What was shown to whom and when. Whoever answers brings it back, so an answer is to something that was read. */
export interface Seen {
  /** The digest of what was shown. */
  readonly shown: string;
  readonly atMs: number;
}

const VERSION = 'countersign-nonce-1';
const MINUTE_MS = 60_000;
const VALID_MINUTES = 60;

export function nonceOf(key: Uint8Array, linkId: string, { shown, atMs }: Seen): string {
  const minute = String(Math.floor(atMs / MINUTE_MS));
  return [minute, shown, signature(key, [VERSION, linkId, shown, minute])].join('.');
}

/** Undefined if it was not made with this key for this link. */
export function readNonce(key: Uint8Array, linkId: string, nonce: string): Seen | undefined {
  const [minute = '', shown = '', signed = '', ...rest] = nonce.split('.');
  const isOurs = rest.length === 0 && isSameText(signature(key, [VERSION, linkId, shown, minute]), signed);
  return isOurs ? { shown, atMs: Number(minute) * MINUTE_MS } : undefined;
}

/** Whether it is so recent that whoever read it may still have it in mind. */
export function isRecent({ atMs }: Seen, nowMs: number): boolean {
  return nowMs - atMs < (VALID_MINUTES + 1) * MINUTE_MS;
}
