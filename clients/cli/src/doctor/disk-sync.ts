import { open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { type Check, fail, ok, warn } from './check.ts';
import { nearestFolder } from './nearest-folder.ts';

const WRITES = 15;
const BLOCK = Buffer.alloc(4096, 1);
/** A step of an execution waits for one; beyond this people notice. */
const SLOW_MS = 25;
/** File systems in memory: what Linux calls tmpfs and ramfs (`man 2 statfs`). */
const IN_MEMORY = [0x01021994, 0x858458f6];

/** Nothing is acknowledged before it is on disk, so how long that takes is how fast anything goes. */
export const diskSync: Check = {
  name: 'Disk sync',
  async look({ data }) {
    const folder = nearestFolder(data);
    try {
      const ms = await medianSyncMs(folder);
      const found = `${ms.toFixed(1)} ms for each write to be safe at ${folder}`;
      if (IN_MEMORY.includes((await statfs(folder)).type))
        return warn(
          `${folder} is in memory`,
          'What is kept there does not outlive the machine. Choose a --data folder on a disk.',
        );
      if (ms > SLOW_MS)
        return warn(
          found,
          'Every step waits for one. Choose a --data folder on a local disk: no network share, no USB stick.',
        );
      return ok(found);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      return fail(`${folder} cannot be written to (${code})`, 'Choose a --data folder that is yours to write to.');
    }
  },
};

async function medianSyncMs(folder: string): Promise<number> {
  const path = join(folder, `.countersign-doctor-${process.pid}`);
  const file = await open(path, 'wx', 0o600);
  try {
    const times: number[] = [];
    for (let count = 0; count < WRITES; count += 1) {
      const startedAt = performance.now();
      await file.write(BLOCK, 0, BLOCK.length, count * BLOCK.length);
      await file.sync();
      times.push(performance.now() - startedAt);
    }
    return times.sort((a, b) => a - b)[Math.floor(WRITES / 2)] ?? 0;
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
}
