import type { ExecutionStatus, HistoryEvent } from './workflow.ts';

/** One that waits has called somebody, and goes on when it hears from them. */
export type VisitStatus = 'running' | 'waiting' | 'succeeded' | 'caught' | 'failed' | 'timed out' | 'aborted';

/** One time that a state was entered. Instants are epoch milliseconds. */
export interface Visit {
  readonly state: string;
  readonly type: string;
  readonly status: VisitStatus;
  readonly enteredAtMs: number;
  readonly leftAtMs?: number;
  /** The event that entered it. */
  readonly eventId: number;
  /** How often its work was begun: more than once where it was retried. */
  readonly attempts: number;
  /** What went wrong, in order; also what was retried. */
  readonly errors: readonly { readonly error: string; readonly cause: string }[];
  /** JSON text. */
  readonly input?: string;
  readonly output?: string;
  /** Within how many Parallel and Map states it stands. */
  readonly depth: number;
}

export interface Journey {
  /** By the event that entered them. */
  readonly visits: readonly Visit[];
  /** The ways that were gone, as `from` and `to`; the beginning is `undefined`. */
  readonly ways: readonly (readonly [from: string | undefined, to: string])[];
}

type MovingVisit = { -readonly [K in keyof Omit<Visit, 'errors'>]: Visit[K] } & {
  readonly errors: { error: string; cause: string }[];
  readonly parent: MovingVisit | undefined;
  hasEnded: boolean;
};

/**
 * What became of each state, from the events of a history. Where some are missing, as between the first and the last ones that
 * were loaded, what happened in them is missing as well.
 *
 * Each event names the one before it on its own branch, so the events of Parallel and Map states are told apart.
 */
export function journeyOf(events: readonly HistoryEvent[], status: ExecutionStatus): Journey {
  const visits: MovingVisit[] = [];
  const ways: (readonly [string | undefined, string])[] = [];
  /** In which visit an event leaves its branch. */
  const standing = new Map<number, MovingVisit | undefined>([[0, undefined]]);
  const exits = new Map<number, string>();
  for (const event of events) {
    const { id, previousEventId = 0, type } = event;
    const before = standing.get(previousEventId);
    const details = detailsOf(event);
    if (type.endsWith('StateEntered')) {
      const visit = entered(event, details, before);
      visits.push(visit);
      const from = exits.get(previousEventId);
      const isFirst = before === undefined && standing.has(previousEventId);
      if (from !== undefined || isFirst) ways.push([from, visit.state]);
      standing.set(id, visit);
    } else if (type.endsWith('StateExited')) {
      const name = textOf(details, 'name');
      const visit = ancestor(before, ({ state }) => state === name) ?? visits.findLast(({ state }) => state === name);
      if (visit !== undefined) leave(visit, event, details);
      exits.set(id, name);
      standing.set(id, visit?.parent);
    } else standing.set(id, happened(event, details, before));
  }
  for (const visit of visits) settle(visit, status);
  return { visits: visits.map(({ parent: _parent, hasEnded: _hasEnded, ...visit }) => visit), ways };
}

function entered(event: HistoryEvent, details: Details, parent: MovingVisit | undefined): MovingVisit {
  const input = details['input'];
  return {
    state: textOf(details, 'name'),
    type: event.type.replace(/StateEntered$/, ''),
    status: event.type === 'WaitStateEntered' ? 'waiting' : 'running',
    enteredAtMs: event.timestamp * 1000,
    eventId: event.id,
    attempts: 0,
    errors: [],
    depth: parent === undefined ? 0 : parent.depth + 1,
    parent,
    hasEnded: false,
    ...(typeof input === 'string' && { input }),
  };
}

function leave(visit: MovingVisit, event: HistoryEvent, details: Details): void {
  const output = details['output'];
  visit.hasEnded = true;
  visit.leftAtMs = event.timestamp * 1000;
  // It went on although its last attempt had failed: somebody caught that.
  visit.status = hasFailed(visit) ? 'caught' : 'succeeded';
  if (typeof output === 'string') visit.output = output;
}

