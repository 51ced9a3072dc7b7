import type { ConfirmedDecision } from './confirmation.ts';
import type { Fault } from './invalid-request.ts';
import type { Order } from './order.ts';

// The bodies of the answers, for whoever speaks HTTP with this service. Instants are ISO 8601 in UTC.

export type OrderStatus =
  'PROCESSING' | 'AWAITING_CONFIRMATION' | 'CONFIRMED' | 'COMPLETED' | 'REJECTED' | 'EXPIRED' | 'FAILED';

export interface OrderLinks {
  self: string;
  confirmation: string;
}

/** `POST /orders`, 202. */
export interface AcceptedOrder {
  orderId: string;
  status: OrderStatus;
  links: OrderLinks;
}

/** `GET /orders/{orderId}`, 200. */
export interface OrderView extends Order {
  status: OrderStatus;
  acceptedAt: string;
  /** Until when a confirmation is accepted; while the order waits. */
  expiresAt?: string;
  endedAt?: string;
  /** What somebody decided; of an order that expired, nobody did. */
  confirmation?: ConfirmedDecision;
  /** Of an order that failed. */
  failure?: { error: string; cause: string };
  links: OrderLinks;
}

/** `GET /orders?status=AWAITING_CONFIRMATION`, 200. In the order of the ids. */
export interface PendingOrders {
  orders: PendingOrder[];
  /** There is more, though maybe nothing that still waits. A page may hold fewer orders than asked for, even none. */
  nextCursor?: string;
}

export interface PendingOrder extends Order {
  status: 'AWAITING_CONFIRMATION';
  waitingSince: string;
  expiresAt: string;
  links: OrderLinks;
}

/** `POST /orders/{orderId}/confirmation`, 200. The same for as long as the order is known, byte for byte. */
export interface ConfirmationReceipt extends ConfirmedDecision {
  orderId: string;
  /** What the decision made of the order; what became of it since, the order itself tells. */
  status: 'CONFIRMED' | 'REJECTED';
}

/** Every answer of 400 and above, as `application/problem+json` (RFC 9457). */
export interface Problem {
  /** Stable; to be compared, not to be opened. */
  type: string;
  title: string;
  status: number;
  detail: string;
  /** Everything that is wrong with the body. */
  errors?: readonly Fault[];
  /** Of a contradicting confirmation: the decision that stands. */
  decision?: string;
  decidedAt?: string;
}

export function linksOf(orderId: string): OrderLinks {
  return { self: `/orders/${orderId}`, confirmation: `/orders/${orderId}/confirmation` };
}
