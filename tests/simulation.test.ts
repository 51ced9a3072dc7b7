import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { after, test, type TestContext } from 'node:test';
import { NONE } from './simulation/faults.ts';
import { MISTAKES } from './simulation/mistakes.ts';
import { simulate, simulationFolder, type Simulated } from './simulation/simulate.ts';

const folder = simulationFolder();
after(() => folder.remove());

const FIXED_SEEDS = 30;
/** How long fresh seeds are drawn; a slow machine tries fewer of them. */
const FRESH_MS = 4_000;
const MISTAKE_SEEDS = 40;

function assertKept({ seed, violations }: Simulated): void {
  assert.deepEqual(violations, [], `seed ${seed}: npm run simulate -- --seed ${seed} shows what happened`);
}

test('whatever goes wrong, what was promised is kept: the same seeds each time', async (context) => {
  const faults: Record<string, number> = {};
  let executions = 0;
  for (let seed = 1; seed <= FIXED_SEEDS; seed++) {
    const simulated = await simulate(seed, folder.path);
    assertKept(simulated);
    executions += simulated.executions;
    for (const [name, count] of Object.entries(simulated.faults)) faults[name] = (faults[name] ?? 0) + count;
  }
  context.diagnostic(`${executions} executions, ${JSON.stringify(faults)}`);
  // A delay and what a write loses are counted by other names than their odds.
  assert.ok(
    Object.keys(faults).length >= Object.keys(NONE).length - 1,
    `only ${Object.keys(faults).join(', ')} struck`,
  );
});

test('whatever goes wrong, what was promised is kept: seeds that nobody has tried', async (context) => {
  const endsAtMs = performance.now() + FRESH_MS;
  const tried: number[] = [];
  do {
    const seed = randomInt(1e6, 2 ** 31);
    tried.push(seed);
    assertKept(await simulate(seed, folder.path));
  } while (performance.now() < endsAtMs);
  context.diagnostic(`seeds ${tried.join(' ')}`);
});

test('a seed goes the same way each time', async () => {
  for (const seed of [3, 17, 1_000_003]) {
    const digests = new Set<string>();
    for (let time = 0; time < 3; time++) digests.add((await simulate(seed, folder.path)).digest);
    assert.equal(digests.size, 1, `seed ${seed}`);
  }
});

for (const [mistake, { broken, noticed, from = 1 }] of Object.entries(MISTAKES)) {
  test(`the simulation notices when ${mistake}`, async (context: TestContext) => {
    for (let seed = from; seed < from + MISTAKE_SEEDS; seed++) {
      const { violations } = await simulate(seed, folder.path, broken);
      if (violations.length === 0) continue;
      context.diagnostic(`seed ${seed}: ${violations[0] ?? ''}`);
      assert.match(violations.join('\n'), noticed);
      return;
    }
    assert.fail(`not with any of ${MISTAKE_SEEDS} seeds`);
  });
}
