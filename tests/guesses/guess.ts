import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { isSecretOf, type LinkClaims, secretOf } from '../../cloud/confirmations/src/links/link-secret.ts';
import { mintTaskToken, parseTaskToken } from '../../local/engine/src/task-token.ts';

/** How many of so many guesses were taken for the right one. */
export type Guess = (guesses: number) => number;

/** What somebody guesses who knows all that is no secret: ids, names and times, the format, and how it is made. */
export const GUESSES: Readonly<Record<string, Guess>> = {
  'the secret of a link': (guesses) => {
    const key = randomBytes(32);
    const claims: LinkClaims = {
      id: 'order-1',
      linkId: '23456789AB',
      person: 'anna',
      expiresAt: '2026-11-26T08:00:00.000Z',
    };
    const secret = secretOf(key, claims);
    assert.ok(isSecretOf(key, claims, secret), 'the right one is taken, so a hit would be seen');
    return hits(guesses, secret, (guess) => isSecretOf(key, claims, guess), [
      () => randomBytes(32).toString('base64url'),
      () => secretOf(randomBytes(32), claims),
      (nth) => secretOf(key, { ...claims, id: `order-1${nth}` }),
    ]);
  },
  'a task token': (guesses) => {
    const key = randomBytes(32);
    const parts = { executionId: 17, effectId: 3 };
    const token = mintTaskToken(key, parts);
    assert.deepEqual(parseTaskToken(key, token), parts, 'the right one is taken, so a hit would be seen');
    const name = Buffer.from(token, 'base64url').subarray(0, 11);
    return hits(guesses, token, (guess) => parseTaskToken(key, guess) !== undefined, [
      () => Buffer.concat([name, randomBytes(24)]).toString('base64url'),
      () => mintTaskToken(randomBytes(32), parts),
      () => randomBytes(35).toString('base64url'),
    ]);
  },
};

/** Makes guesses of each way in turn, and of the right one with some of its characters changed. */
function hits(
  guesses: number,
  right: string,
  isTaken: (guess: string) => boolean,
  ways: readonly ((nth: number) => string)[],
): number {
  const all = [...ways, () => withChanges(right, randomInt(1, 4))];
  let taken = 0;
  for (let nth = 0; nth < guesses; nth++) if (isTaken(all[nth % all.length]?.(nth) ?? '')) taken++;
  return taken;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** So many times the character at some place becomes another than the right one. */
function withChanges(right: string, changes: number): string {
  let text = right;
  for (let made = 0; made < changes; made++) {
    const at = randomInt(right.length);
    const other = (ALPHABET.indexOf(right.charAt(at)) + randomInt(1, ALPHABET.length)) % ALPHABET.length;
    text = `${text.slice(0, at)}${ALPHABET.charAt(other)}${text.slice(at + 1)}`;
  }
  return text;
}
