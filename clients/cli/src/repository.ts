import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The repository, where the CDK app and package.json are. */
export const repository = join(import.meta.dirname, '..', '..', '..');

export function packageVersion(): string {
  const { version }: { version: string } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
  return version;
}
