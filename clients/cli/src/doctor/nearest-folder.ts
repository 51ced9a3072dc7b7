import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** The folder itself, or where it would be made. */
export function nearestFolder(path: string): string {
  let folder = resolve(path);
  while (!existsSync(folder)) folder = dirname(folder);
  return folder;
}
