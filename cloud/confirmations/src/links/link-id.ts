import { randomInt } from 'node:crypto';

/** No 0 and O, no 1, I and l: somebody may have to read one aloud. */
const ALPHABET = '23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const LENGTH = 10;
const LINK_ID = new RegExp(`^[${ALPHABET}]{${LENGTH}}$`, 'v');

/** What a link is called in records, logs and addresses. It is no secret, and opens nothing. */
export function newLinkId(): string {
  return Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

export function isLinkId(value: string): boolean {
  return LINK_ID.test(value);
}
