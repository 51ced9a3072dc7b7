import * as z from 'zod';
import { parse } from '../../confirmations/src/index.ts';
import { type Order, orderSchema } from './order.ts';

// What the states of the workflow hand to their functions. A member more is no fault: a version of the workflow that has
// one more may already run.
const stepSchema = z.object({ executionArn: z.string(), input: orderSchema });
const confirmedSchema = z.object({ decision: z.literal('confirm'), decidedAt: z.iso.datetime() });
const completionSchema = z.object({
  executionArn: z.string(),
  input: z.strictObject({ ...orderSchema.shape, confirmation: confirmedSchema }),
});

/** @throws {InvalidRequest} */
export function parseProcessOrderEvent(event: unknown): { order: Order; executionArn: string } {
  const { executionArn, input } = parse(stepSchema, event);
  return { order: input, executionArn };
}

/** @throws {InvalidRequest} */
export function parseCompleteOrderEvent(event: unknown) {
  const { executionArn, input } = parse(completionSchema, event);
  const { confirmation, ...order } = input;
  return { order, confirmation, executionArn };
}
