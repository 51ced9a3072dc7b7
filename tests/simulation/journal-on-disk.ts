import type { JournalFile } from '../../local/engine/src/journal.ts';
import type { Chance } from './chance.ts';

const SECTOR = 512;

/** What happens at a sync. Answers whether all that was written is kept from then on, as it should be. */
export type OnSync = () => boolean;

/** The journal's file on a disk that forgets, and tears, what it was not told to keep. */
export class JournalOnDisk {
  #kept = Buffer.alloc(0);
  #written = Buffer.alloc(0);

  /** As a process has it that has just started. */
  open(onSync: OnSync): JournalFile {
    this.#written = Buffer.from(this.#kept);
    const sync = (): void => {
      if (onSync()) this.#kept = Buffer.from(this.#written);
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
    return isTorn;
  }
}
