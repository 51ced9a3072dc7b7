import { readdir, readFile } from 'node:fs/promises';

/** What Linux counts a process's time in: 100 ticks a second. */
const TICKS_PER_SECOND = 100;

/** The CPU that a process and those below it have used so far. NaN where there is no `/proc`. */
export async function cpuSecondsOf(pid: number): Promise<number> {
  const entries = await readdir('/proc').catch(() => []);
  const stats = await Promise.all(entries.filter((name) => /^\d+$/.test(name)).map(statOf));
  const processes = stats.flatMap((stat) => stat ?? []);
  const isBelow = (each: Stat): boolean => {
    if (each.pid === pid) return true;
    const parent = processes.find((other) => other.pid === each.parent);
    return parent !== undefined && isBelow(parent);
  };
  const below = processes.filter(isBelow);
  return below.length === 0 ? NaN : below.reduce((sum, { ticks }) => sum + ticks, 0) / TICKS_PER_SECOND;
}

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
}

/** `undefined` for one that has ended meanwhile. */
async function statOf(pid: string): Promise<Stat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // The name of the program stands in parentheses and may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { pid: Number(pid), parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
}
