import { closeSync, existsSync, fsyncSync, fstatSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { openFileSync } from './file-sync.ts';
import type { JournalFile } from './journal.ts';

/** Opens the file, or makes an empty one, which is then in its folder even if the power fails. */
export function openJournalFile(path: string): JournalFile {
  makeUnlessThere(path);
  const sync = openFileSync(path);
  const file = openSync(path, 'r+');
  let isClosed = false;
  /** Its number may be another file's once it is closed. */
  const open = (): number => {
    if (isClosed) throw new Error(`${path} is closed`);
    return file;
  };
  return {
    read: () => readFileSync(path),
    write: (bytes, at) => writeWhole(open(), bytes, at),
    extendTo(length) {
      const from = fstatSync(open()).size;
      writeWhole(file, new Uint8Array(Math.max(0, length - from)), from);
      fsyncSync(file);
    },
    sync: () => sync.now(),
    syncAsync: () => sync.beside(),
    close() {
      sync.close();
      if (!isClosed) closeSync(file);
      isClosed = true;
    },
  };
}

function makeUnlessThere(path: string): void {
  if (existsSync(path)) return;
  closeSync(openSync(path, 'w', 0o600));
  const folder = openSync(dirname(path), 'r');
  fsyncSync(folder);
  closeSync(folder);
}

function writeWhole(file: number, bytes: Uint8Array, at: number): void {
  for (let written = 0; written < bytes.length;)
    written += writeSync(file, bytes, written, bytes.length - written, at + written);
}
