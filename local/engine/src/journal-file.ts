import { closeSync, fdatasyncSync, fsyncSync, fstatSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { JournalFile } from './journal.ts';

/** Opens the file, or makes an empty one, which is then in its folder even if the power fails. */
export function openJournalFile(path: string): JournalFile {
  const file = openOrMake(path);
  return {
    read: () => readFileSync(path),
    write: (bytes, at) => writeWhole(file, bytes, at),
    extendTo(length) {
      const from = fstatSync(file).size;
      writeWhole(file, new Uint8Array(length - from), from);
      fsyncSync(file);
    },
    sync: () => fdatasyncSync(file),
    close: () => closeSync(file),
  };
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
