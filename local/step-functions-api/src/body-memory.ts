import { ThrottlingException } from './errors.ts';

/** The part of one request. */
export interface BodyLease {
  /** @throws {ThrottlingException} when all requests together would hold too much, unless this one holds little */
  take(bytes: number): void;
  release(): void;
}

/** So much is taken whatever the others hold: a body that ends work is seldom longer. */
const LITTLE_BYTES = 16_384;

/**
 * What requests hold that have begun to come in, and are not carried out yet.
 *
 * @param bytesMax what all of them may hold together
 */
export function createBodyMemory(bytesMax: number): { lease(): BodyLease } {
  let held = 0;
  return {
    lease() {
      let own = 0;
      return {
        take(bytes) {
          if (own + bytes > LITTLE_BYTES && held + bytes > bytesMax)
            throw new ThrottlingException(`the requests that come in hold ${held} bytes already`);
          own += bytes;
          held += bytes;
        },
        release() {
          held -= own;
          own = 0;
        },
      };
    },
  };
}
