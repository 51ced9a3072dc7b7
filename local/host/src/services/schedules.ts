import type { DatabaseSync } from 'node:sqlite';
import type { Log } from '../log.ts';
import type { HostTime } from '../time/host-time.ts';
import type { Schedule } from './event-schedule.ts';
import type { MessageWrites } from './message-store.ts';

/** What happens by the clock. */
export interface ScheduledWork {
  /** Tells it from the others, and the same at every start. */
  readonly name: string;
  /** As written: under another expression it begins anew. */
  readonly expression: string;
  readonly schedule: Schedule;
  /** Nothing happens before, and from the second on. Epoch milliseconds. */
  readonly startMs?: number;
  readonly endMs?: number;
  /** Called in the transaction that moves the schedule on: what it adds to the deliveries is added exactly once. */
  readonly fire: (dueAtMs: number) => void;
}

export interface Schedules {
  declare(work: ScheduledWork): void;
  /** Fires what fell due while nobody was there, once each, and goes on by the clock. */
  start(): Promise<void>;
  stop(): void;
}

/** A fault of the disk is waited out; there is no other reason why a firing is not kept. */
const RETRY_MS = 5000;

export function createSchedules(options: {
  readonly database: DatabaseSync;
  readonly writes: MessageWrites;
  readonly time: HostTime;
  readonly log: Log;
}): Schedules {
  const { database, writes, time, log } = options;
  const clock = time.clock('Schedule');
  const declared = new Map<string, ScheduledWork>();
  const selectAll = database.prepare('SELECT name, expression, due_ms FROM schedules');
  const put = database.prepare('INSERT OR REPLACE INTO schedules (name, expression, due_ms) VALUES (?, ?, ?)');
  const remove = database.prepare('DELETE FROM schedules WHERE name = ?');
  const selectDue = database.prepare('SELECT name, due_ms FROM schedules WHERE due_ms <= ? ORDER BY due_ms');
  const selectNext = database.prepare('SELECT min(due_ms) AS due_ms FROM schedules');
  let isRunning = false;

  /** Where the app has changed since, the schedules of this machine follow. */
  function align(): void {
    const kept = new Map(selectAll.all().map((row) => [String(row['name']), String(row['expression'])]));
    for (const name of kept.keys()) if (!declared.has(name)) remove.run(name);
    for (const work of declared.values()) {
      if (kept.get(work.name) === work.expression) continue;
      put.run(work.name, work.expression, nextDue(work, clock.now()));
    }
  }

  function fireDue(): void {
    const now = clock.now();
    for (const row of selectDue.all(now)) {
      const dueAtMs = Number(row['due_ms']);
      const work = declared.get(String(row['name']));
      if (work === undefined) continue;
      if (work.endMs === undefined || dueAtMs <= work.endMs) work.fire(dueAtMs);
      put.run(work.name, work.expression, nextDue(work, Math.max(now, time.repeatsFromMs() - 1), dueAtMs));
    }
  }

  function wake(): void {
    if (!isRunning) return;
    writes.write(fireDue).then(waitForNext, (error: unknown) => {
      if (!isRunning) return;
      log.error('schedules.failed', { error });
      clock.wakeAt(clock.now() + RETRY_MS, wake);
    });
  }

  function waitForNext(): void {
    if (!isRunning) return;
    const next = selectNext.get()?.['due_ms'] ?? null;
    clock.wakeAt(next === null ? null : Number(next), wake);
  }

  return {
    declare: (work) => void declared.set(work.name, work),
    async start() {
      await writes.write(align);
      isRunning = true;
      wake();
    },
    stop() {
      isRunning = false;
      clock.stop();
    },
  };
}

/** After this instant, however long ago it was due: what was missed meanwhile has been made up for by one firing. */
function nextDue({ schedule, startMs, endMs }: ScheduledWork, nowMs: number, dueAtMs?: number): number | null {
  const fromMs = Math.max(nowMs, (startMs ?? 0) - 1);
  let next = schedule.next(schedule.isRate && dueAtMs !== undefined ? dueAtMs : fromMs);
  if (next !== undefined && schedule.isRate && next <= nowMs && dueAtMs !== undefined) {
    const intervalMs = next - dueAtMs;
    next += Math.ceil((nowMs - next + 1) / intervalMs) * intervalMs;
  }
  return next === undefined || (endMs !== undefined && next > endMs) ? null : next;
}
