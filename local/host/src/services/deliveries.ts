import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../../engine/src/index.ts';
import type { Log } from '../log.ts';
import type { MessageWrites } from './message-store.ts';

/** Something that is to reach somebody: what kind of receiver, which one, and the text it gets. */
export interface Delivery {
  /** Which of the {@link Carrier}s brings it. */
  readonly kind: string;
  /** The receiver in that carrier's words, such as an ARN or an address. */
  readonly receiver: string;
  readonly payload: string;
  /** The same in every attempt, so that a receiver that can tell does the thing once. */
  readonly id: string;
}

/**
 * Brings one delivery. Called again, later, when it throws: after a {@link DeliveryRefused} never, otherwise with growing
 * pauses for 24 hours, or as often as the {@link DeliveryFailed} allows.
 */
export type Carrier = (delivery: Delivery) => Promise<void>;

/** No further attempt can help: the receiver does not exist, or says no for good. */
export class DeliveryRefused extends Error {
  override readonly name = 'DeliveryRefused';
}

/** The receiver was reached and failed by itself; it is asked again after these pauses and then no more. */
export class DeliveryFailed extends Error {
  override readonly name = 'DeliveryFailed';
  readonly retryDelaysMs: readonly number[];

  constructor(message: string, retryDelaysMs: readonly number[]) {
    super(message);
    this.retryDelaysMs = retryDelaysMs;
  }
}

export interface Deliveries {
  /** Adds them in a transaction under way, which {@link MessageWrites.write} has begun. They leave once it is on disk. */
  add(deliveries: readonly Delivery[]): void;
  /** Begins to deliver, with what an earlier process left. */
  start(): void;
  /** Begins no further delivery. What is under way and fails, is delivered by the next process. */
  stop(): void;
  /** Settles when no delivery is under way. Waits for the receivers. */
  rest(): Promise<void>;
  /** None is under way or about to be. */
  isResting(): boolean;
  /** How many are not delivered yet. */
  pending(): number;
}

export interface DeliveriesOptions {
  readonly database: DatabaseSync;
  readonly writes: MessageWrites;
  readonly carriers: Readonly<Record<string, Carrier>>;
  readonly clock: Clock;
  readonly log: Log;
}

/** EventBridge User Guide, "Retrying event delivery": 24 hours by default. */
const AGE_MS_MAX = 24 * 3_600_000;
const BACKOFF_MS = 1000;
const BACKOFF_MS_MAX = 5 * 60_000;

/** Functions have limits of their own; this one keeps a flood from filling the memory. */
const UNDER_WAY_MAX = 64;

interface Row extends Delivery {
  readonly sequence: number;
  readonly acceptedAtMs: number;
  readonly attempts: number;
  readonly failures: number;
}

