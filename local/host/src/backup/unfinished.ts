import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isAlive } from '../process-alive.ts';

/** A folder that a backup or a restore was filling when it was killed, or still fills. */
export interface UnfinishedFolder {
  readonly path: string;
  readonly pid: number;
  /** Whether there is a process of that number, on this machine and as this process sees it. */
  readonly isAlive: boolean;
}

/** Where a folder is filled before it gets its name: beside it, for only within a disk can it get it in one step. */
export function unfinishedFolder(target: string): string {
  return `${target}.unfinished-${process.pid}`;
}

/** Those beside a folder that were to become it. */
export function unfinishedFolders(target: string): UnfinishedFolder[] {
  const parent = dirname(resolve(target));
  const begins = `${basename(resolve(target))}.unfinished-`;
  return entriesOf(parent).flatMap((entry) => {
    const number = entry.name.startsWith(begins) ? entry.name.slice(begins.length) : '';
    if (!entry.isDirectory() || !/^[1-9]\d{0,9}$/v.test(number)) return [];
    const pid = Number(number);
    return [{ path: join(parent, entry.name), pid, isAlive: isAlive(pid) }];
  });
}

/**
 * Removes those whose process has ended. Nothing is lost by that: what they were filled from is where it was. Should a process be
 * at work that cannot be seen from here, in a container, it finds its copies gone, says so and leaves nothing half done.
 *
 * @returns which
 */
export function removeUnfinished(target: string): string[] {
  const ended = unfinishedFolders(target).filter((folder) => !folder.isAlive);
  for (const { path } of ended) rmSync(path, { recursive: true, force: true });
  return ended.map(({ path }) => path);
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    // Where no folder is, nothing was left.
    return [];
  }
}
