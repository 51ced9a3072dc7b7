// Feeds what strangers feed with what nobody would, and says what breaks.
//   npm run fuzz -- --seconds 60 [--target definitions]     npm run fuzz -- --target definitions --seed 17
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { TARGETS } from '../tests/fuzz/targets.ts';
import { closeWire } from '../tests/fuzz/wire.ts';
import { Chance } from '../tests/simulation/chance.ts';
import { wholeNumber } from './whole-number.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, target: { type: 'string' }, seed: { type: 'string' } },
});
const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
const targets = Object.entries(TARGETS).filter(([name]) => values.target === undefined || values.target === name);
if (targets.length === 0) throw new Error(`--target is one of ${Object.keys(TARGETS).join(', ')}`);
try {
  for (const [name, target] of targets) {
    if (values.seed === undefined)
      await many(name, target, (wholeNumber('--seconds', values.seconds) * 1000) / targets.length);
    else await target(new Chance(wholeNumber('--seed', values.seed)), folder);
  }
} finally {
  await closeWire();
  rmSync(folder, { recursive: true });
}

async function many(name: string, target: (typeof TARGETS)[string], ms: number): Promise<void> {
  const endsAtMs = performance.now() + ms;
  let tried = 0;
  let broken = 0;
  let slowestMs = 0;
  while (performance.now() < endsAtMs && broken < 10) {
    const seed = randomInt(2 ** 31);
    const startedAtMs = performance.now();
    try {
      await target(new Chance(seed), folder);
    } catch (error) {
      broken++;
      process.exitCode = 1;
      console.log(`${name}, --seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
    }
    tried++;
    slowestMs = Math.max(slowestMs, performance.now() - startedAtMs);
  }
  console.log(`${name}: ${tried} tried, ${broken} broke something; the slowest took ${slowestMs.toFixed(0)} ms`);
}