/** Delivers at least once, out of an SQLite table: a delivery is a row until it has been made, so no crash loses one. */
export function createDeliveries({ database, writes, carriers, clock, log }: DeliveriesOptions): Deliveries {
  const insert = database.prepare(
    'INSERT INTO deliveries (id, kind, receiver, payload, accepted_ms, due_ms) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const selectDue = database.prepare(
    'SELECT sequence FROM deliveries WHERE due_ms <= ? ORDER BY due_ms, sequence LIMIT ?',
  );
  const select = database.prepare('SELECT * FROM deliveries WHERE sequence = ?');
  const selectNext = database.prepare('SELECT due_ms FROM deliveries WHERE due_ms > ? ORDER BY due_ms LIMIT 1');
  const postpone = database.prepare('UPDATE deliveries SET due_ms = ?, attempts = ?, failures = ? WHERE sequence = ?');
  const remove = database.prepare('DELETE FROM deliveries WHERE sequence = ?');
  const count = database.prepare('SELECT count(*) AS pending FROM deliveries');
  const underWay = new Map<number, Promise<void>>();
  let isRunning = false;
  let isLooking = false;

  function look(): void {
    isLooking = false;
    if (!isRunning) return;
    const now = clock.now();
    // Those under way are still rows, and due: they are read as well and passed over.
    for (const due of selectDue.all(now, UNDER_WAY_MAX * 2)) {
      if (underWay.size >= UNDER_WAY_MAX) return;
      const sequence = Number(due['sequence']);
      const row = underWay.has(sequence) ? undefined : select.get(sequence);
      if (row !== undefined) begin(deliveryRow(row));
    }
    const next = selectNext.get(now)?.['due_ms'];
    clock.wakeAt(next === undefined ? null : Number(next), lookSoon);
  }

  function lookSoon(): void {
    if (isLooking || !isRunning) return;
    isLooking = true;
    setImmediate(look);
  }

  function begin(row: Row): void {
    const carrying = carry(row)
      .catch((error: unknown) => {
        // The disk takes nothing at the moment. The row is due still, and would be tried at once.
        log.error('delivery.not-kept', { ...described(row), error });
        return sleep(BACKOFF_MS, undefined, { ref: false });
      })
      .finally(() => {
        underWay.delete(row.sequence);
        lookSoon();
      });
    underWay.set(row.sequence, carrying);
  }

  async function carry(row: Row): Promise<void> {
    const carrier = carriers[row.kind];
    try {
      if (carrier === undefined) throw new DeliveryRefused(`nothing here delivers to "${row.kind}"`);
      await carrier(row);
    } catch (error) {
      return failed(row, error);
    }
    await writes.write(() => void remove.run(row.sequence));
  }

  async function failed(row: Row, error: unknown): Promise<void> {
    // The host is closing: the attempt did not count.
    if (!isRunning) return;
    const dueAtMs = nextAttempt(row, error, clock.now());
    const said = { ...described(row), error, attempts: row.attempts + 1 };
    if (dueAtMs === undefined) {
      log.error('delivery.dropped', said);
      return writes.write(() => void remove.run(row.sequence));
    }
    log.warn('delivery.postponed', { ...said, until: new Date(dueAtMs).toISOString() });
    const failures = row.failures + (error instanceof DeliveryFailed ? 1 : 0);
    await writes.write(() => void postpone.run(dueAtMs, row.attempts + 1, failures, row.sequence));
  }

  return {
    add(deliveries) {
      const now = clock.now();
      for (const { id, kind, receiver, payload } of deliveries) insert.run(id, kind, receiver, payload, now, now);
      if (deliveries.length > 0) writes.afterCommit(lookSoon);
    },
    start() {
      isRunning = true;
      lookSoon();
    },
    stop() {
      isRunning = false;
      clock.stop();
    },
    async rest() {
      while (underWay.size > 0) await Promise.all(underWay.values());
    },
    isResting: () => underWay.size === 0 && !isLooking,
    pending: () => Number(count.get()?.['pending']),
  };
}

/** @returns undefined where the delivery is given up. */
function nextAttempt({ attempts, failures, acceptedAtMs }: Row, error: unknown, nowMs: number): number | undefined {
  if (error instanceof DeliveryRefused) return undefined;
  if (error instanceof DeliveryFailed) {
    const delayMs = error.retryDelaysMs[failures];
    return delayMs === undefined ? undefined : nowMs + delayMs;
  }
  const dueAtMs = nowMs + Math.min(BACKOFF_MS * 2 ** Math.min(attempts, 30), BACKOFF_MS_MAX);
  return dueAtMs > acceptedAtMs + AGE_MS_MAX ? undefined : dueAtMs;
}

/** Payloads are the app's own and stay out of the log. */
function described({ kind, receiver, id }: Row) {
  return { kind, receiver: kind === 'lambda' || kind === 'states' ? receiver : undefined, delivery: id };
}

function deliveryRow(row: Record<string, unknown>): Row {
  return {
    sequence: Number(row['sequence']),
    id: String(row['id']),
    kind: String(row['kind']),
    receiver: String(row['receiver']),
    payload: String(row['payload']),
    acceptedAtMs: Number(row['accepted_ms']),
    attempts: Number(row['attempts']),
    failures: Number(row['failures']),
  };
}
