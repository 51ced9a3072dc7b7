import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { burst } from './crashes/burst.ts';
import { crash } from './crashes/crash-run.ts';
import { cutLog } from './crashes/cut-log.ts';
import { killWithPending } from './crashes/pending.ts';
import { Chance } from './simulation/chance.ts';

const folder = mkdtempSync(join(tmpdir(), 'crashes-'));
after(() => rmSync(folder, { recursive: true }));

/** `npm run crash -- --kills 1000` does it longer. */
const KILLS = 4;
const CUTS = 40;

test(
  'killed under load and started again, a server has all that it acknowledged, and so has its disk at any moment',
  { timeout: 300_000 },
  async (context) => {
    const seed = randomInt(2 ** 31);
    context.diagnostic(`seed ${seed}`);
    const run = await crash(folder, KILLS, seed);
    context.diagnostic(JSON.stringify(run));
    assert.ok(run.startsAcknowledged >= 5 && run.answersAcknowledged >= 1, 'there was load');
    const file = run.lastSnapshot ?? assert.fail('no snapshot was taken');
    assert.equal(cutLog(file, CUTS, new Chance(seed)), CUTS);
  },
);

test(
  'a thousand executions that wait outlive a kill, and each takes its answer',
  { timeout: 300_000 },
  async (context) => {
    const { readyMs } = await killWithPending(join(folder, 'pending'), 500);
    context.diagnostic(`ready after ${readyMs} ms`);
  },
);

test('of 1,300 starts at once each is accepted or throttled, and what was accepted is there once', async (context) => {
  const run = await burst(join(folder, 'burst'), 1_300);
  context.diagnostic(JSON.stringify(run));
  assert.ok(run.accepted > 0);
});
