import { writeFileSync } from 'node:fs';
import { freshPath } from './assembly-files.ts';

export const KEY = { accessKeyId: 'OPERATOR00000000', secretAccessKey: 'a secret that is long enough for it' };

/** A file of keys that only this user may read. */
export function keysFile(text = profile('operator', KEY)): string {
  const file = freshPath();
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

export function profile(name: string, { accessKeyId, secretAccessKey }: typeof KEY): string {
  return `[${name}]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
}
