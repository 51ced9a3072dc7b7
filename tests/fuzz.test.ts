import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { TARGETS } from './fuzz/targets.ts';
import { closeWire } from './fuzz/wire.ts';
import { Chance } from './simulation/chance.ts';

const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
after(async () => {
  await closeWire();
  rmSync(folder, { recursive: true });
});

/** `npm run fuzz -- --seconds 600` does it longer. */
const FIXED = 6;
const FRESH_MS = 1_200;

for (const [name, target] of Object.entries(TARGETS)) {
  test(`whatever ${name} are like, nothing breaks`, async (context) => {
    for (let seed = 1; seed <= FIXED; seed++) await target(new Chance(seed), folder);
    const endsAtMs = performance.now() + FRESH_MS;
    let tried = FIXED;
    for (; performance.now() < endsAtMs; tried++) {
      const seed = randomInt(2 ** 31);
      try {
        await target(new Chance(seed), folder);
      } catch (error) {
        throw new Error(`npm run fuzz -- --target ${name} --seed ${seed} shows it again`, { cause: error });
      }
    }
    context.diagnostic(`${tried} tried`);
  });
}
