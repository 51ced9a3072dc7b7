import { installTravellingDate } from '../time/travelling-date.ts';

/** Tells a new instance how far ahead of the machine it is. The function does not see it. */
export const OFFSET_VARIABLE = 'COUNTERSIGN_TIME_OFFSET_MS';

let currentOffsetMs = 0;

/** Before the function's code is loaded: where time travels, `Date` is that of the host from here on. Elsewhere nothing changes. */
export function joinTimeOfHost(environment: NodeJS.ProcessEnv): void {
  const offset = environment[OFFSET_VARIABLE];
  delete environment[OFFSET_VARIABLE];
  if (offset === undefined) return;
  currentOffsetMs = Number(offset);
  installTravellingDate(() => currentOffsetMs);
}

/** With an invocation, and never within one: time does not jump while a handler runs. */
export function moveOnTo(offsetMs = 0): void {
  currentOffsetMs = Math.max(currentOffsetMs, offsetMs);
}
