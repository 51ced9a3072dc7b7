import { text as readAll } from 'node:stream/consumers';

/** The ids that were given, each once; `-` stands for those on stdin, with white space between them. */
export async function readOrderIds(given: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const id of given) ids.push(...(id === '-' ? await idsOnStdin() : [id]));
  return [...new Set(ids)];
}

async function idsOnStdin(): Promise<string[]> {
  return (await readAll(process.stdin)).split(/\s+/).filter((id) => id !== '');
}
