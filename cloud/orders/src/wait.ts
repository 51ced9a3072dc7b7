import * as z from 'zod';
import { parse } from './invalid-request.ts';
import { type Order, orderSchema } from './order.ts';
import type { OrderRun } from './order-run.ts';
import { TaskToken } from './task-token.ts';

/** Which try of which wait this is. Step Functions mints a new token for each; only the latest one is alive. */
export type Attempt = z.infer<typeof attemptSchema>;

/** An order that waits for its confirmation. */
export interface Wait {
  readonly order: Order;
  readonly attempt: Attempt;
  readonly taskToken: TaskToken;
  /** When the order came to wait; ISO 8601. */
  readonly waitingSince: string;
  /** Until when a confirmation is accepted; ISO 8601. */
  readonly expiresAt: string;
}

// These three describe what our own workflow and store wrote, maybe in an earlier or a later version: a member more is no fault.
const attemptSchema = z.object({
  executionArn: z.string(),
  executionStartTime: z.iso.datetime(),
  stateEnteredTime: z.iso.datetime(),
  retryCount: z.int().min(0),
});

const waitEventSchema = z.object({
  input: orderSchema,
  attempt: attemptSchema,
  taskToken: z.string().min(1).max(2048),
  deadlineSeconds: z.int().min(1),
});

const storedWaitSchema = z.object({
  order: orderSchema,
  attempt: attemptSchema,
  taskToken: z.string(),
  waitingSince: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
});

/**
 * What the state `WaitForConfirmation` hands over.
 *
 * The deadline counts from the state's entry: a retried attempt has its whole TimeoutSeconds again, and the promise to
 * the person who answers must not depend on how often storing a token was tried.
 *
 * @throws {InvalidRequest}
 */
export function parseWaitEvent(event: unknown): Wait {
  const { input, attempt, taskToken, deadlineSeconds } = parse(waitEventSchema, event);
  const waitingSinceMs = Date.parse(attempt.stateEnteredTime);
  return {
    order: input,
    attempt,
    taskToken: new TaskToken(taskToken),
    waitingSince: new Date(waitingSinceMs).toISOString(),
    expiresAt: new Date(waitingSinceMs + deadlineSeconds * 1000).toISOString(),
  };
}

/** The wait as it is stored: the only text in this room that holds a task token. */
export function serializeWait({ order, attempt, taskToken, waitingSince, expiresAt }: Wait): string {
  return JSON.stringify({ order, attempt, taskToken: taskToken.reveal(), waitingSince, expiresAt });
}

/** @throws {InvalidRequest} if it is not what {@link serializeWait} made. */
export function parseWait(value: unknown): Wait {
  const { taskToken, ...wait } = parse(storedWaitSchema, value);
  return { ...wait, taskToken: new TaskToken(taskToken) };
}

export function runOf({ order, attempt }: Wait): OrderRun {
  const { executionArn, executionStartTime } = attempt;
  return { orderId: order.orderId, executionArn, startedAtMs: Date.parse(executionStartTime) };
}

/** Whether `a` was begun after `b`. A redrive enters the state anew; a retry only raises the count. */
export function isLater(a: Attempt, b: Attempt): boolean {
  const difference = Date.parse(a.stateEnteredTime) - Date.parse(b.stateEnteredTime);
  return difference === 0 ? a.retryCount > b.retryCount : difference > 0;
}
