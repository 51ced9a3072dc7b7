import * as z from 'zod';
import { confirmedDecisionSchema } from './confirmation.ts';
import { parse } from './invalid-request.ts';
import { orderSchema, type Order } from './order.ts';
import type { OrderRun } from './order-run.ts';

// What the states of the workflow hand to their functions. A member more is no fault: a version of the workflow that has
// one more may already run.
const stepSchema = z.object({ executionArn: z.string(), input: orderSchema });
const closeSchema = z.object({ executionArn: z.string(), executionStartTime: z.iso.datetime(), input: orderSchema });
const completionSchema = z.object({
  executionArn: z.string(),
  input: z.strictObject({ ...orderSchema.shape, confirmation: confirmedDecisionSchema }),
});

/** @throws {InvalidRequest} */
export function parseProcessOrderEvent(event: unknown): { order: Order; executionArn: string } {
  const { executionArn, input } = parse(stepSchema, event);
  return { order: input, executionArn };
}

/** @throws {InvalidRequest} */
export function parseCloseConfirmationEvent(event: unknown): OrderRun {
  const { executionArn, executionStartTime, input } = parse(closeSchema, event);
  return { orderId: input.orderId, executionArn, startedAtMs: Date.parse(executionStartTime) };
}

/** @throws {InvalidRequest} */
export function parseCompleteOrderEvent(event: unknown) {
  const { executionArn, input } = parse(completionSchema, event);
  const { confirmation, ...order } = input;
  return { order, confirmation, executionArn };
}
