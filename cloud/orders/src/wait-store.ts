import type { Decision } from './confirmation.ts';
import { parseDecision } from './confirmation.ts';
import type { JsonObjects, StoredObject } from './json-objects.ts';
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
  /** Stores the wait unless a later attempt's is there, whose token is the live one. False: a later attempt's is there. */
  putWait(wait: Wait): Promise<boolean>;
  /** Removes exactly this wait. False: it has gone, or another attempt's has come. */
  removeWait(wait: StoredWait): Promise<boolean>;
  /** Ids of orders that have a wait, in key order, after a given one. */
  listWaits(page: { after?: string; limit: number }): Promise<{ orderIds: string[]; hasMore: boolean }>;
  readDecision(run: OrderRun): Promise<Decision | undefined>;
  /** Records the decision unless there is one, and gives the one that holds. */
  recordDecision(run: OrderRun, decision: Decision): Promise<Decision>;
}

/** A wait as it was read. Only this one can be removed. */
export interface StoredWait extends Wait, StoredObject {}

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
  async function readDecisionObject({ orderId, startedAtMs }: OrderRun) {
    const object = await objects.read(decisionKey(orderId));
    if (object === undefined) return { object };
    const decision = parseDecision(object.value);
    const isOfThisRun = Date.parse(decision.decidedAt) > startedAtMs - CLOCK_DIFFERENCE_MAX_MS;
    return isOfThisRun ? { object, decision } : { object };
  }

  const write = (key: string, body: string, current: StoredObject | undefined) =>
    current === undefined ? objects.create(key, body) : objects.replace(key, body, current);

  return {
    async readWait(orderId) {
      const object = await objects.read(waitKey(orderId));
      return object && { ...object, ...parseWait(object.value) };
    },

    async putWait(wait) {
      const key = waitKey(wait.order.orderId);
      for (let tries = 0; tries < TRIES_MAX; tries += 1) {
        const current = await objects.read(key);
        if (current !== undefined && isLater(parseWait(current.value).attempt, wait.attempt)) return false;
        if (await write(key, serializeWait(wait), current)) return true;
      }
      throw contended(key);
    },

    removeWait: (wait) => objects.remove(waitKey(wait.order.orderId), wait),

    async listWaits({ after, limit }) {
      const { keys, hasMore } = await objects.list(WAITS, {
        limit,
        ...(after !== undefined && { startAfter: waitKey(after) }),
      });
      return { orderIds: keys.map((key) => key.slice(WAITS.length, -'.json'.length)), hasMore };
    },

    readDecision: async (run) => (await readDecisionObject(run)).decision,

    async recordDecision(run, decision) {
      const key = decisionKey(run.orderId);
      for (let tries = 0; tries < TRIES_MAX; tries += 1) {
        const { object, decision: recorded } = await readDecisionObject(run);
        if (recorded !== undefined) return recorded;
        if (await write(key, JSON.stringify(decision), object)) return decision;
      }
      throw contended(key);
    },
  };
}

function contended(key: string): Error {
  return new Error(`"${key}" changed ${TRIES_MAX} times between reading and writing it`);
}
