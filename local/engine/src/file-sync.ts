import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';

/** Brings to disk what was written to a file, by whatever opening of it. */
export interface FileSync {
  /** What was written is on disk when this returns. */
  now(): void;
  /** The same when this resolves, without holding up the event loop. It says nothing of what is written meanwhile. Once at a time. */
  beside(): Promise<void>;
  close(): void;
}

/**
 * Linux tells each opening of a file once that its pages could not be written, and tells none that came later (fsync(2), "EIO"): each way
 * to sync has one of its own, from the start, so that neither takes the other's error away.
 */
export function openFileSync(path: string): FileSync {
  const forNow = openSync(path, 'r+');
  const forBeside = openOrClose(path, forNow);
  let isSyncing = false;
  let isClosed = false;
  /** The number of what is closed may be another file's. */
  const open = (descriptor: number): number => {
    if (isClosed) throw new Error(`${path} is closed`);
    return descriptor;
  };
  return {
    now: () => fdatasyncSync(open(forNow)),
    async beside() {
      open(forBeside);
      isSyncing = true;
      try {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        fdatasync(forBeside, (error) => (error === null ? resolve() : reject(error)));
        await promise;
      } finally {
        isSyncing = false;
        if (isClosed) closeSync(forBeside);
      }
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      closeSync(forNow);
      // Its number could be another file's before the sync has come to an end.
      if (!isSyncing) closeSync(forBeside);
    },
  };
}

function openOrClose(path: string, before: number): number {
  try {
    return openSync(path, 'r+');
  } catch (error) {
    closeSync(before);
    throw error;
  }
}
