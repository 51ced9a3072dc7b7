import * as z from 'zod';
import { carryOut } from './carry-out.ts';
import { answer } from './commands/answer.ts';
import { confirmationIdSchema } from './confirmation-id.ts';
import type { Confirmations } from './confirmations.ts';
import { answerSchema } from './events.ts';
import { parse } from './invalid-request.ts';
import { Refusal } from './refusals.ts';

/** What a rule makes of an event: an answer to a confirmation, by who sent the event. */
export type AnsweringEvent = z.infer<typeof answeringEventSchema>;

const answeringEventSchema = z.object({
  id: confirmationIdSchema,
  /** As a policy names it under `people`. */
  from: z.string().min(1).max(200),
  decision: answerSchema.shape.decision,
  /** The event's own id: the same event again is the same answer. */
  eventId: z.string(),
});

/** @throws {InvalidRequest} */
export function parseAnsweringEvent(event: unknown): AnsweringEvent {
  return parse(answeringEventSchema, event);
}

/**
 * Takes an event for an answer, under the same policy as a person's. So a wait can be for the first of several: a person, a
 * warehouse, a payment. Those that come after are refused like any answer that comes too late, and that is no failure.
 */
export async function answerFromEvent(event: AnsweringEvent, confirmations: Confirmations): Promise<void> {
  const { id, from, decision, eventId } = event;
  const by = { person: from, groups: [], via: 'event' as const };
  const given = { id, answer: { decision }, by, idempotencyKey: eventId };
  try {
    await carryOut(id, by.via, (draft) => answer(draft, given), confirmations);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    confirmations.report('event.refused', { id, from, because: error.kind });
  }
}
