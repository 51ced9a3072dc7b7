import * as z from 'zod';
import { approversSchema, policySchema } from './policy.ts';
import { scheduleSchema } from './schedule.ts';
import { text } from './text.ts';

/**
 * Who does something, and from where.
 *
 * | member | is |
 * | --- | --- |
 * | `person` | by what the identity provider calls them; absent for who has not signed in, and for the service itself |
 * | `groups` | those that they were in when they did it |
 * | `via` | `api` and `command-line` over HTTP, `link` from a mail or chat, `event` from an event bus, `deadline` and `reconciler` are the service itself |
 */
export type Actor = z.infer<typeof actorSchema>;

export const actorSchema = z.strictObject({
  person: z.string().exactOptional(),
  groups: z.array(z.string()),
  via: z.enum(['api', 'command-line', 'link', 'event', 'deadline', 'reconciler']),
  linkId: z.string().exactOptional(),
  sourceIp: z.string().exactOptional(),
});

/** What somebody may say to a request. */
export type Answer = z.infer<typeof answerSchema>;

export const answerSchema = z.strictObject({
  decision: z.enum(['confirm', 'reject'], 'This must be "confirm" or "reject".'),
  comment: text(2_000).exactOptional(),
  /** What the policy's form asks for; only with `confirm`. */
  data: z.record(z.string(), z.json()).exactOptional(),
});

/** How a request can end. */
export const outcomeSchema = z.enum(['confirm', 'reject', 'expired', 'withdrawn']);
export type OutcomeName = z.infer<typeof outcomeSchema>;

const at = z.iso.datetime();
const reason = text(2_000);
const digest = z.string();

/** An execution of the workflow that asks. */
export const runSchema = z.object({ executionArn: z.string(), executionStartTime: z.iso.datetime() });
export type Run = z.infer<typeof runSchema>;

/** What can be written about a request. All instants are ISO 8601 in UTC. */
export type RecordedEvent = z.infer<typeof eventSchema>;

export const eventSchema = z.discriminatedUnion('type', [
  /** Asked, under this policy, about what has this digest. A later run of the same id begins anew with one of these. */
  z.object({
    type: z.literal('requested'),
    ...runSchema.shape,
    policy: policySchema,
    policyDigest: digest,
    subjectDigest: digest,
    /** Those that the amount led to. */
    stages: policySchema.shape.stages.unwrap(),
    requester: z.string().exactOptional(),
  }),
  /** The workflow waits, since then. */
  z.object({ type: z.literal('opened'), since: at, schedule: scheduleSchema, deadline: at }),
  z.object({ type: z.literal('viewed'), by: actorSchema, shown: digest }),
  z.object({ type: z.literal('reminded'), nth: z.int(), to: approversSchema }),
  z.object({ type: z.literal('escalated'), to: approversSchema }),
  z.object({
    type: z.literal('reassigned'),
    by: actorSchema,
    from: z.string(),
    to: z.string(),
    reason: reason.exactOptional(),
  }),
  /** By a person; by nobody, if the schedule itself gives more time. */
  z.object({
    type: z.literal('deadline-moved'),
    by: actorSchema.exactOptional(),
    from: at,
    to: at,
    reason: reason.exactOptional(),
  }),
  z.object({
    type: z.literal('link-issued'),
    /** Who wanted it sent; absent where it went with a notice. */
    by: actorSchema.exactOptional(),
    linkId: z.string(),
    person: z.string(),
    /** Index of the stage that it answers. */
    stage: z.int(),
    /** Whether its person answers without being named, as somebody of a group. */
    isMember: z.boolean().exactOptional(),
    expiresAt: at,
    keyId: z.string(),
  }),
  z.object({
    type: z.literal('answered'),
    by: actorSchema,
    ...answerSchema.shape,
    stage: z.int(),
    shown: digest.exactOptional(),
    idempotencyKey: z.string().exactOptional(),
  }),
  /** Somebody tried, and it was not to be. */
  z.object({ type: z.literal('refused'), by: actorSchema, attempted: z.string(), because: z.string() }),
  /** From `effectiveAt` on nothing can change it. */
  z.object({
    type: z.literal('decided'),
    by: actorSchema.exactOptional(),
    decision: outcomeSchema,
    effectiveAt: at,
    reason: reason.exactOptional(),
  }),
  /** The hold of a decision is over, and so its undoing: nobody is told of a held decision before this is written. */
  z.object({ type: z.literal('took-effect') }),
  z.object({ type: z.literal('undone'), by: actorSchema, reason: reason.exactOptional() }),
  z.object({
    type: z.literal('delivered'),
    via: z.enum(['api', 'command-line', 'link', 'event', 'deadline', 'reconciler', 'workflow']),
  }),
]);

export type EventOf<Type extends RecordedEvent['type']> = Extract<RecordedEvent, { type: Type }>;
