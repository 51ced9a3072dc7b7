import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { JWK } from 'jose';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { z } from 'zod';
import { HostError } from '../errors.ts';

const KeyFile = z.strictObject({
  keys: z.array(z.strictObject({ createdAtMs: z.number(), jwk: z.looseObject({ kid: z.string(), kty: z.string() }) })),
});
type KeptKey = z.infer<typeof KeyFile>['keys'][number];

const DAY_MS = 24 * 60 * 60 * 1000;
/** A key signs for so long; the start after that makes the next. */
const SIGNS_FOR_MS = 90 * DAY_MS;
/** Longer than any token lives that it has signed. Cognito's live for a day at most. */
const VERIFIES_FOR_MS = SIGNS_FOR_MS + 2 * DAY_MS;

/**
 * The keys of an issuer, private parts and all, the one that signs first. Made at the first start, kept in a file that
 * only this user may read, and renewed at the first start after 90 days; the one before then still verifies for a while.
 *
 * @throws {HostError} if the file is damaged.
 */
export async function signingKeys(file: string, nowMs: number): Promise<JWK[]> {
  const before = existsSync(file) ? read(file) : [];
  const kept = before.filter(({ createdAtMs }) => nowMs - createdAtMs < VERIFIES_FOR_MS);
  const [newest] = kept;
  const isFresh = newest !== undefined && nowMs - newest.createdAtMs < SIGNS_FOR_MS;
  const keys = isFresh ? kept : [await newKey(nowMs), ...kept];
  if (!isFresh || kept.length < before.length) writePrivately(file, JSON.stringify({ keys }));
  return keys.map(({ jwk }) => jwk);
}

/** A random text, made once and kept in a file that only this user may read. */
export function keptSecret(file: string): string {
  if (!existsSync(file)) writePrivately(file, randomBytes(32).toString('hex'));
  return readFileSync(file, 'utf8').trim();
}

async function newKey(createdAtMs: number): Promise<KeptKey> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { createdAtMs, jwk: { ...jwk, kty: 'RSA', kid, alg: 'RS256', use: 'sig' } };
}

function writePrivately(file: string, content: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, `${content}\n`, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}

function read(file: string): KeptKey[] {
  try {
    return KeyFile.parse(JSON.parse(readFileSync(file, 'utf8'))).keys;
  } catch (cause) {
    const nextStep = 'Delete it: the next start makes new keys, and everybody signs in again.';
    throw new HostError(`"${file}" is damaged.`, nextStep, { cause });
  }
}
