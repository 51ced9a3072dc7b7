import { S3Error } from './s3-error.ts';

/** What one request holds in memory, for as long as it takes. */
export interface MemoryLease {
  /** @throws {S3Error} SlowDown when all requests together would hold too much */
  take(bytes: number): void;
  /** Gives all of it back. */
  release(): void;
}

export interface Memory {
  lease(): MemoryLease;
  bytesHeld(): number;
}

/** Many large bodies at once must slow their senders down, rather than take the machine's memory. */
export function createMemory(bytesMax: number): Memory {
  let bytesHeld = 0;
  return {
    lease() {
      let own = 0;
      return {
        take(bytes) {
          if (bytesHeld + bytes > bytesMax) throw new S3Error('SlowDown', 'Please reduce your request rate.');
          own += bytes;
          bytesHeld += bytes;
        },
        release() {
          bytesHeld -= own;
          own = 0;
        },
      };
    },
    bytesHeld: () => bytesHeld,
  };
}
