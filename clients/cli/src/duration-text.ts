const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A duration as one says it: `40 s`, `12 min`, `3 h 5 min`, `2 d 4 h`. Less than a second is `0 s`. */
export function durationText(durationMs: number): string {
  const ms = Math.max(0, durationMs);
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`;
  if (ms < DAY_MS) return `${Math.floor(ms / HOUR_MS)} h${rest(ms % HOUR_MS, MINUTE_MS, 'min')}`;
  return `${Math.floor(ms / DAY_MS)} d${rest(ms % DAY_MS, HOUR_MS, 'h')}`;
}

/** An instant as seen from now: `12 min ago`, `in 2 d 4 h`. */
export function fromNowText(instantMs: number, nowMs: number): string {
  return instantMs <= nowMs ? `${durationText(nowMs - instantMs)} ago` : `in ${durationText(instantMs - nowMs)}`;
}

function rest(ms: number, unitMs: number, unit: string): string {
  const count = Math.floor(ms / unitMs);
  return count === 0 ? '' : ` ${count} ${unit}`;
}
