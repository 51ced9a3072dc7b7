import type { Page } from '../../engine/src/index.ts';

/** The page a request asks for. A size of 0 means the service's own, as does none. */
export function pageOf({ maxResults, nextToken }: { maxResults?: number; nextToken?: string }): Page {
  return { ...(maxResults && { maxResults }), ...(nextToken !== undefined && { nextToken }) };
}
