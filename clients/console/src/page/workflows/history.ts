import type { Answered } from '../orders.ts';
import type { HistoryEvent, HistoryPage } from './workflow.ts';

/** So much is read at first, and so much more at each wish: both ends of a history, for what happened last is what is looked for. */
export const HEAD_EVENTS = 400;
export const TAIL_EVENTS = 100;
export const MORE_EVENTS = 500;
/** What has been added since the last look is read in at most so many pages; beyond that it is a gap like the first. */
const CATCH_UP_PAGES = 5;

/** What was read of a history: events are numbered from 1 without a gap, so the newest one says how many there are. */
export interface LoadedHistory {
  /** From the first event on. */
  readonly head: readonly HistoryEvent[];
  /** Up to the newest; empty where the head reaches it. */
  readonly tail: readonly HistoryEvent[];
  /** Where reading backwards goes on before the tail. */
  readonly gapToken?: string;
}

export const NOTHING: LoadedHistory = { head: [], tail: [] };

export function loadedEvents({ head, tail }: LoadedHistory): readonly HistoryEvent[] {
  return tail.length === 0 ? head : [...head, ...tail];
}

/** How many events lie between the head and the tail. */
export function gapOf({ head, tail }: LoadedHistory): number {
  const [first] = tail;
  return first === undefined ? 0 : first.id - (head.at(-1)?.id ?? 0) - 1;
}

export function eventCount(history: LoadedHistory): number {
  return loadedEvents(history).at(-1)?.id ?? 0;
}

/** Asks for a page of one history. */
export type AskHistory = (request: {
  readonly reverseOrder: boolean;
  readonly maxResults: number;
  readonly nextToken?: string;
}) => Promise<Answered<HistoryPage>>;

/** Reads what is new, or at first both ends. A history is only ever added to, so nothing is read twice. */
export async function refreshed(history: LoadedHistory, ask: AskHistory): Promise<Answered<LoadedHistory>> {
  if (history.head.length === 0) return begin(ask);
  const newest = eventCount(history);
  let added: readonly HistoryEvent[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < CATCH_UP_PAGES; page += 1) {
    const found = await ask(backwards(TAIL_EVENTS, nextToken));
    if (!found.isOk) return found;
    added = [...found.body.events.toReversed(), ...added];
    nextToken = found.body.nextToken;
    if ((added[0]?.id ?? 0) <= newest + 1 || nextToken === undefined) {
      return {
        isOk: true,
        body: withAdded(
          history,
          added.filter(({ id }) => id > newest),
        ),
      };
    }
  }
  const { head } = history;
  return { isOk: true, body: { head, tail: added, ...(nextToken !== undefined && { gapToken: nextToken }) } };
}

/** Reads more of what lies between, the latest first. */
export async function filled(history: LoadedHistory, ask: AskHistory): Promise<Answered<LoadedHistory>> {
  const { head, tail, gapToken } = history;
  if (gapToken === undefined) return { isOk: true, body: history };
  const found = await ask(backwards(Math.min(MORE_EVENTS, gapOf(history)), gapToken));
  if (!found.isOk) return found;
  const { events, nextToken } = found.body;
  return { isOk: true, body: joined(head, [...events.toReversed(), ...tail], nextToken) };
}

async function begin(ask: AskHistory): Promise<Answered<LoadedHistory>> {
  const first = await ask({ reverseOrder: false, maxResults: HEAD_EVENTS });
  if (!first.isOk) return first;
  const { events: head, nextToken } = first.body;
  if (nextToken === undefined) return { isOk: true, body: { head, tail: [] } };
  const last = await ask(backwards(TAIL_EVENTS, undefined));
  if (!last.isOk) return last;
  return { isOk: true, body: joined(head, last.body.events.toReversed(), last.body.nextToken) };
}

function backwards(maxResults: number, nextToken: string | undefined) {
  return { reverseOrder: true, maxResults, ...(nextToken !== undefined && { nextToken }) };
}

function joined(
  head: readonly HistoryEvent[],
  tail: readonly HistoryEvent[],
  gapToken: string | undefined,
): LoadedHistory {
  const last = head.at(-1)?.id ?? 0;
  const behind = tail.filter(({ id }) => id > last);
  const meets = behind[0] === undefined || behind[0].id === last + 1;
  if (meets) return { head: [...head, ...behind], tail: [] };
  return { head, tail: behind, ...(gapToken !== undefined && { gapToken }) };
}

function withAdded(history: LoadedHistory, added: readonly HistoryEvent[]): LoadedHistory {
  if (added.length === 0) return history;
  if (history.tail.length === 0) return { ...history, head: [...history.head, ...added] };
  return { ...history, tail: [...history.tail, ...added] };
}
