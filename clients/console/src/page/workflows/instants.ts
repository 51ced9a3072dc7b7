/** Step Functions' instants, epoch seconds, as the rest of the page has them. */
export function isoOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

/** How long something took: `850 ms`, `12.3 s`, `4 min 2 s`, `2 d 3 h`. */
export function durationText(ms: number): string {
  const span = Math.max(0, ms);
  if (span < 1_000) return `${Math.round(span)} ms`;
  if (span < 60_000) return `${(span / 1000).toFixed(1).replace(/\.0$/, '')} s`;
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1_000],
  ] as const;
  const first = units.findIndex(([, length]) => span >= length);
  return units
    .slice(first, first + 2)
    .map(([name, length], index) => [Math.floor((index === 0 ? span : span % (units[first]?.[1] ?? 1)) / length), name])
    .filter(([count]) => count !== 0)
    .map(([count, name]) => `${count} ${name}`)
    .join(' ');
}
