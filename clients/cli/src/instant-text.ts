import { InvalidArgumentError } from 'commander';

const UNITS_MS = { d: 86_400_000, h: 3_600_000, m: 60_000 } as const;

/**
 * Reads an instant, for an argument: `2026-12-01T17:00:00Z`, or one that far from now: `+2d`, `+4h`, `+1d12h`, `+30m`.
 *
 * @returns ISO 8601 in UTC.
 */
export function parseInstant(text: string, nowMs: number): string {
  const atMs = text.startsWith('+') ? nowMs + distanceMs(text.slice(1)) : Date.parse(HAS_OFFSET.test(text) ? text : '');
  // What lies beyond the year 275760 is no Date at all.
  if (Number.isNaN(new Date(atMs).getTime())) {
    throw new InvalidArgumentError(
      'An instant is +2d, +4h, +1d12h or +30m from now, or has its date, time and offset: 2026-12-01T17:00:00Z.',
    );
  }
  return new Date(atMs).toISOString();
}

/** Without an offset nobody knows whose five o'clock it is. */
const HAS_OFFSET = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})$/;

function distanceMs(text: string): number {
  const [whole, days, hours, minutes] = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?$/.exec(text) ?? [];
  if (!whole) return Number.NaN;
  return Number(days ?? 0) * UNITS_MS.d + Number(hours ?? 0) * UNITS_MS.h + Number(minutes ?? 0) * UNITS_MS.m;
}
