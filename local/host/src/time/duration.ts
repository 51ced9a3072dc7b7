const DURATION = new RegExp(
  String.raw`^P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$`,
  'v',
);

/**
 * The instant so much later, by an ISO 8601 duration such as `P1M` or `P3DT4H`. Months and years are the calendar's, in UTC;
 * a month that lacks the day ends with its last. Undefined for what is no duration.
 */
export function laterBy(instantMs: number, duration: string): number | undefined {
  const match = DURATION.exec(duration);
  if (match === null) return undefined;
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match
    .slice(1)
    .map((digits) => Number(digits ?? 0));
  const inMonth = laterByMonths(instantMs, years * 12 + months);
  return inMonth + ((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}

function laterByMonths(instantMs: number, months: number): number {
  const later = new Date(instantMs);
  const day = later.getUTCDate();
  later.setUTCDate(1);
  later.setUTCMonth(later.getUTCMonth() + months);
  const lastDay = new Date(Date.UTC(later.getUTCFullYear(), later.getUTCMonth() + 1, 0)).getUTCDate();
  return later.setUTCDate(Math.min(day, lastDay));
}
