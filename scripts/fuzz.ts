// Feeds what strangers feed with what nobody would, and says what breaks.
//   npm run fuzz -- --seconds 60 [--target definitions]     npm run fuzz -- --target definitions --seed 17
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { TARGETS } from '../tests/fuzz/targets.ts';
import { closeWire } from '../tests/fuzz/wire.ts';
import { Chance } from '../tests/simulation/chance.ts';
import { wholeNumber } from './whole-number.ts';

/** One trial that runs longer hangs, and is named. */
const TRIAL_MAX_MS = 60_000;

if (isMainThread) watch();
else await tryAll(workerData as { folder: string });

/** Tries are made in a thread of their own: one that never ends cannot keep us from saying which it was. */
function watch(): void {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
  const worker = new Worker(import.meta.filename, { argv: process.argv.slice(2), workerData: { folder } });
  let trying = 'what comes before the first trial';
  let last = Date.now();
  const watching = setInterval(() => {
    if (Date.now() - last < TRIAL_MAX_MS) return;
    clearInterval(watching);
    console.log(`${trying}: has not ended after ${TRIAL_MAX_MS / 1000} s`);
    void worker.terminate();
  }, 1_000);
  worker.on('message', (trial: string) => {
    trying = trial;
    last = Date.now();
  });
  worker.on('error', (error) => console.error(error.message));
  worker.on('exit', (code) => {
    clearInterval(watching);
    rmSync(folder, { recursive: true });
    process.exitCode = code;
  });
}

async function tryAll({ folder }: { folder: string }): Promise<void> {
  const { values } = parseArgs({
    options: { seconds: { type: 'string', default: '60' }, target: { type: 'string' }, seed: { type: 'string' } },
  });
  const targets = Object.entries(TARGETS).filter(([name]) => values.target === undefined || values.target === name);
  if (targets.length === 0) throw new Error(`--target is one of ${Object.keys(TARGETS).join(', ')}`);
  try {
    for (const [name, target] of targets) {
      if (values.seed === undefined)
        await many(name, target, folder, (wholeNumber('--seconds', values.seconds) * 1000) / targets.length);
      else await once(name, target, folder, wholeNumber('--seed', values.seed));
    }
  } finally {
    await closeWire();
  }
}

async function many(name: string, target: (typeof TARGETS)[string], folder: string, ms: number): Promise<void> {
  const endsAtMs = performance.now() + ms;
  let tried = 0;
  let broken = 0;
  let slowestMs = 0;
  while (performance.now() < endsAtMs && broken < 10) {
    const seed = randomInt(2 ** 31);
    const startedAtMs = performance.now();
    try {
      await once(name, target, folder, seed);
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

function once(name: string, target: (typeof TARGETS)[string], folder: string, seed: number): Promise<void> {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(`${name}, --seed ${seed}`);
  return target(new Chance(seed), folder);
}
