import { createHash } from 'node:crypto';
import * as z from 'zod';
import { parse } from './invalid-request.ts';

/**
 * An order, in the one shape it has everywhere: in the request, as the execution's input, in the answers.
 *
 * | member | is |
 * | --- | --- |
 * | `orderId` | 1 to 80 of `A–Z a–z 0–9 _ -`; it becomes the execution's name. A request may leave it out |
 * | `orderDetails` | what is ordered, 1 to 20,000 characters |
 * | `items` | up to 500 of `{ sku, quantity, unitPrice? }` |
 * | `amount` | the total, `{ value, currency }`: a decimal as text, since a binary fraction cannot hold 0.10, and ISO 4217 |
 */
export type Order = z.infer<typeof orderSchema>;
export type OrderRequest = z.infer<typeof orderRequestSchema>;

/** Text whose halves of surrogate pairs all meet: Step Functions takes UTF-8, which cannot carry a lone one. */
export const text = (maxLength: number) =>
  z
    .string('This must be a text.')
    .min(1, 'This must not be empty.')
    .max(maxLength, `This must have at most ${maxLength} characters.`)
    .refine((value) => value.isWellFormed(), 'This must be well-formed Unicode.');

const money = z.strictObject({
  value: z.string('This must be a decimal as text, such as "12.50".').regex(/^\d{1,15}(\.\d{1,4})?$/, {
    error: 'This must be a decimal as text, such as "12.50".',
  }),
  currency: z.string('This must be an ISO 4217 code, such as "EUR".').regex(/^[A-Z]{3}$/, {
    error: 'This must be an ISO 4217 code, such as "EUR".',
  }),
});

const item = z.strictObject({
  sku: text(100),
  quantity: z.int('This must be a whole number.').min(1, 'This must be at least 1.').max(1_000_000),
  unitPrice: money.exactOptional(),
});

const orderIdSchema = z
  .string('This must be a text.')
  .regex(/^[\w-]{1,80}$/, 'This must be 1 to 80 letters, digits, _ or -.');

export const orderSchema = z.strictObject({
  orderId: orderIdSchema,
  orderDetails: text(20_000),
  items: z.array(item).max(500, 'An order has at most 500 items.').exactOptional(),
  amount: money.exactOptional(),
});

const orderRequestSchema = z.strictObject({ ...orderSchema.shape, orderId: orderIdSchema.exactOptional() });

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
