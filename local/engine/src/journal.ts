import { crc32 } from 'node:zlib';
import { StoreDamaged } from './seal.ts';

/** A file that is written at places of its own, as {@link openJournalFile} has it. */
export interface JournalFile {
  /** All of it. */
  read(): Buffer;
  write(bytes: Uint8Array, at: number): void;
  /** Makes room: from its end up to this length it is zeros, and that is on disk when this returns. */
  extendTo(length: number): void;
  /** What was written is on disk when this returns. */
  sync(): void;
  /** What was written is on disk when this resolves. It says nothing of what is written meanwhile. */
  syncAsync(): Promise<void>;
  close(): void;
}

/** So much is made ready at a time: to write where zeros are changes nothing but bytes, which is synced twice as fast. */
const EXTENSION = 2 ** 20;
/** What a disk writes whole. No record shares a sector with another, so a torn write harms none that was synced. */
const SECTOR = 512;
/** A checksum of 4 bytes over the rest, the length of the text in 4, the sequence number in 8. */
const HEADER = 16;

/** The file behind what it holds when it is opened. */
interface Found {
  readonly texts: readonly string[];
  /** The sequence number of the last; that before the first where there is none. */
  readonly last: number;
}

/**
 * A log of texts, each numbered one higher than the one before. A text is part of it when it was written and synced, and the next is
 * written only then. It does not grow for ever: what was taken elsewhere is written over, from the start of the file on, after
 * {@link restart}.
 */
export class Journal {
  readonly #file: JournalFile;
  readonly #name: string;
  readonly #capacity: number;
  #buffer = Buffer.alloc(2 ** 16);
  #length: number;
  #end = 0;
  #last = 0;
  /** Of the text that was written and is not part of it yet. */
  #size = 0;

  /** @param capacity bytes at most */
  constructor(file: JournalFile, name: string, capacity: number) {
    this.#file = file;
    this.#name = name;
    this.#capacity = capacity;
    this.#length = 0;
  }

  /** The sequence number of the last text. */
  get last(): number {
    return this.#last;
  }

  /** The share of the file that is written, from 0 to 1. */
  get fullness(): number {
    return this.#end / this.#capacity;
  }

  /**
   * Reads the texts behind this sequence number. A last one that was not written whole was never acknowledged, and is left out.
   *
   * @throws {StoreDamaged} if one was that came before others, or is missing.
   */
  open(after: number): readonly string[] {
    const bytes = this.#file.read();
    this.#length = bytes.length;
    const { texts, last } = this.#readFrom(bytes, after);
    this.#last = last;
    return texts;
  }

  #readFrom(bytes: Buffer, after: number): Found {
    const texts: string[] = [];
    let expected = sequenceAt(bytes, 0);
    if (expected === undefined || expected > after + 1) this.#refuseIfAhead(bytes, 0, after);
    if (expected === undefined) return { texts, last: after };
    let at = 0;
    for (; sequenceAt(bytes, at) === expected; expected++) {
      if (expected > after) texts.push(textAt(bytes, at));
      at += sizeOf(lengthAt(bytes, at));
    }
    const last = Math.max(after, expected - 1);
    this.#refuseIfAhead(bytes, at, last);
    this.#end = at;
    return { texts, last };
  }

  /** Where a record is there, the one before it had been synced: if that cannot be read, it was damaged since. */
  #refuseIfAhead(bytes: Buffer, from: number, last: number): void {
    for (let at = from; at < bytes.length; at += SECTOR) {
      const sequence = sequenceAt(bytes, at);
      if (sequence !== undefined && sequence > last) throw new StoreDamaged(`${this.#name} at ${from}`);
    }
  }

  /** Whether it takes a text of so many characters before it has to {@link restart}. */
  hasRoomFor(text: string): boolean {
    return this.#end + sizeOf(Buffer.byteLength(text)) <= this.#capacity;
  }

  /** @throws if it cannot be written, and then nothing of it may be relied on before {@link restart}; likewise for both ways to sync. */
  write(text: string): void {
    const length = Buffer.byteLength(text);
    const size = sizeOf(length);
    if (this.#buffer.length < size) this.#buffer = Buffer.alloc(size * 2);
    const record = this.#buffer.subarray(0, size);
    record.writeUInt32LE(length, 4);
    record.writeBigUInt64LE(BigInt(this.#last + 1), 8);
    record.write(text, HEADER);
    record.fill(0, HEADER + length);
    record.writeUInt32LE(crc32(record.subarray(4, HEADER + length)), 0);
    this.#makeRoom(this.#end + size);
    this.#file.write(record, this.#end);
    this.#size = size;
  }

  sync(): void {
    this.#file.sync();
    this.#take();
  }

  /** The same without waiting. Where {@link sync} was called meanwhile, that counts, and this comes to nothing. */
  async syncAsync(): Promise<void> {
    const number = this.#last + 1;
    await this.#file.syncAsync();
    if (this.#last + 1 === number) this.#take();
  }

  #take(): void {
    if (this.#size === 0) return;
    this.#end += this.#size;
    this.#last++;
    this.#size = 0;
  }

  #makeRoom(end: number): void {
    if (end <= this.#length) return;
    const length = Math.ceil(end / EXTENSION) * EXTENSION;
    this.#file.extendTo(length);
    this.#length = length;
  }

  /** Goes on at the start of the file: whatever it held is held elsewhere now. The next text has the number after this one. */
  restart(last: number): void {
    this.#end = 0;
    this.#last = last;
    this.#size = 0;
  }

  close(): void {
    this.#file.close();
  }
}

function sizeOf(length: number): number {
  return Math.ceil((HEADER + length) / SECTOR) * SECTOR;
}

function lengthAt(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at + 4);
}

function textAt(bytes: Buffer, at: number): string {
  return bytes.toString('utf8', at + HEADER, at + HEADER + lengthAt(bytes, at));
}

/** `undefined` where no whole record begins. */
function sequenceAt(bytes: Buffer, at: number): number | undefined {
  if (at + HEADER > bytes.length) return undefined;
  const end = at + HEADER + lengthAt(bytes, at);
  if (end > bytes.length || bytes.readUInt32LE(at) !== crc32(bytes.subarray(at + 4, end))) return undefined;
  const sequence = Number(bytes.readBigUInt64LE(at + 8));
  return sequence === 0 ? undefined : sequence;
}
