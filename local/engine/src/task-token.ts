import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';

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

/** Names what it is, and in which format. The proof is of this as well, so none of one kind gives one of another. */
const TOKEN = 1;
const TASK_ID = 2;
const NAME_BYTES = 1 + 6 + 4;
const PROOF_BYTES = 24;
/** Step Functions API Reference: taskToken, 1 to 2,048 characters. */
const TOKEN_LENGTH = Math.ceil(((NAME_BYTES + PROOF_BYTES) * 4) / 3);

export function mintTaskToken(key: Uint8Array, parts: TaskTokenParts): string {
  return mint(key, TOKEN, parts);
}

/** `undefined` where this store never made such a token. */
export function parseTaskToken(key: Uint8Array, text: string): TaskTokenParts | undefined {
  return parse(key, TOKEN, text);
}

/** Names the same attempt for those who may know of it and not answer it: nobody makes the token of it without the key. */
export function mintTaskId(key: Uint8Array, parts: TaskTokenParts): string {
  return mint(key, TASK_ID, parts);
}

/** `undefined` where this store never made such an id. */
export function parseTaskId(key: Uint8Array, text: string): TaskTokenParts | undefined {
  return parse(key, TASK_ID, text);
}

/**
 * A proof takes microseconds, and a hostile text of 256 KB has room for 87,000 that overlap. No honest one has so many that differ:
 * by chance there is one in each 256 KB of Base64.
 */
const LOOKALIKES_MAX = 1_000;

/**
 * Finds tokens of this store wherever they stand in a text, and puts something else there.
 *
 * In a text that holds more than {@link LOOKALIKES_MAX} different look-alikes, whatever looks like a token from there on counts as
 * one, so the time it takes grows with the length of the text alone.
 */
export function replaceTaskTokens(key: Uint8Array, text: string, replacement: string): string {
  const lookalikes = new Set<string>();
  const isToken = (candidate: string): boolean => {
    if (lookalikes.has(candidate)) return false;
    if (lookalikes.size === LOOKALIKES_MAX || parseTaskToken(key, candidate) !== undefined) return true;
    lookalikes.add(candidate);
    return false;
  };
  let replaced = '';
  let end = 0;
  for (const { index } of text.matchAll(TOKEN_BEGINS)) {
    if (index < end || !isToken(text.slice(index, index + TOKEN_LENGTH))) continue;
    replaced += text.slice(end, index) + replacement;
    end = index + TOKEN_LENGTH;
  }
  return replaced + text.slice(end);
}

/**
 * A token begins with its kind and the first byte of an execution's id, which is 0 for the first 2^40. It is looked for at every
 * place, for what stands before it may look like the beginning of one. Its last character has four bits, so the others do not end one.
 */
const TOKEN_BEGINS = new RegExp(`(?=AQA[A-Za-z0-9_-]{${TOKEN_LENGTH - 4}}[AEIMQUYcgkosw048])`, 'g');

function mint(key: Uint8Array, kind: number, { executionId, effectId }: TaskTokenParts): string {
  const token = Buffer.alloc(NAME_BYTES + PROOF_BYTES);
  token.writeUInt8(kind, 0);
  token.writeUIntBE(executionId, 1, 6);
  token.writeUInt32BE(effectId, 7);
  prove(key, token).copy(token, NAME_BYTES);
  return token.toString('base64url');
}

function parse(key: Uint8Array, kind: number, text: string): TaskTokenParts | undefined {
  if (text.length !== TOKEN_LENGTH) return undefined;
  const token = Buffer.from(text, 'base64url');
  // The last character carries spare bits; only the spelling that we made counts.
  if (token.length !== NAME_BYTES + PROOF_BYTES || token.toString('base64url') !== text || token.readUInt8(0) !== kind)
    return undefined;
  if (!timingSafeEqual(prove(key, token), token.subarray(NAME_BYTES))) return undefined;
  return { executionId: token.readUIntBE(1, 6), effectId: token.readUInt32BE(7) };
}

function prove(key: Uint8Array, token: Buffer): Buffer {
  return createHmac('sha256', prepared(key)).update(token.subarray(0, NAME_BYTES)).digest().subarray(0, PROOF_BYTES);
}

/** A store has one key, and making it ready for use takes three times as long as a proof does. */
const keys = new WeakMap<Uint8Array, KeyObject>();

function prepared(key: Uint8Array): KeyObject {
  let made = keys.get(key);
  if (made === undefined) keys.set(key, (made = createSecretKey(key)));
  return made;
}
