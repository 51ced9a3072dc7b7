/** `Date` has whole seconds and was written a while ago, so clocks this close to each other count as one. */
const SAME_CLOCK_MS = 2_000;

let aheadMs = 0;

/**
 * Takes the `Date` of a server's answer. A command speaks to one server, and how long ago something was is reckoned by that
 * server's clock: with `countersign start --time-travel` it may be weeks ahead of this machine's.
 */
export function heardDate(date: unknown): void {
  const dateMs = typeof date === 'string' ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(dateMs)) return;
  const differenceMs = dateMs - Date.now();
  aheadMs = Math.abs(differenceMs) <= SAME_CLOCK_MS ? 0 : differenceMs;
}

/** What time it is where the last answer came from; before the first, on this machine. Epoch milliseconds. */
export function serverNowMs(): number {
  return Date.now() + aheadMs;
}
