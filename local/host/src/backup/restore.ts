import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { HostError } from '../errors.ts';
import { copyFile, FILES, fingerprint, MANIFEST, moveIntoPlace, refuseTaken, type BackupManifest } from './back-up.ts';
import { removeUnfinished, unfinishedFolder } from './unfinished.ts';

const Manifest = z.object({
  format: z.literal(1),
  madeAt: z.string(),
  files: z.record(
    // It names files of the backup, and of nowhere else.
    z.string().regex(/^(?!\/)(?!.*(?:^|\/)\.\.?(?:\/|$))[^\\]+$/v),
    z.object({ bytes: z.int().min(0), sha256: z.string() }),
  ),
});

export interface Restored extends BackupManifest {
  /** Folders that were left by restores to the same place that were killed. */
  readonly removed: readonly string[];
}

/**
 * Makes a data folder of a backup, whose files are checked before. The folder appears whole or not at all, and only where none is.
 * What an earlier one has left that was killed is removed.
 *
 * @throws {HostError} if there is something at its place, or the backup is none, or damaged.
 */
export function restore(from: string, dataDir: string): Restored {
  const backup = resolve(from);
  const target = resolve(dataDir);
  const manifest = readManifest(backup);
  refuseTaken(target);
  const removed = removeUnfinished(target);
  const unfinished = unfinishedFolder(target);
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  try {
    for (const [name, { sha256 }] of Object.entries(manifest.files)) {
      const copy = join(unfinished, name);
      if (!existsSync(join(backup, FILES, name))) throw damaged(backup, `${name} is missing`);
      copyFile(join(backup, FILES, name), copy);
      // The copy, for that is what will be started.
      if (fingerprint(copy).sha256 !== sha256) throw damaged(backup, `${name} is not what was backed up`);
    }
    moveIntoPlace(unfinished, target);
    return { ...manifest, removed };
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    throw error;
  }
}

function readManifest(backup: string): BackupManifest {
  const file = join(backup, MANIFEST);
  if (!existsSync(file))
    throw new HostError(
      `"${backup}" is no backup: it has no ${MANIFEST}.`,
      'Name a folder that `countersign backup` made.',
    );
  try {
    return Manifest.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw damaged(backup, `${MANIFEST} cannot be read`, cause);
  }
}

function damaged(backup: string, how: string, cause?: unknown): HostError {
  return new HostError(`The backup "${backup}" is damaged: ${how}.`, 'Restore another one. Nothing was changed.', {
    cause,
  });
}
