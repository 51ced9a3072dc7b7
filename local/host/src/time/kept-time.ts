import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DataDir } from '../data-dir.ts';
import { HostError } from '../errors.ts';
import { machineTime, type HostTime } from './host-time.ts';
import { TravellingTime } from './travelling-time.ts';

const FILE = 'time.json';

/**
 * The time that a data folder is in. What was kept there happened at instants that the machine's clock may not have reached:
 * who travels goes on where they were, and nobody goes back.
 *
 * @throws {HostError} if time is not to travel, and the folder is ahead of the machine; or if its file is damaged.
 */
export function openMachineTime(dataDir: DataDir): HostTime {
  const offsetMs = readOffsetMs(dataDir.resolve(FILE));
  if (offsetMs === 0) return machineTime;
  throw new HostError(
    `The data folder "${dataDir.path}" is ${Math.ceil(offsetMs / 1000)} seconds ahead of this machine's clock: time has travelled there.`,
    'Start with --time-travel, or choose another data folder.',
  );
}

/** As {@link openMachineTime}, for a time that can be moved on. */
export function openTravellingTime(dataDir: DataDir): TravellingTime {
  const file = dataDir.resolve(FILE);
  return new TravellingTime(readOffsetMs(file), (offsetMs) => writeOffsetMs(file, offsetMs));
}

function readOffsetMs(file: string): number {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const offsetMs = typeof content === 'object' && content !== null && 'offsetMs' in content && content.offsetMs;
    if (typeof offsetMs === 'number' && Number.isSafeInteger(offsetMs) && offsetMs >= 0) return offsetMs;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new HostError(`"${file}" is damaged.`, 'Restore it from a backup, or choose another data folder.');
}

/** Appears whole or not at all, and is on disk when this returns: also the name, or an older time could come back. */
function writeOffsetMs(file: string, offsetMs: number): void {
  writeFileSync(`${file}.new`, `${JSON.stringify({ offsetMs })}\n`, { flush: true });
  renameSync(`${file}.new`, file);
  if (process.platform === 'win32') return;
  const folder = openSync(dirname(file), 'r');
  fsyncSync(folder);
  closeSync(folder);
}
