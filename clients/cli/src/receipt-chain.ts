import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';
import { isObject, type Order, textOf } from './order.ts';

/** Where a record is not what it was when it was written. */
export interface Break {
  /** The place of the entry, from 1; absent where the fault is not in an entry. */
  readonly seq?: number;
  readonly because: string;
}

/** The record's entries as the API gives them, or as somebody kept them; undefined where it has none. */
export function entriesOf(record: Order): readonly unknown[] | undefined {
  const entries: unknown = record['entries'];
  return Array.isArray(entries) && entries.length > 0 ? entries : undefined;
}

/**
 * The first thing that is wrong with a record, by nothing but the record itself: what the API says of its own chain is
 * not looked at.
 *
 * Each entry holds the digest of itself and of the one before, so none can be changed, left out or put in between. That
 * entries are missing at the end shows only in a receipt of a later one, which somebody kept: `receipts`.
 */
export function findBreak(record: Order, receipts: readonly string[]): Break | undefined {
  const entries = entriesOf(record) ?? [];
  let last: Order | undefined;
  for (const [index, entry] of entries.entries()) {
    const because = whyBroken(entry, last, index + 1);
    if (because !== undefined) return { seq: index + 1, because };
    last = isObject(entry) ? entry : undefined;
  }
  if (record['head'] !== last?.['hash']) return { because: 'its head is not the digest of its last entry' };
  const missing = receipts.find((receipt) => seqOf(record, receipt) === undefined);
  return missing === undefined ? undefined : { because: `no entry has the digest ${missing}` };
}

/** The place of the entry with this digest, from 1. */
export function seqOf(record: Order, receipt: string): number | undefined {
  const index = entriesOf(record)?.findIndex((entry) => isObject(entry) && entry['hash'] === receipt) ?? -1;
  return index === -1 ? undefined : index + 1;
}

function whyBroken(entry: unknown, last: Order | undefined, seq: number): string | undefined {
  if (!isObject(entry) || textOf(entry, 'hash') === undefined) return 'it is no entry with a digest';
  const { hash, ...digested } = entry;
  if (entry['seq'] !== seq) return `entry ${seq} is missing, or out of place`;
  if (entry['previous'] !== last?.['hash']) {
    return last === undefined
      ? 'it follows an entry that is not there'
      : `it does not follow entry ${seq - 1} as that now is`;
  }
  return digestOf(digested) === hash ? undefined : 'it was changed after it was written';
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
