import type { HistoryEvent } from '@aws-sdk/client-sfn';

/** A state that an execution has entered, once. */
export interface StateVisit {
  readonly name: string;
  /** `Task`, `Map`, … */
  readonly type: string;
  readonly enteredAtMs: number;
  readonly leftAtMs?: number;
  /** `waits`: its call has returned, and it waits for the answer with its task token. */
  readonly status: 'runs' | 'waits' | 'left' | 'failed' | 'aborted';
  /** How often it has called what it calls. */
  readonly attempts: number;
  /** The last error it met, caught or not. */
  readonly error?: string;
  /** The state around it: a Parallel or a Map. */
  readonly parent?: number;
  /** The state that was left for this one. */
  readonly cameFrom?: string;
}

/** What an execution's history says of its states, in the order in which they were entered. */
export interface StateVisits {
  readonly visits: readonly StateVisit[];
  /** Which visit each event belongs to, by the event's id. */
  readonly visitOfEvent: ReadonlyMap<number, number>;
  readonly lastEventId: number;
}

export const NO_VISITS: StateVisits = { visits: [], visitOfEvent: new Map(), lastEventId: 0 };

const ENDS = /^Execution(?:Succeeded|Failed|TimedOut|Aborted)$/;

/** Goes on where the events before ended. */
export function withEvents(known: StateVisits, events: readonly HistoryEvent[]): StateVisits {
  const visits = [...known.visits];
  const visitOfEvent = new Map(known.visitOfEvent);
  let { lastEventId } = known;
  for (const event of events) {
    const { id = 0, previousEventId = 0, type = '' } = event;
    lastEventId = Math.max(lastEventId, id);
    const before = visitOfEvent.get(previousEventId);
    if (type === 'ExecutionRedriven') reopen(visits);
    else if (ENDS.test(type)) end(visits, event, before);
    const at = type.endsWith('StateEntered') ? enter(visits, event, before) : happen(visits, event, before);
    if (at !== undefined) visitOfEvent.set(id, at);
  }
  return { visits, visitOfEvent, lastEventId };
}

/** @returns the visit that begins */
function enter(visits: StateVisit[], event: HistoryEvent, before: number | undefined): number {
  const previous = before === undefined ? undefined : visits[before];
  // Whoever was left is a neighbour; whoever has not been left is around the new one.
  const isNeighbour = previous?.leftAtMs !== undefined;
  const parent = isNeighbour ? previous?.parent : before;
  return (
    visits.push({
      name: event.stateEnteredEventDetails?.name ?? '',
      type: (event.type ?? '').replace(/StateEntered$/, ''),
      enteredAtMs: atMs(event),
      status: 'runs',
      attempts: 0,
      ...(parent !== undefined && { parent }),
      ...(isNeighbour && previous && { cameFrom: previous.name }),
    }) - 1
  );
}

/** @returns the visit that an event belongs to */
function happen(visits: StateVisit[], event: HistoryEvent, before: number | undefined): number | undefined {
  const { type = '' } = event;
  if (type.endsWith('StateExited')) return leave(visits, event, before);
  const visit = before === undefined ? undefined : visits[before];
  if (before === undefined || visit === undefined) return undefined;
  const belongsTo = isOfContainer(type) ? around(visits, before, type) : before;
  if (isOfContainer(type) && type.endsWith('Failed')) fail(visits, event, before, belongsTo);
  const changed = visits[belongsTo];
  if (changed !== undefined && changed.leftAtMs === undefined) visits[belongsTo] = { ...changed, ...changeBy(event) };
  if (/(?:Task|LambdaFunction|Activity)Scheduled$/.test(type) && changed !== undefined)
    visits[belongsTo] = { ...changed, status: 'runs', attempts: changed.attempts + 1 };
  return belongsTo;
}

function changeBy(event: HistoryEvent): Partial<StateVisit> {
  const { type = '' } = event;
  if (type === 'TaskSubmitted' && event.taskSubmittedEventDetails?.resource?.endsWith('.waitForTaskToken'))
    return { status: 'waits' };
  if (!/(?:Failed|TimedOut|Aborted)$/.test(type) || ENDS.test(type)) return {};
  const error = errorOf(event);
  return { status: 'runs', ...(error !== undefined && { error }) };
}

