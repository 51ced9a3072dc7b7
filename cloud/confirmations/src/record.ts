import * as z from 'zod';
import { digestOf } from './digest.ts';
import { eventSchema, type RecordedEvent } from './events.ts';
import { parse } from './invalid-request.ts';

/**
 * An event as it is kept. Each entry holds the digest of the one before it, so nobody can change, leave out or insert one
 * without changing all that follow; and a receipt names the last one of its time.
 */
export interface Entry {
  /** From 1, without gaps. */
  readonly seq: number;
  readonly at: string;
  readonly event: RecordedEvent;
  /** The `hash` of the entry before; absent of the first. */
  readonly previous?: string;
  /** {@link digestOf} the entry without this member. */
  readonly hash: string;
}

/** All that was ever written about one request, in its order. */
export type ConfirmationRecord = readonly Entry[];

const recordSchema = z.object({
  version: z.literal(1),
  entries: z.array(
    z.object({
      seq: z.int(),
      at: z.iso.datetime(),
      event: eventSchema,
      previous: z.string().exactOptional(),
      hash: z.string(),
    }),
  ),
});

/**
 * Whether the chain holds is not looked at.
 *
 * @throws {InvalidRequest} if it is not what {@link serializeRecord} made.
 */
export function parseRecord(value: unknown): ConfirmationRecord {
  parse(recordSchema, value);
  // As it was written, and not as it was parsed: a member that a later version added belongs to what the digests cover.
  return (value as { entries: ConfirmationRecord }).entries;
}

export function serializeRecord(entries: ConfirmationRecord): string {
  return JSON.stringify({ version: 1, entries });
}

/** What an event becomes behind the last entry. */
export function nextEntry(last: Entry | undefined, event: RecordedEvent, at: string): Entry {
  const entry = { seq: (last?.seq ?? 0) + 1, at, event, ...(last && { previous: last.hash }) };
  return { ...entry, hash: digestOf(entry) };
}

/** The first entry that is not what it was when it was written, and why; undefined if the whole chain holds. */
export function findBreak(record: ConfirmationRecord): { seq: number; because: string } | undefined {
  let last: Entry | undefined;
  for (const { hash, ...entry } of record) {
    const seq = (last?.seq ?? 0) + 1;
    if (entry.seq !== seq) return { seq, because: `entry ${seq} is missing` };
    if (entry.previous !== last?.hash) return { seq, because: `it does not follow entry ${seq - 1} as that now is` };
    if (digestOf(entry) !== hash) return { seq, because: 'it was changed after it was written' };
    last = { ...entry, hash };
  }
  return undefined;
}
