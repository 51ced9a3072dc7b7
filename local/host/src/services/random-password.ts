import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { flag, numeric } from '../properties.ts';
import { AwsError } from './aws-error.ts';

/** @see Secrets Manager API Reference, "GetRandomPassword" */
export const PasswordShape = z.object({
  PasswordLength: numeric.default(32),
  ExcludeCharacters: z.string().default(''),
  ExcludeLowercase: flag.default(false),
  ExcludeUppercase: flag.default(false),
  ExcludeNumbers: flag.default(false),
  ExcludePunctuation: flag.default(false),
  IncludeSpace: flag.default(false),
  RequireEachIncludedType: flag.default(true),
});
export type PasswordShape = z.infer<typeof PasswordShape>;

const LENGTH_MAX = 4096;

/** @throws {AwsError} for a shape that no password can have. */
export function randomPassword(shape: PasswordShape): string {
  const { PasswordLength: length, ExcludeCharacters: excluded } = shape;
  const types = [
    shape.ExcludeLowercase ? '' : 'abcdefghijklmnopqrstuvwxyz',
    shape.ExcludeUppercase ? '' : 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
    shape.ExcludeNumbers ? '' : '0123456789',
    shape.ExcludePunctuation ? '' : '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
    shape.IncludeSpace ? ' ' : '',
  ]
    .map((characters) => characters.split('').filter((character) => !excluded.includes(character)))
    .filter((characters) => characters.length > 0);
  const required = shape.RequireEachIncludedType ? types : [];
  if (types.length === 0 || length < Math.max(1, required.length) || length > LENGTH_MAX) {
    throw new AwsError('InvalidParameterException', 'No password has this length and these characters.');
  }
  const all = types.flat();
  const drawn = required.map((characters) => pick(characters));
  while (drawn.length < length) drawn.push(pick(all));
  // Fisher and Yates: otherwise the first character would always be a small letter.
  for (let at = drawn.length - 1; at > 0; at--) {
    const other = randomInt(at + 1);
    [drawn[at], drawn[other]] = [drawn[other] ?? '', drawn[at] ?? ''];
  }
  return drawn.join('');
}

function pick(characters: readonly string[]): string {
  return characters[randomInt(characters.length)] ?? '';
}