/** An iteration or a branch begins in the Map or Parallel, and ends in it, whatever state was last. */
function isOfContainer(type: string): boolean {
  return /^(?:MapState|MapIteration|MapRun|ParallelState)/.test(type);
}

function around(visits: readonly StateVisit[], from: number, type: string): number {
  const container = type.startsWith('Parallel') ? 'Parallel' : 'Map';
  let at: number | undefined = from;
  while (at !== undefined && !(visits[at]?.type === container && visits[at]?.leftAtMs === undefined))
    at = visits[at]?.parent;
  return at ?? from;
}

/** What failed inside of a Parallel or a Map has failed, also where nothing says that it was left. */
function fail(visits: StateVisit[], event: HistoryEvent, from: number, container: number): void {
  const failed = ancestry(visits, from);
  endOpen(visits, event, failed, (at) => failed.has(at) && at !== container && ancestry(visits, at).has(container));
}

function leave(visits: StateVisit[], event: HistoryEvent, before: number | undefined): number | undefined {
  const name = event.stateExitedEventDetails?.name;
  let at = before;
  while (at !== undefined && (visits[at]?.name !== name || visits[at]?.leftAtMs !== undefined)) at = visits[at]?.parent;
  const visit = at === undefined ? undefined : visits[at];
  if (at === undefined || visit === undefined) return undefined;
  // Where an error is caught around them, nothing says of the states inside that they were left.
  if (visit.type === 'Parallel' || visit.type === 'Map')
    endOpen(visits, event, ancestry(visits, before), (inner) => ancestry(visits, inner).has(at));
  visits[at] = { ...visit, status: 'left', leftAtMs: atMs(event) };
  return at;
}

/** Where an execution ends otherwise than well, it ends in the states that it had not left. */
function end(visits: StateVisit[], event: HistoryEvent, before: number | undefined): void {
  const failed = event.type === 'ExecutionAborted' ? new Set<number>() : ancestry(visits, before);
  endOpen(visits, event, failed, () => true);
}

/** Those that have not been left end as failed, if it was they where it failed, and as aborted else. */
function endOpen(
  visits: StateVisit[],
  event: HistoryEvent,
  failed: ReadonlySet<number>,
  isMeant: (at: number) => boolean,
): void {
  const error = errorOf(event);
  for (const [at, visit] of visits.entries()) {
    if (visit.leftAtMs !== undefined || !isMeant(at)) continue;
    const known = visit.error ?? error;
    visits[at] = failed.has(at)
      ? { ...visit, status: 'failed', leftAtMs: atMs(event), ...(known !== undefined && { error: known }) }
      : { ...visit, status: 'aborted', leftAtMs: atMs(event) };
  }
}

/** A visit and all that are around it. */
function ancestry(visits: readonly StateVisit[], from: number | undefined): Set<number> {
  const all = new Set<number>();
  for (let at = from; at !== undefined; at = visits[at]?.parent) all.add(at);
  return all;
}

/** A redrive goes on in the states that failed or were aborted; not inside of what has been left since, by a Catch. */
function reopen(visits: StateVisit[]): void {
  const isOver = (at: number) => [...ancestry(visits, at)].some((each) => visits[each]?.status === 'left');
  for (const [at, visit] of visits.entries()) {
    if ((visit.status !== 'failed' && visit.status !== 'aborted') || isOver(at)) continue;
    const { leftAtMs: _, ...open } = visit;
    visits[at] = { ...open, status: 'runs' };
  }
}

function errorOf(event: HistoryEvent): string | undefined {
  for (const [member, details] of Object.entries(event)) {
    if (!member.endsWith('EventDetails') || typeof details !== 'object' || details === null) continue;
    const { error, cause } = Object.fromEntries(Object.entries(details));
    const words = [error, cause].filter((word) => typeof word === 'string' && word !== '');
    if (words.length > 0) return words.join(': ');
  }
  return undefined;
}

function atMs({ timestamp }: HistoryEvent): number {
  return timestamp?.getTime() ?? 0;
}
