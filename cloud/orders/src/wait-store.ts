import { type Decision, parseDecision } from './confirmation.ts';
import type { Etag, JsonObjects } from './json-objects.ts';
import type { OrderRun } from './order-run.ts';
import { isLater, parseWait, serializeWait, type Wait } from './wait.ts';

/**
 * The two objects of an order, and the only state this service keeps.
 *
 * `waits/{orderId}.json` is there while the order waits, and holds the task token of the latest attempt.
 * `decisions/{orderId}.json` is written once and never again: whoever writes it decides.
 */
export interface WaitStore {
  readWait(orderId: string): Promise<StoredWait | undefined>;
  /** Stores the wait, unless a later attempt's is there, whose token is the live one: then this gives undefined. */
  putWait(wait: Wait): Promise<StoredWait | undefined>;
  /** Removes exactly this wait. Never that of another attempt: its token may be the one that the order waits with. */
  removeWait(wait: StoredWait): Promise<void>;
  /** Ids of orders that have a wait, in key order, after a given one. */
  listWaits(page: { after?: string; limit: number }): Promise<{ orderIds: string[]; hasMore: boolean }>;
  readDecision(run: OrderRun): Promise<Decision | undefined>;
  /** Records the decision unless there is one, and gives the one that holds. */
  recordDecision(run: OrderRun, decision: Decision): Promise<Decision>;
}

/** A wait as it is stored. Only what was stored or read can be removed. */
export interface StoredWait extends Wait {
  readonly etag: Etag;
}

/** So many times somebody else may come between a read and its write. Each time means that another made progress. */
const TRIES_MAX = 20;

/**
 * A decision older than its order by more than the clocks of AWS can differ is of an earlier order with the same id.
 * Names rest for 90 days, so between a clock that is wrong and an id used again there is room for a day.
 */
const CLOCK_DIFFERENCE_MAX_MS = 24 * 60 * 60 * 1000;

const WAITS = 'waits/';
const waitKey = (orderId: string) => `${WAITS}${orderId}.json`;
const decisionKey = (orderId: string) => `decisions/${orderId}.json`;

export function waitStore(objects: JsonObjects): WaitStore {
  async function readDecision({ orderId, startedAtMs }: OrderRun) {
    const object = await objects.read(decisionKey(orderId));
    if (object === undefined) return {};
    const { etag } = object;
    const decision = parseDecision(object.value);
    const isOfThisRun = Date.parse(decision.decidedAt) > startedAtMs - CLOCK_DIFFERENCE_MAX_MS;
    return isOfThisRun ? { etag, decision } : { etag };
  }

  return {
    async readWait(orderId) {
      const object = await objects.read(waitKey(orderId));
      return object && { ...parseWait(object.value), etag: object.etag };
    },

    async putWait(wait) {
      const key = waitKey(wait.order.orderId);
      for (let tries = 0; tries < TRIES_MAX; tries += 1) {
        const current = await objects.read(key);
        if (current !== undefined && isLater(parseWait(current.value).attempt, wait.attempt)) return undefined;
        const etag = await objects.write(key, serializeWait(wait), current?.etag);
        if (etag !== undefined) return { ...wait, etag };
      }
      throw contended(key);
    },

    async removeWait({ order, etag }) {
      // If this is refused, the wait has gone, or has become another attempt's, which sees to itself.
      await objects.remove(waitKey(order.orderId), etag);
    },

    async listWaits({ after, limit }) {
      const start = after === undefined ? {} : { startAfter: waitKey(after) };
      const { keys, hasMore } = await objects.list(WAITS, { limit, ...start });
      return { orderIds: keys.map((key) => key.slice(WAITS.length, -'.json'.length)), hasMore };
    },

    readDecision: async (run) => (await readDecision(run)).decision,

    async recordDecision(run, decision) {
      const key = decisionKey(run.orderId);
      for (let tries = 0; tries < TRIES_MAX; tries += 1) {
        const current = await readDecision(run);
        if (current.decision !== undefined) return current.decision;
        if (await objects.write(key, JSON.stringify(decision), current.etag)) return decision;
      }
      throw contended(key);
    },
  };
}

function contended(key: string): Error {
  return new Error(`"${key}" changed ${TRIES_MAX} times between reading and writing it`);
}
