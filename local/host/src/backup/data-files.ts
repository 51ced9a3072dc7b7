import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What a folder of ours holds besides what it keeps: what a process needs while it runs, or makes again when it starts. */
const NOT_KEPT = new Set([
  'lock.sqlite',
  'lock.sqlite-journal',
  'owner.pid',
  'backups',
  'compile-cache',
  'containers',
  'inline-code',
]);
/** The file of the engine, which has a journal beside it. */
export const EXECUTIONS = 'executions.sqlite';
/** What SQLite and the engine have beside a database, and files that were not finished. */
const PASSING = /(?:-wal|-shm|-journal|\.journal|\.new)$/;

/** The files of a data folder that have to be in a backup, by their place in it, with slashes. */
export function keptFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !NOT_KEPT.has(name))
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(folder, entry.name) : entry.isFile() ? [entry.name] : []))
    .filter((name) => !PASSING.test(name))
    .sort();
}

export function isDatabase(name: string): boolean {
  return name.endsWith('.sqlite');
}

function filesBelow(folder: string, below: string): string[] {
  const entries = readdirSync(join(folder, below), { withFileTypes: true });
  return entries.flatMap((entry) => {
    const name = `${below}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(folder, name) : entry.isFile() ? [name] : [];
  });
}
