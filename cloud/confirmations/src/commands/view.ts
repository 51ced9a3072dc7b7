import type { Draft } from '../draft.ts';
import type { Actor } from '../events.ts';

/** Writes down that a person has seen what is asked; once for each person and each thing shown. */
export function view(draft: Draft, by: Actor, shown: string): void {
  const { request } = draft.state;
  if (by.person === undefined || request === undefined || request.decided !== undefined) return;
  if (!request.seen.has(`${by.person} ${shown}`)) draft.add({ type: 'viewed', by, shown });
}