/** Something that neither enters a state nor leaves it. @returns where its branch stands now */
function happened(
  { type, timestamp }: HistoryEvent,
  details: Details,
  before: MovingVisit | undefined,
): MovingVisit | undefined {
  if (type.startsWith('Execution')) return before;
  const visit = concerned(type, before);
  if (visit === undefined) return before;
  if (type === 'TaskSubmitted') visit.status = 'waiting';
  else if (type === 'ActivityStarted') visit.status = 'running';
  else if (BEGINS.test(type)) {
    visit.attempts += 1;
    // Nobody works on an activity's task before a worker has taken it.
    visit.status = type === 'ActivityScheduled' ? 'waiting' : 'running';
    visit.hasEnded = false;
    delete visit.leftAtMs;
  } else if (type.endsWith('StateAborted')) {
    visit.hasEnded = true;
    visit.leftAtMs = timestamp * 1000;
    if (!hasFailed(visit)) visit.status = 'aborted';
  } else if (FAILS.test(type)) {
    visit.status = type.endsWith('TimedOut') ? 'timed out' : 'failed';
    const error = textOf(details, 'error');
    if (error !== '') visit.errors.push({ error, cause: textOf(details, 'cause') });
  }
  return visit;
}

const BEGINS = /Scheduled$|^(?:Parallel|Map)StateStarted$/;
const FAILS = /^(?!MapIteration).*(?:Failed|TimedOut)$/;

/** An event of a Parallel or Map state may follow one of a state within: what it is about is further out then. */
function concerned(type: string, before: MovingVisit | undefined): MovingVisit | undefined {
  const [, owner] = /^(Parallel|Map)/.exec(type) ?? [];
  if (owner === undefined) return before;
  const isEnd = /^(?:Parallel|Map)StateFailed$/.test(type);
  return ancestor(before, (visit) => visit.type === owner && !(isEnd && hasFailed(visit)));
}

function hasFailed({ status }: MovingVisit): boolean {
  return status === 'failed' || status === 'timed out';
}

/** What did not leave is still there, unless the execution or the state around it is over. */
function settle(visit: MovingVisit, status: ExecutionStatus): void {
  if (visit.hasEnded) return;
  const isOver = status !== 'RUNNING' || ancestor(visit.parent, ({ hasEnded }) => hasEnded) !== undefined;
  if (!isOver || hasFailed(visit)) return;
  visit.status =
    status === 'TIMED_OUT' ? 'timed out' : status === 'FAILED' && visit.type === 'Fail' ? 'failed' : 'aborted';
}

function ancestor(from: MovingVisit | undefined, isWanted: (visit: MovingVisit) => boolean): MovingVisit | undefined {
  let visit = from;
  while (visit !== undefined && !isWanted(visit)) visit = visit.parent;
  return visit;
}

export type Details = Readonly<Record<string, unknown>>;

/** What an event holds beside its id, type and instant. */
export function detailsOf(event: HistoryEvent): Details {
  const found = Object.entries(event).find(([name]) => name.endsWith('EventDetails'))?.[1];
  return typeof found === 'object' && found !== null ? { ...found } : {};
}

export function textOf(details: Details, name: string): string {
  const value = details[name];
  return typeof value === 'string' ? value : '';
}

/** What a state came to, over all the times that it was entered. */
export interface StateSummary {
  readonly status: VisitStatus;
  readonly visits: number;
  readonly attempts: number;
  readonly error?: string;
}

/** By the state's name, which is unique in a definition. Whatever is under way or went wrong counts more than what is done. */
export function summariesOf(visits: readonly Visit[]): ReadonlyMap<string, StateSummary> {
  const byState = Map.groupBy(visits, ({ state }) => state);
  return new Map([...byState].map(([state, all]) => [state, summaryOf(all)]));
}

const WEIGHT: readonly VisitStatus[] = ['running', 'waiting', 'failed', 'timed out', 'caught', 'aborted', 'succeeded'];

function summaryOf(visits: readonly Visit[]): StateSummary {
  const status = WEIGHT.find((each) => visits.some((visit) => visit.status === each)) ?? 'succeeded';
  const error = visits.findLast(({ errors }) => errors.length > 0)?.errors.at(-1)?.error;
  return {
    status,
    visits: visits.length,
    attempts: visits.reduce((sum, { attempts }) => sum + attempts, 0),
    ...(error !== undefined && error !== '' && { error }),
  };
}
