import type { HistoryPage, Page } from './api.ts';
import { jsonText, type Json } from '../../asl/src/index.ts';
import { parseEvents } from './event-text.ts';
import type { ExecutionStore, StoredExecution } from './execution-store.ts';
import type { HistoryEvent } from './history-event.ts';
import { readPageToken, writePageToken } from './page-token.ts';

const EVENTS_PER_PAGE_DEFAULT = 100;
const EVENTS_PER_PAGE_MAX = 1_000;

interface HistoryRequest extends Page {
  readonly reverseOrder?: boolean;
  readonly includeExecutionData?: boolean;
}

/**
 * One page of a history. It costs what the page holds, not what the history does: chunks are read from the page's first event on.
 *
 * @see Step Functions API Reference, GetExecutionHistory
 */
export function readHistory(
  store: ExecutionStore,
  { id: executionId, lastEventId, input }: Pick<StoredExecution, 'id' | 'lastEventId' | 'input'>,
  request: HistoryRequest,
): HistoryPage {
  const backwards = request.reverseOrder === true;
  const limit = Math.min(request.maxResults || EVENTS_PER_PAGE_DEFAULT, EVENTS_PER_PAGE_MAX);
  const from = readPageToken(request.nextToken) ?? (backwards ? lastEventId : 1);
  const events: HistoryEvent[] = [];
  const ownInput = (): string => jsonText(JSON.parse(input) as Json);
  for (const { firstEventId, text } of store.readEvents(executionId, from, backwards)) {
    const chunk = parseEvents(text, firstEventId, ownInput);
    if (backwards) chunk.reverse();
    events.push(...chunk.filter(({ id }) => (backwards ? id <= from : id >= from)));
    if (events.length > limit) break;
  }
  const page = events.slice(0, limit);
  const shown = request.includeExecutionData === false ? page.map(withoutData) : page;
  const next = events[limit];
  return { eventsText: JSON.stringify(shown), ...(next !== undefined && { nextToken: writePageToken(next.id) }) };
}

const dataMembers = new Set(['input', 'inputDetails', 'output', 'outputDetails', 'parameters', 'cause', 'error']);

/** What `includeExecutionData: false` leaves: that it happened, where and when. */
function withoutData(event: HistoryEvent): HistoryEvent {
  const entries = Object.entries(event).map(([name, value]) => {
    if (typeof value !== 'object' || value === null) return [name, value];
    return [name, Object.fromEntries(Object.entries(value).filter(([member]) => !dataMembers.has(member)))];
  });
  return Object.fromEntries(entries) as HistoryEvent;
}
