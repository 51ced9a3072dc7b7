import type { MachineItem } from './workflow.ts';

const BARS = 24;
const WIDTH = 120;
const HEIGHT = 28;

/** How many executions began when, of the latest: what did not succeed stands below in another colour. */
export function Sparkline({ recent, nowMs }: { recent: MachineItem['recent']; nowMs: number }) {
  const first = recent.at(-1);
  if (first === undefined) return <span class="soft">none yet</span>;
  const sinceMs = Date.parse(first.startDate);
  const spanMs = Math.max(1, nowMs - sinceMs);
  const bars = Array.from({ length: BARS }, () => ({ well: 0, wrong: 0 }));
  for (const { status, startDate } of recent) {
    const place = Math.floor(((Date.parse(startDate) - sinceMs) / spanMs) * BARS);
    const bar = bars[Math.min(BARS - 1, Math.max(0, place))];
    if (bar === undefined) continue;
    if (status === 'RUNNING' || status === 'SUCCEEDED') bar.well += 1;
    else bar.wrong += 1;
  }
  const most = Math.max(...bars.map(({ well, wrong }) => well + wrong));
  const step = WIDTH / BARS;
  const heightOf = (count: number) => (count / most) * (HEIGHT - 2);
  const wrong = recent.filter(({ status }) => status !== 'RUNNING' && status !== 'SUCCEEDED').length;
  const said = `${recent.length} began since ${new Date(sinceMs).toLocaleString()}, ${wrong} of them did not succeed`;
  return (
    <svg class="spark" role="img" aria-label={said} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT}>
      <title>{said}</title>
      <path class="spark-base" d={`M0 ${HEIGHT - 0.5}H${WIDTH}`} />
      {bars.map(({ well, wrong: failed }, index) => (
        <g key={index}>
          {failed > 0 && (
            <rect
              class="spark-wrong"
              x={index * step}
              y={HEIGHT - 1 - heightOf(failed)}
              width={step - 1}
              height={heightOf(failed)}
            />
          )}
          {well > 0 && (
            <rect
              class="spark-well"
              x={index * step}
              y={HEIGHT - 1 - heightOf(failed) - heightOf(well)}
              width={step - 1}
              height={heightOf(well)}
            />
          )}
        </g>
      ))}
    </svg>
  );
}
