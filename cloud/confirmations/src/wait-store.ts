import type { Etag, JsonObjects } from './json-objects.ts';
import { contended, TRIES_MAX } from './contended.ts';
import { isLater, parseWait, serializeWait, type Wait } from './wait.ts';

/** `waits/{id}.json`: there while something waits, with the task token of the latest attempt. */
export interface WaitStore {
  read(id: string): Promise<StoredWait | undefined>;
  /** Stores the wait, unless a later attempt's is there, whose token is the live one: then this gives undefined. */
  put(wait: Wait): Promise<StoredWait | undefined>;
  /** Removes exactly this wait. Never that of another attempt: its token may be the one that the workflow waits with. */
  remove(wait: StoredWait): Promise<void>;
  /** Ids that have a wait, in key order, after a given one. */
  list(page: { after?: string; limit: number }): Promise<{ ids: string[]; hasMore: boolean }>;
}

/** A wait as it is stored. Only what was stored or read can be removed. */
export interface StoredWait extends Wait {
  readonly etag: Etag;
}

const WAITS = 'waits/';
const waitKey = (id: string) => `${WAITS}${id}.json`;

export function waitStore(objects: JsonObjects): WaitStore {
  return {
    async read(id) {
      const object = await objects.read(waitKey(id));
      return object && { ...parseWait(object.value), etag: object.etag };
    },

    async put(wait) {
      const key = waitKey(wait.id);
      // Nearly always nothing waits under this id yet, and the condition says so if something does.
      const first = await objects.write(key, serializeWait(wait), undefined);
      if (first !== undefined) return { ...wait, etag: first };
      for (let tries = 0; tries < TRIES_MAX; tries += 1) {
        const current = await objects.read(key);
        if (current !== undefined && isLater(parseWait(current.value).attempt, wait.attempt)) return undefined;
        const etag = await objects.write(key, serializeWait(wait), current?.etag);
        if (etag !== undefined) return { ...wait, etag };
      }
      throw contended(key);
    },

    async remove({ id, etag }) {
      // If this is refused, the wait has gone, or has become another attempt's, which sees to itself.
      await objects.remove(waitKey(id), etag);
    },

    async list({ after, limit }) {
      const start = after === undefined ? {} : { startAfter: waitKey(after) };
      const { keys, hasMore } = await objects.list(WAITS, { limit, ...start });
      return { ids: keys.map((key) => key.slice(WAITS.length, -'.json'.length)), hasMore };
    },
  };
}
