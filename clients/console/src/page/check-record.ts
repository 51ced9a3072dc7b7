import { canonicalJson } from './canonical-json.ts';
import type { OrderRecord } from './orders.ts';

export type RecordCheck =
  | { readonly kind: 'whole'; readonly entries: number }
  | { readonly kind: 'broken'; readonly seq?: number; readonly because: string }
  /** Browsers digest only what came by https or from this machine. */
  | { readonly kind: 'impossible' };

/**
 * Recomputes the chain of a record, by nothing but the record itself: what the API says of it is not looked at. That
 * entries are missing at the end shows only in a receipt that somebody kept.
 *
 * @param receipts digests that entries of this record must have
 */
export async function checkRecord(
  { entries, head }: OrderRecord,
  receipts: readonly string[],
  subtle: Pick<SubtleDigest, 'digest'> | undefined,
): Promise<RecordCheck> {
  if (subtle === undefined) return { kind: 'impossible' };
  let last: string | undefined;
  for (const [index, { hash, ...digested }] of entries.entries()) {
    const seq = index + 1;
    if (digested.seq !== seq) return { kind: 'broken', seq, because: `entry ${seq} is missing, or out of place` };
    if (digested.previous !== last) {
      return { kind: 'broken', seq, because: `it does not follow entry ${seq - 1} as that now is` };
    }
    if ((await digestOf(digested, subtle)) !== hash) {
      return { kind: 'broken', seq, because: 'it was changed after it was written' };
    }
    last = hash;
  }
  if (head !== last) return { kind: 'broken', because: 'its head is not the digest of its last entry' };
  const missing = receipts.find((receipt) => !entries.some(({ hash }) => hash === receipt));
  if (missing !== undefined) return { kind: 'broken', because: `no entry has the digest of your receipt, ${missing}` };
  return { kind: 'whole', entries: entries.length };
}

/** The one thing of `crypto.subtle` that is used. */
interface SubtleDigest {
  digest(algorithm: 'SHA-256', data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer>;
}

async function digestOf(value: unknown, subtle: SubtleDigest): Promise<string> {
  const digest = await subtle.digest('SHA-256', new TextEncoder().encode(canonicalJson(value)));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
