import * as z from 'zod';
import { runSchema } from './events.ts';
import { parse } from './invalid-request.ts';
import { memberAt } from './json-pointer.ts';
import { policySchema } from './policy.ts';
import { scheduleSchema } from './schedule.ts';
import { TaskToken } from './task-token.ts';
import { confirmationIdSchema } from './confirmation-id.ts';

/** Which try of which wait this is. Step Functions mints a new token for each; only the latest one is alive. */
export type Attempt = z.infer<typeof attemptSchema>;

/** A workflow that waits, now: the token by which it goes on, and until when that is good. */
export interface Wait {
  readonly id: string;
  /** What people are asked about. */
  readonly subject: unknown;
  readonly attempt: Attempt;
  readonly taskToken: TaskToken;
  /** When the task times out, by itself; ISO 8601. */
  readonly wakesAt: string;
}

// What our own workflow and store wrote, maybe in an earlier or a later version: a member more is no fault.
const attemptSchema = z.object({
  ...runSchema.shape,
  stateEnteredTime: z.iso.datetime(),
  retryCount: z.int().min(0),
});

const waitEventSchema = z.object({
  id: confirmationIdSchema,
  subject: z.json(),
  attempt: attemptSchema,
  taskToken: z.string().min(1).max(2048),
  timeoutSeconds: z.int().min(1),
  policy: policySchema,
  schedule: scheduleSchema,
});

const storedWaitSchema = z.object({
  id: z.string(),
  subject: z.json(),
  attempt: attemptSchema,
  taskToken: z.string(),
  wakesAt: z.iso.datetime(),
});

/**
 * What the state that waits hands over.
 *
 * It wakes so long after the state was entered; a retried attempt later, see `storeTaskToken`.
 *
 * @throws {InvalidRequest}
 */
export function parseWaitEvent(event: unknown) {
  const { timeoutSeconds, taskToken, policy, schedule, ...rest } = parse(waitEventSchema, event);
  const enteredMs = Date.parse(rest.attempt.stateEnteredTime);
  const wakesAt = new Date(enteredMs + timeoutSeconds * 1000).toISOString();
  const wait: Wait = { ...rest, subject: withoutMessage(rest.subject), taskToken: new TaskToken(taskToken), wakesAt };
  return { wait, policy, schedule };
}

/**
 * A subject is often the state's whole input, and a workflow that waits on has the last message in it: that is nothing that
 * people are asked about.
 */
export function withoutMessage(subject: unknown): unknown {
  const message = memberAt(subject, '/confirmation/decision');
  if (message !== 'wait') return subject;
  const { confirmation: _, ...rest } = subject as Record<string, unknown>;
  return rest;
}

/** The wait as it is stored: the only text in this room that holds a task token. */
export function serializeWait({ id, subject, attempt, taskToken, wakesAt }: Wait): string {
  return JSON.stringify({ id, subject, attempt, taskToken: taskToken.reveal(), wakesAt });
}

/** @throws {InvalidRequest} if it is not what {@link serializeWait} made. */
export function parseWait(value: unknown): Wait {
  const { taskToken, ...wait } = parse(storedWaitSchema, value);
  return { ...wait, taskToken: new TaskToken(taskToken) };
}

/**
 * Whether `a` was begun after `b`. A later execution of the same id takes the place of an earlier one, whatever that still
 * does; a state that is entered again begins anew; a retry only raises the count.
 */
export function isLater(a: Attempt, b: Attempt): boolean {
  const difference =
    Date.parse(a.executionStartTime) - Date.parse(b.executionStartTime) ||
    Date.parse(a.stateEnteredTime) - Date.parse(b.stateEnteredTime);
  return difference === 0 ? a.retryCount > b.retryCount : difference > 0;
}
