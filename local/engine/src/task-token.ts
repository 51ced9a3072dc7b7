import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * A task token names the attempt of a task, and proves by a keyed hash that this store made it. So nothing is kept per token:
 * it is looked up by its execution's key, a token of an attempt that is over is still known for one of ours, and nobody
 * can make one without the key. Its text is opaque to everybody else.
 *
 * @see Step Functions API Reference, SendTaskSuccess
 */
export interface TaskTokenParts {
  readonly executionId: number;
  readonly effectId: number;
}

/** Names the format, so that a later one can be told apart. */
const VERSION = 1;
const NAME_BYTES = 1 + 6 + 4;
const PROOF_BYTES = 24;
/** Step Functions API Reference: taskToken, 1 to 2,048 characters. */
const TOKEN_LENGTH = Math.ceil(((NAME_BYTES + PROOF_BYTES) * 4) / 3);

export function mintTaskToken(key: Uint8Array, { executionId, effectId }: TaskTokenParts): string {
  const token = Buffer.alloc(NAME_BYTES + PROOF_BYTES);
  token.writeUInt8(VERSION, 0);
  token.writeUIntBE(executionId, 1, 6);
  token.writeUInt32BE(effectId, 7);
  prove(key, token).copy(token, NAME_BYTES);
  return token.toString('base64url');
}

/** `undefined` where this store never made such a token. */
export function parseTaskToken(key: Uint8Array, text: string): TaskTokenParts | undefined {
  if (text.length !== TOKEN_LENGTH) return undefined;
  const token = Buffer.from(text, 'base64url');
  // The last character carries spare bits; only the spelling that we made counts.
  if (
    token.length !== NAME_BYTES + PROOF_BYTES ||
    token.toString('base64url') !== text ||
    token.readUInt8(0) !== VERSION
  )
    return undefined;
  if (!timingSafeEqual(prove(key, token), token.subarray(NAME_BYTES))) return undefined;
  return { executionId: token.readUIntBE(1, 6), effectId: token.readUInt32BE(7) };
}

function prove(key: Uint8Array, token: Buffer): Buffer {
  return createHmac('sha256', key).update(token.subarray(0, NAME_BYTES)).digest().subarray(0, PROOF_BYTES);
}
