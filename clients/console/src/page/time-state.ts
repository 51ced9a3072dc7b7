import { signal } from '@preact/signals';
import type { Answered } from './api.ts';
import type { Subject } from './live.ts';
import { askMachine } from './machine.ts';
import { type Polling, poll } from './polling.ts';
import type { TimeAdvanced, TimeShown } from './times.ts';

/** What time was last heard to be; undefined where it does not travel, or before the first answer. */
export const timeShown = signal<TimeShown | undefined>(undefined);

/** How far a journey has come is looked at; nobody tells. */
const LOOK_MS = 500;

/** Keeps {@link timeShown} what it is. */
export function followTime(subjects: readonly Subject[]): Polling {
  let look = 0;
  const polling = poll(async (signal) => {
    clearTimeout(look);
    const asked = await askMachine<TimeShown>('GET', 'time', undefined, signal);
    if (signal.aborted) return true;
    if (asked.isOk) timeShown.value = asked.body;
    if (asked.isOk && asked.body.advancing !== undefined) look = setTimeout(() => polling.soon(), LOOK_MS);
    return asked.isOk;
  }, subjects);
  return {
    soon: () => polling.soon(),
    stop() {
      clearTimeout(look);
      polling.stop();
    },
  };
}

/** Moves time on until it is there: the host answers a long way in several parts. */
export async function moveTimeOn(journey: { by: string } | { to: string }): Promise<Answered<TimeAdvanced>> {
  const first = await askMachine<TimeAdvanced>('POST', 'time/advance', journey);
  if (!first.isOk) return first;
  let whole = first.body;
  while (!whole.isThere) {
    const more = await askMachine<TimeAdvanced>('POST', 'time/advance', { to: whole.to });
    if (!more.isOk) return more;
    whole = {
      ...more.body,
      from: whole.from,
      firedCount: whole.firedCount + more.body.firedCount,
      fired: [...whole.fired, ...more.body.fired],
      leftRunning: whole.leftRunning + more.body.leftRunning,
    };
  }
  return { isOk: true, body: whole };
}
