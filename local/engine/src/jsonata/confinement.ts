import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * The arguments of a Node that can read its own program and nothing else, writes no file, starts no process and no worker, makes
 * no code of texts, and ends when its heap is full. What is left to it is for the program to give up: see `powers.ts`.
 *
 * @see https://nodejs.org/docs/latest-v24.x/api/permissions.html
 */
export function confinedArguments(program: URL, memoryMb: number): string[] {
  return [
    '--permission',
    ...readable().map((folder) => `--allow-fs-read=${folder}`),
    '--disallow-code-generation-from-strings',
    '--disable-proto=delete',
    `--max-old-space-size=${memoryMb}`,
    fileURLToPath(program),
  ];
}

/** Nothing of our own environment, which may hold credentials. Dates are in UTC wherever this runs. */
export const CONFINED_ENVIRONMENT = { TZ: 'UTC' };

/** The worker's own folder, the room that it imports, and the packages that they need. */
function readable(): string[] {
  const folders = [
    new URL('.', import.meta.url),
    new URL('../../../asl/src/', import.meta.url),
    new URL('..', import.meta.resolve('jsonata')),
  ];
  return folders.map((folder) => realpathSync(fileURLToPath(folder)));
}
