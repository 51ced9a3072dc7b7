// Runs the engine in simulated worlds that are against it, one for each seed, and says which promises were broken.
//   npm run simulate -- --seeds 1000 [--from 1]     npm run simulate -- --seed 17     the whole diary of one seed
import { parseArgs } from 'node:util';
import { simulate, simulationFolder } from '../tests/simulation/simulate.ts';
import { wholeNumber } from './whole-number.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
  },
});
const folder = simulationFolder();
process.exitCode =
  values.seed === undefined
    ? await many(wholeNumber('--from', values.from), wholeNumber('--seeds', values.seeds))
    : await one(wholeNumber('--seed', values.seed));
folder.remove();

async function one(seed: number): Promise<number> {
  const { diary, violations, digest } = await simulate(seed, folder.path);
  console.log(diary.join('\n'));
  console.log(
    `\nseed ${seed}: ${violations.length === 0 ? 'every promise was kept' : violations.join('\n')}\ndigest ${digest}`,
  );
  return violations.length === 0 ? 0 : 1;
}

async function many(from: number, count: number): Promise<number> {
  const faults: Record<string, number> = {};
  const broken: number[] = [];
  let executions = 0;
  let simulatedMs = 0;
  const startedAtMs = performance.now();
  for (let seed = from; seed < from + count; seed++) {
    const simulated = await simulate(seed, folder.path);
    executions += simulated.executions;
    simulatedMs += simulated.elapsedMs;
    for (const [name, struck] of Object.entries(simulated.faults)) faults[name] = (faults[name] ?? 0) + struck;
    if (simulated.violations.length === 0) continue;
    broken.push(seed);
    console.log(
      `seed ${seed}: ${simulated.violations.join('\n  ')}\n  see all of it: npm run simulate -- --seed ${seed}`,
    );
  }
  const seconds = (performance.now() - startedAtMs) / 1000;
  const struck = Object.values(faults).reduce((sum, each) => sum + each, 0);
  console.log(
    `seeds ${from} to ${from + count - 1}: ${broken.length === 0 ? 'every promise was kept' : `${broken.length} broke a promise: ${broken.join(', ')}`}`,
  );
  console.log(
    `${executions} executions, ${(simulatedMs / 3_600_000).toFixed(0)} simulated hours in ${seconds.toFixed(0)} s`,
  );
  console.log(
    `${(count / seconds).toFixed(1)} seeds/s, ${(struck / seconds).toFixed(0)} faults/s: ${JSON.stringify(faults)}`,
  );
  return broken.length === 0 ? 0 : 1;
}
