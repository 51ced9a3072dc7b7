import { contended, TRIES_MAX } from './contended.ts';
import { Draft } from './draft.ts';
import { InvalidRequest } from './invalid-request.ts';
import type { Etag, JsonObjects } from './json-objects.ts';
import { type ConfirmationRecord, type Entry, parseRecord, serializeRecord } from './record.ts';
import { Refusal } from './refusals.ts';
import type { RequestState } from './request-state.ts';

/** `records/{id}.json`: everything that was ever said and done about a request. Whoever writes it has read all of it. */
export interface RecordStore {
  read(id: string): Promise<StoredRecord>;
  /**
   * Adds what `work` makes of the record as it is at that moment. If somebody else comes between, `work` is done again on
   * what they left; so of two who decide at the same instant, the second one sees the first.
   *
   * What `work` has added before it throws a {@link Refusal} is written as well.
   *
   * Who believes to know the record says so with `known`, and saves a read. That is a guess: the condition of the write
   * proves it, and what writes nothing proves nothing, so then the record is read all the same.
   */
  append(id: string, work: (draft: Draft) => void, known?: StoredRecord): Promise<Appended>;
}

/** A record as it was read or written; whoever comes next may have added to it. */
export interface StoredRecord {
  readonly record: ConfirmationRecord;
  /** Undefined: there is none yet. */
  readonly etag: Etag | undefined;
}

export interface Appended extends StoredRecord {
  readonly state: RequestState;
  /** What is new. */
  readonly added: readonly Entry[];
}

/** As every record begins. */
export const NO_RECORD: StoredRecord = Object.freeze({ record: [], etag: undefined });

const recordKey = (id: string) => `records/${id}.json`;

export function recordStore(objects: JsonObjects, now: () => number): RecordStore {
  async function read(id: string): Promise<StoredRecord> {
    const object = await objects.read(recordKey(id));
    return object === undefined ? NO_RECORD : { record: parseRecord(object.value), etag: object.etag };
  }

  /** Undefined if it has to be done again, on what is there now. */
  async function tryOn(
    { record, etag }: StoredRecord,
    id: string,
    work: (draft: Draft) => void,
    isGuess: boolean,
  ): Promise<Appended | undefined> {
    const draft = new Draft(record, now());
    const refusal = attempt(draft, work);
    const { added, state } = draft;
    if (added.length === 0 && isGuess) return undefined;
    const after = added.length === 0 ? etag : await objects.write(recordKey(id), serializeRecord(draft.record), etag);
    if (added.length > 0 && after === undefined) return undefined;
    if (refusal !== undefined) throw refusal;
    return { record: draft.record, etag: after, state, added };
  }

  return {
    read,

    async append(id, work, known) {
      const guessed = known && (await tryOn(known, id, work, true));
      if (guessed !== undefined) return guessed;
      for (let tries = 0; tries < TRIES_MAX; tries += 1) {
        const appended = await tryOn(await read(id), id, work, false);
        if (appended !== undefined) return appended;
      }
      throw contended(recordKey(id));
    },
  };
}

function attempt(draft: Draft, work: (draft: Draft) => void): Refusal | InvalidRequest | undefined {
  try {
    work(draft);
    return undefined;
  } catch (error) {
    if (error instanceof Refusal || error instanceof InvalidRequest) return error;
    throw error;
  }
}
