import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { openDataDir, type DataDir } from '../data-dir.ts';
import { HostError } from '../errors.ts';
import type { Log } from '../log.ts';
import { backUp, MANIFEST, type BackupManifest } from './back-up.ts';

// Whoever may write into the data folder may ask the process that has it for a backup, and nobody else: so it is asked there, and over
// no port.
const REQUESTS = 'backups';
const LOOK_EVERY_MS = 250;
/** What nobody takes up is withdrawn: the process is gone, or of a version that makes no backups. */
const TAKEN_UP_MS_MAX = 15_000;

const Request = z.object({ to: z.string() });
const Answer = z.union([z.object({ done: z.literal(true) }), z.object({ error: z.string(), nextStep: z.string() })]);

/** Makes the backups that are asked for while the process has the data folder. */
export function serveBackups(dataDir: DataDir, log: Log): { close(): void } {
  const folder = dataDir.resolve(REQUESTS);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // What was asked of the process before is nobody's any more.
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { force: true });
  const timer = setInterval(() => {
    for (const name of requestsIn(folder)) answer(join(folder, name), dataDir, log);
  }, LOOK_EVERY_MS).unref();
  return { close: () => clearInterval(timer) };
}

/** None where the folder cannot be read now, as when there are no file handles: it is looked at again. */
function requestsIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.request'));
  } catch {
    return [];
  }
}

/**
 * Backs a data folder up, whether a process has it or not.
 *
 * @throws {HostError} if it is none, or there is something at the backup's place, or the process that has it does not answer.
 */
export async function backUpDataFolder(dataFolder: string, to: string): Promise<BackupManifest> {
  const folder = resolve(dataFolder);
  if (!existsSync(join(folder, 'countersign.json')))
    throw new HostError(
      `"${folder}" is no data folder of Countersign.`,
      'Name the one that was given to `countersign start`: --data FOLDER.',
    );
  const target = resolve(to);
  const dataDir = tryOpen(folder);
  if (dataDir === undefined) return await ask(folder, target);
  try {
    return backUp(folder, target);
  } finally {
    dataDir.close();
  }
}

/** `undefined` where another process has it. */
function tryOpen(folder: string): DataDir | undefined {
  try {
    return openDataDir(folder);
  } catch (error) {
    if (error instanceof HostError && / is in use by /.test(error.message)) return undefined;
    throw error;
  }
}

/** The process that had it has ended. */
function isFree(folder: string): boolean {
  const dataDir = tryOpen(folder);
  dataDir?.close();
  return dataDir !== undefined;
}

async function ask(folder: string, to: string): Promise<BackupManifest> {
  const place = join(folder, REQUESTS, randomUUID());
  mkdirSync(join(folder, REQUESTS), { recursive: true, mode: 0o700 });
  writeWhole(`${place}.request`, { to });
  const endsAtMs = performance.now() + TAKEN_UP_MS_MAX;
  try {
    while (!existsSync(`${place}.answer`)) {
      if (performance.now() > endsAtMs && (existsSync(`${place}.request`) || isFree(folder)))
        throw new HostError(
          'The process that has the data folder does not answer.',
          'Stop it, and back up then; or start it anew.',
        );
      await sleep(LOOK_EVERY_MS / 2);
    }
    const answered = Answer.parse(JSON.parse(readFileSync(`${place}.answer`, 'utf8')));
    if ('error' in answered) throw new HostError(answered.error, answered.nextStep);
    return JSON.parse(readFileSync(join(to, MANIFEST), 'utf8')) as BackupManifest;
  } finally {
    rmSync(`${place}.request`, { force: true });
    rmSync(`${place}.answer`, { force: true });
  }
}

function answer(file: string, dataDir: DataDir, log: Log): void {
  const startedAtMs = performance.now();
  const place = file.slice(0, -'.request'.length);
  try {
    const { to } = Request.parse(JSON.parse(readFileSync(file, 'utf8')));
    rmSync(file);
    backUp(dataDir.path, to);
    tell(place, { done: true }, log);
    log.info('host.backed-up', { to, ms: Math.round(performance.now() - startedAtMs) });
  } catch (error) {
    remove(file);
    const message = error instanceof Error ? error.message : String(error);
    const nextStep =
      error instanceof HostError ? error.nextStep : 'See to what it says, and ask again. Nothing was changed.';
    log.warn('host.backup-failed', { error: message });
    tell(place, { error: message, nextStep }, log);
  }
}

/** It may be gone already. */
function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // What cannot be removed now is answered once more at the next look.
  }
}

/** Whoever asked gives up where not even this can be written, and the process goes on. */
function tell(place: string, answered: z.infer<typeof Answer>, log: Log): void {
  try {
    writeWhole(`${place}.answer`, answered);
  } catch (error) {
    log.warn('host.backup-untold', { error: error instanceof Error ? error.message : String(error) });
  }
}

function writeWhole(file: string, value: unknown): void {
  writeFileSync(`${file}.new`, JSON.stringify(value), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
