import { contended, TRIES_MAX } from './contended.ts';
import { Draft } from './draft.ts';
import { InvalidRequest } from './invalid-request.ts';
import type { JsonObjects } from './json-objects.ts';
import { type ConfirmationRecord, parseRecord, serializeRecord } from './record.ts';
import { Refusal } from './refusals.ts';

/** `records/{id}.json`: everything that was ever said and done about a request. Whoever writes it has read all of it. */
export interface RecordStore {
  read(id: string): Promise<ConfirmationRecord>;
  /**
   * Adds what `work` makes of the record as it is at that moment. If somebody else comes between, `work` is done again on
   * what they left; so of two who decide at the same instant, the second one sees the first.
   *
   * What `work` has added before it throws a {@link Refusal} is written as well.
   */
  append(id: string, work: (draft: Draft) => void): Promise<Draft>;
}

const recordKey = (id: string) => `records/${id}.json`;

export function recordStore(objects: JsonObjects, now: () => number): RecordStore {
  async function read(id: string) {
    const object = await objects.read(recordKey(id));
    return { record: object === undefined ? [] : parseRecord(object.value), etag: object?.etag };
  }

  return {
    read: async (id) => (await read(id)).record,

    async append(id, work) {
      const key = recordKey(id);
      for (let tries = 0; tries < TRIES_MAX; tries += 1) {
        const { record, etag } = await read(id);
        const draft = new Draft(record, now());
        const refusal = attempt(draft, work);
        const isWritten =
          draft.added.length === 0 || (await objects.write(key, serializeRecord(draft.record), etag)) !== undefined;
        if (!isWritten) continue;
        if (refusal !== undefined) throw refusal;
        return draft;
      }
      throw contended(key);
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
