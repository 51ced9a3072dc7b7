import { readdir, readFile } from 'node:fs/promises';

/** What Linux counts a process's time in: 100 ticks a second. */
const TICKS_PER_SECOND = 100;

/** The CPU that a process and those below it have used so far. NaN where there is no `/proc`. */
export async function cpuSecondsOf(pid: number): Promise<number> {
  const below = await processesBelow(pid);
  return below.length === 0 ? NaN : secondsOf(below);
}

/** The same by kind of process: `host` for the one given, else the Lambda function that it is an instance of. */
export async function cpuSecondsByKind(pid: number): Promise<ReadonlyMap<string, number>> {
  const below = await processesBelow(pid);
  const kindOf = async (one: Stat): Promise<string> => (one.pid === pid ? 'host' : await functionOf(one.pid));
  const kinds = await Promise.all(below.map(kindOf));
  const byKind = Map.groupBy(below, (one) => kinds[below.indexOf(one)] ?? '');
  return new Map([...byKind].map(([kind, processes]) => [kind, secondsOf(processes)]));
}

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
}

function secondsOf(processes: readonly Stat[]): number {
  return processes.reduce((sum, { ticks }) => sum + ticks, 0) / TICKS_PER_SECOND;
}

async function processesBelow(pid: number): Promise<readonly Stat[]> {
  const entries = await readdir('/proc').catch(() => []);
  const stats = await Promise.all(entries.filter((name) => /^\d+$/.test(name)).map(statOf));
  const processes = stats.flatMap((stat) => stat ?? []);
  const isBelow = (each: Stat): boolean => {
    if (each.pid === pid) return true;
    const parent = processes.find((other) => other.pid === each.parent);
    return parent !== undefined && isBelow(parent);
  };
  return processes.filter(isBelow);
}

/** `undefined` for one that has ended meanwhile. */
async function statOf(pid: string): Promise<Stat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // The name of the program stands in parentheses and may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { pid: Number(pid), parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
}

/** Of its environment only the name is taken: the rest holds the credentials of its role. */
async function functionOf(pid: number): Promise<string> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return /(?:^|\0)AWS_LAMBDA_FUNCTION_NAME=([^\0]*)/.exec(environment)?.[1] ?? 'others';
}
