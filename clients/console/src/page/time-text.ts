const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Two units at most, as `2 d 4 h`, `4 min`, `12 s`. */
export function spanText(ms: number): string {
  const span = Math.max(0, ms);
  if (span < MINUTE) return `${Math.floor(span / SECOND)} s`;
  if (span < 10 * MINUTE) return both(span, MINUTE, 'min', SECOND, 's');
  if (span < HOUR) return `${Math.floor(span / MINUTE)} min`;
  if (span < DAY) return both(span, HOUR, 'h', MINUTE, 'min');
  return both(span, DAY, 'd', HOUR, 'h');
}

function both(span: number, unit: number, name: string, smaller: number, smallerName: string): string {
  const rest = Math.floor((span % unit) / smaller);
  const whole = `${Math.floor(span / unit)} ${name}`;
  return rest === 0 ? whole : `${whole} ${rest} ${smallerName}`;
}

export function isDueWithinADay(instant: string, nowMs: number): boolean {
  return Date.parse(instant) - nowMs <= DAY;
}
