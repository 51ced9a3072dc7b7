import * as z from 'zod';
import { parse } from './invalid-request.ts';
import { text } from './order.ts';

/** What a person may say about an order. Nothing else of a request reaches the workflow, so it can change nothing else. */
export type Confirmation = z.infer<typeof confirmationSchema>;

/** A confirmation that was accepted. */
export type ConfirmedDecision = z.infer<typeof confirmedDecisionSchema>;

/**
 * What became of the question, once and for all. The workflow itself writes `expired` when the deadline has passed, in the
 * same place and under the same condition as a person's answer: so the two can never both hold.
 */
export type Decision = ConfirmedDecision | z.infer<typeof expiredDecisionSchema>;

const confirmationSchema = z.strictObject({
  decision: z.enum(['confirm', 'reject'], 'This must be "confirm" or "reject".'),
  comment: text(2_000).exactOptional(),
});
export const confirmedDecisionSchema = z.strictObject({ ...confirmationSchema.shape, decidedAt: z.iso.datetime() });
const expiredDecisionSchema = z.strictObject({ decision: z.literal('expired'), decidedAt: z.iso.datetime() });

export const decisionSchema = z.discriminatedUnion('decision', [confirmedDecisionSchema, expiredDecisionSchema]);

/** @throws {InvalidRequest} naming every fault. */
export function parseConfirmation(value: unknown): Confirmation {
  return parse(confirmationSchema, value);
}

/** @throws {InvalidRequest} if it is not what `JSON.stringify` made of a {@link Decision}. */
export function parseDecision(value: unknown): Decision {
  return parse(decisionSchema, value);
}
