import * as z from 'zod';
import { pendingSchema, settlementSchema } from '../../confirmations/src/index.ts';
import { progressSchema } from '../../long-tasks/src/index.ts';
import { orderSchema } from './order.ts';

// The bodies of the answers, for whoever speaks HTTP with this service; `/openapi.json` is made of them. Instants are
// ISO 8601 in UTC.

export const orderStatusSchema = z.enum([
  'PROCESSING',
  'AWAITING_CONFIRMATION',
  'CONFIRMED',
  'COMPLETED',
  'REJECTED',
  'EXPIRED',
  'WITHDRAWN',
  'FAILED',
]);
export type OrderStatus = z.infer<typeof orderStatusSchema>;

const linksSchema = z.object({ self: z.string(), confirmation: z.string(), receipt: z.string() });
export type OrderLinks = z.infer<typeof linksSchema>;

/** `POST /orders`, 202. */
export const acceptedOrderSchema = z.object({ orderId: z.string(), status: orderStatusSchema, links: linksSchema });
export type AcceptedOrder = z.infer<typeof acceptedOrderSchema>;

/** `GET /orders/{orderId}`, 200. */
export const orderViewSchema = z.object({
  ...orderSchema.shape,
  status: orderStatusSchema,
  acceptedAt: z.iso.datetime(),
  /** Until when a confirmation is accepted; while the order waits. */
  expiresAt: z.iso.datetime().exactOptional(),
  endedAt: z.iso.datetime().exactOptional(),
  /** While the order is processed, if that is a long task: how far its program has come, as it said itself. */
  progress: progressSchema.exactOptional(),
  /** While the order waits: who may answer, and how far it has come. */
  pending: pendingSchema.exactOptional(),
  /** What was decided; of an order that expired, nobody did. */
  confirmation: settlementSchema.exactOptional(),
  /** Of an order that failed. */
  failure: z.object({ error: z.string(), cause: z.string() }).exactOptional(),
  links: linksSchema,
});
export type OrderView = z.infer<typeof orderViewSchema>;

const pendingOrderSchema = z.object({
  ...orderSchema.shape,
  status: z.literal('AWAITING_CONFIRMATION'),
  waitingSince: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  pending: pendingSchema,
  links: linksSchema,
});
export type PendingOrder = z.infer<typeof pendingOrderSchema>;

/** `GET /orders?status=AWAITING_CONFIRMATION`, 200. In the order of the ids. */
export const pendingOrdersSchema = z.object({
  orders: z.array(pendingOrderSchema),
  /** There is more, though maybe nothing that still waits. A page may hold fewer orders than asked for, even none. */
  nextCursor: z.string().exactOptional(),
});
export type PendingOrders = z.infer<typeof pendingOrdersSchema>;

export function linksOf(orderId: string): OrderLinks {
  const self = `/orders/${orderId}`;
  return { self, confirmation: `${self}/confirmation`, receipt: `${self}/receipt` };
}
