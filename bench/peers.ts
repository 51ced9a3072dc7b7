// npm run bench:peers [-- --clients 1,64 --seconds 6 --warm-up 10 --rounds 3 --only countersign,restate,dbos --json]
// The same round trip on this engine and on other durable engines, one after the other in each round, on the same machine and with the
// same load: their medians. The peers are installed on first use (bench/peers/package.json); DBOS needs PostgreSQL's `initdb`, `pg_ctl` and
// `postgres` on the PATH, and is left out where they are not. Each runs with its own default durability and the fastest of its ways.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Latencies } from './closed-loop.ts';
import { closedLoop } from './closed-loop.ts';
import { EngineUnderTest } from './engine-under-test.ts';
import { inFolder, report } from './machine.ts';
import { dbos, hasPostgres } from './dbos.ts';
import { restate } from './restate.ts';

const { values: options } = parseArgs({
  options: {
    clients: { type: 'string', default: '1,64' },
    seconds: { type: 'string', default: '6' },
    // Code of V8 is warm after some thousand trips, that of the peers' handlers as well.
    'warm-up': { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: 'countersign,restate,dbos' },
    json: { type: 'boolean', default: false },
  },
});
type Subject = (load: { clients: number; seconds: number; warmUpSeconds: number }) => Promise<Latencies>;
const subjects: Record<string, Subject> = { countersign, restate, dbos };
const chosen = options.only.split(',').filter((name) => name !== 'dbos' || hasPostgres());
if (chosen.some((name) => name !== 'countersign')) install();

const measured = new Map<string, Latencies[]>();
for (let round = 0; round < Number(options.rounds); round++) {
  for (const clients of options.clients.split(',').map(Number)) {
    for (const name of chosen) {
      const run = subjects[name];
      if (run === undefined) throw new Error(`there is no "${name}"; there are ${Object.keys(subjects).join(', ')}`);
      const times = { seconds: Number(options.seconds), warmUpSeconds: Number(options['warm-up']) };
      const result = await run({ clients, ...times });
      const place = `${name}, ${clients} client${clients === 1 ? '' : 's'}`;
      measured.set(place, [...(measured.get(place) ?? []), result]);
    }
  }
}
const rows = Object.fromEntries(
  [...measured]
    .sort(([left], [right]) => left.localeCompare(right))
    .map(([place, results]) => [place, medianOf(results)]),
);
report('peers', 'The durable callback round trip, beside other engines.', rows, options.json);

async function countersign({ clients, ...times }: Parameters<Subject>[0]): Promise<Latencies> {
  return await inFolder(async (folder) => {
    const engine = await EngineUnderTest.start(folder, clients);
    try {
      const stateMachineArn = await engine.createStateMachine('round-trip');
      return await closedLoop({ clients, ...times, trip: () => engine.trip(stateMachineArn) });
    } finally {
      await engine.stop();
    }
  });
}

function medianOf(results: readonly Latencies[]): Latencies {
  const median = (member: keyof Latencies): number =>
    results.map((result) => result[member]).toSorted((left, right) => left - right)[results.length >> 1] ?? NaN;
  return { perSecond: median('perSecond'), p50Ms: median('p50Ms'), p99Ms: median('p99Ms') };
}

function install(): void {
  const folder = join(import.meta.dirname, 'peers');
  if (existsSync(join(folder, 'node_modules'))) return;
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' });
}
