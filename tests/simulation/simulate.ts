import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { World, type SimulationOptions, type Simulated } from './world.ts';

export type { Simulated } from './world.ts';

/** Memory, where the machine has a folder in it: syncs are for the real disk, and the simulated one says itself what lasts. */
const PARENT = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** A folder for the disks of many simulations. */
export function simulationFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(PARENT, 'simulation-'));
  return { path, remove: () => rmSync(path, { recursive: true }) };
}

export async function simulate(
  seed: number,
  parent: string,
  broken: Omit<SimulationOptions, 'seed' | 'folder'> = {},
): Promise<Simulated> {
  const folder = mkdtempSync(join(parent, `${seed}-`));
  mkdirSync(folder, { recursive: true });
  try {
    return await new World({ seed, folder, ...broken }).run();
  } finally {
    rmSync(folder, { recursive: true });
  }
}
