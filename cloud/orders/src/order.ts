import { createHash } from 'node:crypto';
import * as z from 'zod';
import { moneySchema, parse, text } from '../../confirmations/src/index.ts';

/**
 * An order, in the one shape it has everywhere: in the request, as the execution's input, in the answers.
 *
 * | member | is |
 * | --- | --- |
 * | `orderId` | 1 to 80 of `A–Z a–z 0–9 _ -`; it becomes the execution's name. A request may leave it out |
 * | `orderDetails` | what is ordered, 1 to 20,000 characters |
 * | `items` | up to 500 of `{ sku, quantity, unitPrice? }` |
 * | `requestedBy` | who sent it, if they had signed in; no request can say so itself |
 * | `amount` | the total, `{ value, currency }`: a decimal as text, since a binary fraction cannot hold 0.10, and ISO 4217 |
 */
export type Order = z.infer<typeof orderSchema>;
export type OrderRequest = z.infer<typeof orderRequestSchema>;

const item = z.strictObject({
  sku: text(100),
  quantity: z.int('This must be a whole number.').min(1, 'This must be at least 1.').max(1_000_000),
  unitPrice: moneySchema.exactOptional(),
});

const orderIdSchema = z
  .string('This must be a text.')
  .regex(/^[\w-]{1,80}$/, 'This must be 1 to 80 letters, digits, _ or -.');

const details = {
  orderDetails: text(20_000),
  items: z.array(item).max(500, 'An order has at most 500 items.').exactOptional(),
  amount: moneySchema.exactOptional(),
};

export const orderSchema = z.strictObject({
  orderId: orderIdSchema,
  ...details,
  requestedBy: z.string().exactOptional(),
});

export const orderRequestSchema = z.strictObject({ orderId: orderIdSchema.exactOptional(), ...details });

/** @throws {InvalidRequest} naming every fault. */
export function parseOrder(value: unknown): Order {
  return parse(orderSchema, value);
}

/**
 * An order whose id may still be missing.
 *
 * @throws {InvalidRequest} naming every fault.
 */
export function parseOrderRequest(value: unknown): OrderRequest {
  return parse(orderRequestSchema, value);
}

export function isOrderId(value: string): boolean {
  return orderIdSchema.safeParse(value).success;
}

/**
 * The order as the state machine's input. The same order is the same text, whatever the order of its members was in the
 * request: that is what makes StartExecution idempotent, for Step Functions compares texts.
 */
export function serializeOrder(order: Order): string {
  return JSON.stringify(parseOrder(order));
}

/** The id of an order that was sent with an `Idempotency-Key` and no id: the same key is the same order. */
export function orderIdFromKey(idempotencyKey: string): string {
  return createHash('sha256').update(idempotencyKey).digest('base64url');
}
