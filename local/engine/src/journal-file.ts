import { closeSync, fdatasync, fdatasyncSync, fsyncSync, fstatSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { JournalFile } from './journal.ts';

const fdatasyncAsync = promisify(fdatasync);

/**
 * Opens the file, or makes an empty one, which is then in its folder even if the power fails. Linux tells each opening of a file once that
 * its pages could not be written (fsync(2), "EIO"): each way to sync has one of its own, so that neither takes the other's error away.
 */
export function openJournalFile(path: string): JournalFile {
  const file = openOrMake(path);
  const other = orClose(file, () => openSync(path, 'r+'));
  let isSyncing = false;
  let isClosed = false;
  /** The numbers of what is closed may be another file's. */
  const open = (number: number): number => {
    if (isClosed) throw new Error(`${path} is closed`);
    return number;
  };
  return {
    read: () => readFileSync(path),
    write: (bytes, at) => writeWhole(open(file), bytes, at),
    extendTo(length) {
      const from = fstatSync(open(file)).size;
      writeWhole(file, new Uint8Array(Math.max(0, length - from)), from);
      fsyncSync(file);
    },
    sync: () => fdatasyncSync(open(file)),
    async syncAsync() {
      open(other);
      isSyncing = true;
      try {
        await fdatasyncAsync(other);
      } finally {
        isSyncing = false;
        if (isClosed) closeSync(other);
      }
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      closeSync(file);
      // Its number could be another file's before the sync has come to an end.
      if (!isSyncing) closeSync(other);
    },
  };
}

function orClose<T>(file: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function openOrMake(path: string): number {
  try {
    return openSync(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const file = openSync(path, 'w+', 0o600);
  const folder = openSync(dirname(path), 'r');
  fsyncSync(folder);
  closeSync(folder);
  return file;
}

function writeWhole(file: number, bytes: Uint8Array, at: number): void {
  for (let written = 0; written < bytes.length;)
    written += writeSync(file, bytes, written, bytes.length - written, at + written);
}
