import type { Draft } from '../draft.ts';
import { type Schedule, timetable } from '../schedule.ts';
import { type NewRequest, request } from './request.ts';

/**
 * The workflow waits from here on. That it asks is written now, unless it was before.
 *
 * `openedAtMs` is when the state was first entered: a retry of it must not move the deadline that people were told.
 */
export function open(draft: Draft, asked: NewRequest, schedule: Schedule, openedAtMs: number): void {
  request(draft, asked);
  const current = draft.state.request;
  if (current === undefined || current.opened !== undefined) return;
  if (current.executionArn !== asked.run.executionArn) return;
  const deadline = new Date(timetable(schedule, openedAtMs).deadlineMs).toISOString();
  draft.add({ type: 'opened', since: new Date(openedAtMs).toISOString(), schedule, deadline });
}
