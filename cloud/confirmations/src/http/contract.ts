import * as z from 'zod';
import { confirmationIdSchema } from '../confirmation-id.ts';
import { actorSchema, answerSchema, eventSchema, outcomeSchema } from '../events.ts';
import { approversSchema } from '../policy.ts';
import { text } from '../text.ts';

// The bodies of requests and answers, for whoever speaks HTTP with this service; `/openapi.json` is made of them. Instants
// are ISO 8601 in UTC.

const reason = text(2_000).exactOptional();
const person = text(200);

export { answerSchema };
export const reassignmentSchema = z.strictObject({
  /** In whose place; whoever sends this, if absent. */
  from: person.exactOptional(),
  to: person,
  reason,
});
export const withdrawalSchema = z.strictObject({ reason });
export const undoSchema = z.strictObject({ reason });
export const newDeadlineSchema = z.strictObject({ deadline: z.iso.datetime({ offset: true }), reason });
export const linkRequestSchema = z.strictObject({ person });
export const bulkSchema = z.strictObject({
  answers: z
    .array(z.strictObject({ id: confirmationIdSchema, ...answerSchema.shape }))
    .min(1)
    .max(100),
});

/** Where a request stands. */
export const requestStatusSchema = z.enum(['AWAITING_CONFIRMATION', 'CONFIRMED', 'REJECTED', 'EXPIRED', 'WITHDRAWN']);

/** What an accepted answer is answered with; the same again, byte for byte, for as long as the decision stands. */
export const receiptSchema = z.object({
  id: z.string(),
  status: requestStatusSchema,
  decision: answerSchema.shape.decision,
  comment: answerSchema.shape.comment,
  data: answerSchema.shape.data,
  /** When this answer was given, or, once there is one, when the decision was made. */
  decidedAt: z.iso.datetime(),
  decidedBy: z.array(z.string()).exactOptional(),
  /** Until when it can be undone, if the policy holds it. */
  effectiveAt: z.iso.datetime().exactOptional(),
  /** How many of this stage have confirmed, while it takes more. */
  confirmations: z.object({ stage: z.int(), stages: z.int(), given: z.int(), needed: z.int() }).exactOptional(),
  /** The digest of the record's entry that says so: proof that the record was not rewritten since. */
  receipt: z.string(),
});
export type Receipt = z.infer<typeof receiptSchema>;

/** What is asked, of whom, and until when. */
export const pendingSchema = z.object({
  deadline: z.iso.datetime().exactOptional(),
  /** Neither groups nor people: everybody. */
  approvers: approversSchema,
  confirmations: z.object({ stage: z.int(), stages: z.int(), given: z.int(), needed: z.int() }),
  owner: z.string().exactOptional(),
  commentRequired: z.array(z.string()).exactOptional(),
  form: z.record(z.string(), z.json()).exactOptional(),
  holdSeconds: z.int().exactOptional(),
  /** Whether whoever asks could answer now. */
  mayAnswer: z.boolean(),
});
export type Pending = z.infer<typeof pendingSchema>;

/** How a request was settled. */
export const settlementSchema = z.object({
  decision: outcomeSchema,
  decidedAt: z.iso.datetime(),
  decidedBy: z.array(z.string()).exactOptional(),
  comment: z.string().exactOptional(),
  data: z.record(z.string(), z.json()).exactOptional(),
  reason: z.string().exactOptional(),
  /** Until when it can be undone. */
  effectiveAt: z.iso.datetime().exactOptional(),
});
export type Settlement = z.infer<typeof settlementSchema>;

/** `GET /confirmations/{id}`, 200. */
export const confirmationViewSchema = z.object({
  id: z.string(),
  status: requestStatusSchema,
  /** What is asked about; while something waits. */
  subject: z.json().exactOptional(),
  requestedAt: z.iso.datetime(),
  waitingSince: z.iso.datetime().exactOptional(),
  pending: pendingSchema.exactOptional(),
  confirmation: settlementSchema.exactOptional(),
});
export type ConfirmationView = z.infer<typeof confirmationViewSchema>;

/** `GET /confirmations`, 200. In the order of the ids. */
export const pendingConfirmationsSchema = z.object({
  confirmations: z.array(confirmationViewSchema),
  /** There is more, though maybe nothing that still waits. A page may hold fewer than asked for, even none. */
  nextCursor: z.string().exactOptional(),
});

/** `GET …/receipt`: everything that was written about a request, with the chain by which it can be checked. */
export const recordViewSchema = z.object({
  id: z.string(),
  /** The first entry that is not what it was, and why; absent where the chain holds. */
  brokenAt: z.object({ seq: z.int(), because: z.string() }).exactOptional(),
  head: z.string().exactOptional(),
  entries: z.array(
    z.object({
      seq: z.int(),
      at: z.iso.datetime(),
      event: eventSchema,
      previous: z.string().exactOptional(),
      hash: z.string(),
    }),
  ),
});

export const bulkResultSchema = z.object({
  results: z.array(z.object({ id: z.string(), status: z.int(), body: z.record(z.string(), z.json()) })),
});

export { actorSchema, outcomeSchema };
