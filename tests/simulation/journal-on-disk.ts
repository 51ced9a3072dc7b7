import type { JournalFile } from '../../local/engine/src/journal.ts';
import type { Chance } from './chance.ts';

const SECTOR = 512;

export interface OnSync {
  /** Answers whether what was written is kept from now on, as it should be. */
  readonly isKept: () => boolean;
  /** So long as a sync takes that nobody waits for. */
  readonly pause: () => Promise<void>;
}

/** The journal's file on a disk that forgets, and tears, what it was not told to keep. */
export class JournalOnDisk {
  #kept = Buffer.alloc(0);
  #written = Buffer.alloc(0);

  /** As a process has it that has just started. */
  open({ isKept, pause }: OnSync): JournalFile {
    this.#written = Buffer.from(this.#written);
    let syncs = 0;
    const sync = (): void => {
      syncs++;
      if (isKept()) this.#kept = Buffer.from(this.#written);
    };
    const syncAsync = async (): Promise<void> => {
      const written = Buffer.from(this.#written);
      const before = syncs;
      await pause();
      // Another may have kept more meanwhile.
      if (isKept() && syncs === before) this.#kept = written;
    };
    return {
      read: () => Buffer.from(this.#written),
      write: (bytes, at) => {
        this.#written.set(bytes, at);
      },
      extendTo: (length) => {
        this.#written = Buffer.concat([this.#written, Buffer.alloc(length - this.#written.length)]);
        sync();
      },
      sync,
      syncAsync,
      close: () => {},
    };
  }

  get bytes(): Uint8Array {
    return this.#written;
  }

  /** The power is gone: of what was not kept some sectors are there, and others are not. Answers whether anything was lost. */
  tear(chance: Chance): boolean {
    let isTorn = false;
    const after = Buffer.concat([this.#kept, this.#written.subarray(this.#kept.length)]);
    for (let at = 0; at < this.#kept.length; at += SECTOR) {
      const sector = this.#written.subarray(at, at + SECTOR);
      if (sector.equals(this.#kept.subarray(at, at + SECTOR))) continue;
      isTorn = true;
      if (chance.happens(0.5)) sector.copy(after, at);
    }
    this.#kept = after;
    this.#written = Buffer.from(after);
    return isTorn;
  }
}
