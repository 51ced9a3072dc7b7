import type { Draft } from '../draft.ts';
import { Refusal } from '../refusals.ts';
import { InvalidRequest } from '../invalid-request.ts';
import { type Schedule, timetable } from '../schedule.ts';
import { answer } from './answer.ts';
import { type NewRequest, request } from './request.ts';

/**
 * The workflow waits from here on. Answers that came before are weighed now, in the order they came.
 *
 * `openedAtMs` is when the state was first entered: a retry of it must not move the deadline that people were told.
 */
export function open(draft: Draft, asked: NewRequest, schedule: Schedule, openedAtMs: number): void {
  const { early } = draft.state;
  request(draft, asked);
  const current = draft.state.request;
  if (current === undefined || current.opened !== undefined) return;
  if (current.executionArn !== asked.run.executionArn) return;
  const deadline = new Date(timetable(schedule, openedAtMs).deadlineMs).toISOString();
  draft.add({ type: 'opened', since: new Date(openedAtMs).toISOString(), schedule, deadline });

  for (const { by, decision, comment, data, idempotencyKey } of early) {
    const given = { decision, ...(comment !== undefined && { comment }), ...(data !== undefined && { data }) };
    try {
      answer(draft, { id: asked.id, answer: given, by, idempotencyKey });
    } catch (error) {
      // Whoever sent it has gone; why it did not count is in the record.
      if (!(error instanceof Refusal || error instanceof InvalidRequest)) throw error;
    }
  }
}
