import { crc32 } from 'node:zlib';

/** A text of the store is not what was written: the disk, or somebody, has changed it. */
export class StoreDamaged extends Error {
  /** @param what `the input of execution 12` */
  constructor(what: string, how = 'its checksum does not fit') {
    super(`${what} is damaged: ${how}; put a backup back, or ask \`countersign doctor\` what else is`);
    this.name = 'StoreDamaged';
  }
}

const SEAL_LENGTH = 8;

/** The text with a checksum behind it, since SQLite has none: it would give back what a failing disk made of it. */
export function seal(text: string): string {
  return text + checksum(text);
}

/** @throws {StoreDamaged} if it is not what {@link seal} made. */
export function unseal(sealed: unknown, what: () => string): string {
  const stored = String(sealed);
  const text = stored.slice(0, -SEAL_LENGTH);
  if (stored.slice(-SEAL_LENGTH) !== checksum(text)) throw new StoreDamaged(what());
  return text;
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(SEAL_LENGTH, '0');
}
