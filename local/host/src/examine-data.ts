import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { examineExecutionStore, integrityFaults, type StoreFinding } from '../../engine/src/index.ts';
import { EXECUTIONS, isDatabase, keptFiles } from './backup/data-files.ts';
import { openDataDir } from './data-dir.ts';
import { md5 } from './services/s3-checksum.ts';

/** Something in a data folder that is not as it must be. */
export interface DataFinding extends StoreFinding {
  /** Its place in the folder. */
  readonly file: string;
}

/** What a data folder holds is not so much that this many of its faults would not do. */
const FINDINGS_PER_FILE_MAX = 50;

/**
 * Reads everything that a data folder keeps and says what cannot be so. With `repair` it puts right what follows from the rest; what is
 * lost it only names, for a backup to bring it back. No process may have the folder meanwhile.
 *
 * @throws {HostError} if a process has it, or it is none of ours.
 */
export function examineData(folder: string, { repair = false } = {}): { files: number; findings: DataFinding[] } {
  const dataDir = openDataDir(resolve(folder));
  try {
    const names = keptFiles(dataDir.path);
    const findings = names.flatMap((file) =>
      faultsOf(dataDir.resolve(file), file, repair)
        .slice(0, FINDINGS_PER_FILE_MAX)
        .map((finding) => ({ file, ...finding })),
    );
    return { files: names.length, findings };
  } finally {
    dataDir.close();
  }
}

function faultsOf(path: string, name: string, repair: boolean): StoreFinding[] {
  try {
    if (name === EXECUTIONS) return examineExecutionStore(path, { repair });
    if (isDatabase(name)) return faultsOfDatabase(path, name, repair);
    if (name.endsWith('.json')) JSON.parse(readFileSync(path, 'utf8'));
    return [];
  } catch (error) {
    return [{ what: `cannot be read: ${error instanceof Error ? error.message : String(error)}`, isDerivable: false }];
  }
}

function faultsOfDatabase(path: string, name: string, repair: boolean): StoreFinding[] {
  const database = new DatabaseSync(path);
  try {
    const faults = integrityFaults(database);
    const areOfIndexes = faults.every((fault) => /index|non-unique/.test(fault));
    if (repair && areOfIndexes && faults.length > 0) database.exec('REINDEX');
    const objects = name === 's3.sqlite' && faults.length === 0 ? faultsOfObjects(database) : [];
    return [...faults.map((what) => ({ what, isDerivable: areOfIndexes })), ...objects];
  } finally {
    database.close();
  }
}

/** An object's ETag is the digest of its content. */
function faultsOfObjects(database: DatabaseSync): StoreFinding[] {
  const findings: StoreFinding[] = [];
  const rows = database
    .prepare('SELECT bucket, key, etag, size, body FROM objects WHERE is_delete_marker = 0')
    .iterate();
  for (const { bucket, key, etag, size, body } of rows) {
    const bytes = body instanceof Uint8Array ? body : new Uint8Array();
    if (bytes.length === size && md5(bytes).toString('hex') === etag) continue;
    const place = `${String(bucket)}/${key instanceof Uint8Array ? Buffer.from(key).toString() : ''}`;
    findings.push({ what: `the object ${place} is not what its ETag says`, isDerivable: false });
  }
  return findings;
}

/** Whether there is a data folder to look at. */
export function isDataFolder(folder: string): boolean {
  return existsSync(join(resolve(folder), 'countersign.json'));
}
