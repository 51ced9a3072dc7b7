import { setTimeout as sleep } from 'node:timers/promises';

/** How long things take this process, whatever the time is: for what is tried again, and for turns that must end. */
export interface Pace {
  /** Milliseconds since some instant; never goes back. */
  elapsedMs(): number;
  /** With `ref: false` the process may end meanwhile. */
  pause(ms: number, options?: { readonly ref: boolean }): Promise<void>;
}

export const machinePace: Pace = {
  elapsedMs: () => performance.now(),
  pause: async (ms, options) => await sleep(ms, undefined, options),
};
