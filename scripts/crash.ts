// Kills a real server under load again and again, and checks after each time that nothing was lost which it had acknowledged.
//   npm run crash -- --kills 1000 [--seed 1] [--cuts 500]     npm run crash -- --kills 0 --pending 10000
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { crash } from '../tests/crashes/crash-run.ts';
import { cutLog } from '../tests/crashes/cut-log.ts';
import { killWithPending } from '../tests/crashes/pending.ts';
import { Chance } from '../tests/simulation/chance.ts';
import { wholeNumber } from './whole-number.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    cuts: { type: 'string', default: '500' },
    pending: { type: 'string', default: '0' },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'crash-'));
try {
  const seed = wholeNumber('--seed', values.seed);
  if (wholeNumber('--pending', values.pending) > 0) {
    const { pending, readyMs } = await killWithPending(
      join(folder, 'pending'),
      wholeNumber('--pending', values.pending),
    );
    console.log(`${pending} waited through a kill, and each took its answer; ready after ${readyMs} ms`);
  }
  const { lastSnapshot, ...run } = await crash(
    folder,
    wholeNumber('--kills', values.kills),
    seed,
    (kill, started, answered) => {
      if (kill % 25 === 0)
        console.log(`${kill} kills: ${started} starts and ${answered} answers were acknowledged, and are there`);
    },
  );
  console.log(`nothing that was acknowledged is lost: ${JSON.stringify(run)}`);
  if (lastSnapshot !== undefined) {
    console.log(
      `${cutLog(lastSnapshot, wholeNumber('--cuts', values.cuts), new Chance(seed))} cuts of a log: each opens, and holds a prefix`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
