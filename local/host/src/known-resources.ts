import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { DataDir } from './data-dir.ts';
import { HostError } from './errors.ts';

/** What ran from this data folder, by `<stack>/<logical id>`. */
const KnownResources = z.record(z.string(), z.object({ type: z.string(), ref: z.string() }));
export type KnownResources = z.infer<typeof KnownResources>;

/**
 * Remembers what runs now beside what ran before. Nothing is written where that is the same.
 *
 * @returns what ran before and no longer does, or does under another name. Its data stay.
 */
export function rememberResources(dataDir: DataDir, now: KnownResources): KnownResources {
  const file = dataDir.resolve('resources.json');
  const before = existsSync(file) ? read(file) : {};
  const all = { ...before, ...now };
  if (JSON.stringify(all) !== JSON.stringify(before)) {
    writeFileSync(`${file}.new`, `${JSON.stringify(all, null, 2)}\n`, { flush: true });
    renameSync(`${file}.new`, file);
  }
  return Object.fromEntries(Object.entries(before).filter(([id, { ref }]) => now[id]?.ref !== ref));
}

function read(file: string): KnownResources {
  try {
    return KnownResources.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    const nextStep = 'Delete it: it only serves to say which resources an app no longer has.';
    throw new HostError(`"${file}" is damaged.`, nextStep, { cause });
  }
}
