import type { StateVisit, StateVisits } from '../state-visits.ts';

/** Which way an execution has taken through its states. */
export interface GraphMarks {
  /** How it stands with each state that was entered, by name. A name is there once in a state machine. */
  readonly statuses: ReadonlyMap<string, StateVisit['status']>;
  /** {@link wayKey} of each transition that was taken. */
  readonly taken: ReadonlySet<string>;
}

export const NO_MARKS: GraphMarks = { statuses: new Map(), taken: new Set() };

export const STATUS_GLYPHS = { runs: '●', waits: '◌', left: '✓', failed: '✗', aborted: '■' } as const;
export const STATUS_COLOURS = {
  runs: 'yellow',
  waits: 'yellow',
  left: 'green',
  failed: 'red',
  aborted: 'magenta',
} as const;

/** The more somebody wants to know of it: of several visits of a state this one counts. */
const WEIGHT = { left: 0, aborted: 1, failed: 2, waits: 3, runs: 4 } as const;

export function graphMarks({ visits }: StateVisits): GraphMarks {
  const statuses = new Map<string, StateVisit['status']>();
  for (const { name, status } of visits) {
    const known = statuses.get(name);
    if (known === undefined || WEIGHT[status] >= WEIGHT[known]) statuses.set(name, status);
  }
  const ways = visits.flatMap(({ name, cameFrom }) => (cameFrom === undefined ? [] : [wayKey(cameFrom, name)]));
  return { statuses, taken: new Set(ways) };
}

export function wayKey(from: string, to: string): string {
  return JSON.stringify([from, to]);
}

/** Whether an execution went that way. */
export function isTaken({ statuses, taken }: GraphMarks, { from, to }: { from: string; to: string }): boolean {
  return from === '' ? statuses.size > 0 : taken.has(wayKey(from, to));
}
