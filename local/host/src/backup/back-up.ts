import { createHash } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { copyExecutionStore } from '../../../engine/src/index.ts';
import { HostError } from '../errors.ts';
import { openDatabases } from '../services/durable-database.ts';
import { EXECUTIONS, isDatabase, keptFiles } from './data-files.ts';
import { removeUnfinished, unfinishedFolder } from './unfinished.ts';

/** What a backup says of itself. It is written last, so a folder without it is no backup. */
export interface BackupManifest {
  readonly format: 1;
  /** ISO 8601. */
  readonly madeAt: string;
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
}

export const MANIFEST = 'backup.json';
/** Where the files are in a backup: beside what says so, or it could be started as if it were a data folder, and be a backup no more. */
export const FILES = 'data';

/**
 * Copies everything that a data folder keeps into a new folder, as it is at one moment: nothing of this process runs while it is copied,
 * so what a crash at that moment would have left is what the copy holds, in all databases alike. Only the process that has the data
 * folder may do it. It takes as long as copying does, and until then nobody is answered.
 *
 * The folder appears whole or not at all.
 *
 * @throws {HostError} if there is something at its place, or that is in the data folder.
 */
export function backUp(dataDir: string, to: string): BackupManifest {
  const target = resolve(to);
  refuseWithin(dataDir, target);
  refuseTaken(target);
  removeUnfinished(target);
  const unfinished = unfinishedFolder(target);
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  try {
    const names = keptFiles(dataDir);
    for (const name of names) copyKept(join(dataDir, name), join(unfinished, FILES, name));
    const files = Object.fromEntries(names.map((name) => [name, fingerprint(join(unfinished, FILES, name))]));
    const manifest: BackupManifest = { format: 1, madeAt: new Date().toISOString(), files };
    writeFileSync(join(unfinished, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, { flush: true, mode: 0o600 });
    moveIntoPlace(unfinished, target);
    return manifest;
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    throw error;
  }
}

/** Each backup would hold all those before it, and whatever takes the data folder away would take them as well. */
function refuseWithin(dataDir: string, target: string): void {
  if (!`${target}${sep}`.startsWith(`${resolve(dataDir)}${sep}`)) return;
  throw new HostError(
    `"${target}" is in the data folder itself.`,
    'Name a folder beside it, or on another disk. Nothing was changed.',
  );
}

/** @throws {HostError} if there is anything but an empty folder. */
export function refuseTaken(folder: string): void {
  if (!existsSync(folder) || readdirSync(folder).length === 0) return;
  throw new HostError(
    `"${folder}" is there already, and not empty.`,
    'Name a folder that does not exist yet, or move that one away. Nothing was changed.',
  );
}

/** A folder that was filled under another name gets its own; from then on it survives the power as well. */
export function moveIntoPlace(unfinished: string, target: string): void {
  for (const folder of foldersOf(unfinished)) sync(folder);
  renameSync(unfinished, target);
  sync(dirname(target));
}

/** The file's size and digest. Whoever copies it has synced it. */
export function fingerprint(file: string): { bytes: number; sha256: string } {
  const hash = createHash('sha256');
  const descriptor = openSync(file, 'r');
  const buffer = Buffer.alloc(1024 * 1024);
  let bytes = 0;
  for (let read = -1; read !== 0;) {
    read = readSync(descriptor, buffer);
    hash.update(buffer.subarray(0, read));
    bytes += read;
  }
  closeSync(descriptor);
  return { bytes, sha256: hash.digest('hex') };
}

export function copyFile(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  copyFileSync(from, to);
  sync(to);
}

function copyKept(from: string, to: string): void {
  if (!isDatabase(from)) return copyFile(from, to);
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  closeSync(openSync(to, 'w', 0o600));
  if (basename(from) === EXECUTIONS) copyExecutionStore(from, to);
  else copyDatabase(from, to);
  sync(to);
}

function copyDatabase(from: string, to: string): void {
  const open = openDatabases.get(from);
  const database = open?.isOpen === true ? open : new DatabaseSync(from);
  try {
    database.prepare('VACUUM INTO ?').run(to);
  } finally {
    if (database !== open) database.close();
  }
}

function foldersOf(folder: string): string[] {
  const below = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...below.flatMap(({ name }) => foldersOf(join(folder, name))), folder];
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
