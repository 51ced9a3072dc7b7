import type { Page, Paged } from './api.ts';
import { readPageToken, writePageToken } from './page-token.ts';

/** Step Functions API Reference, `maxResults`: "The default is 100". */
const PAGE_SIZE = 100;

/**
 * One page of a list. `read` gives at most `limit` items in the list's order from behind a place on, which before the first page is
 * `start`; one more than fits is asked for, to see whether there are more.
 */
export function readPage<T>(
  { maxResults = PAGE_SIZE, nextToken }: Page,
  start: number,
  read: (place: number, limit: number) => readonly T[],
  placeOf: (item: T) => number,
): Paged<T> {
  const found = read(readPageToken(nextToken) ?? start, maxResults + 1);
  const items = found.slice(0, maxResults);
  const last = items.at(-1);
  return {
    items,
    ...(last !== undefined && found.length > items.length && { nextToken: writePageToken(placeOf(last)) }),
  };
}

/** Before the first page of a list that is sorted newest first. */
export const NEWEST = Number.MAX_SAFE_INTEGER;
