import { amountText, isObject, type Order, objectOf, textOf, whenText } from './order.ts';
import { askOrdersApi } from './orders-api.ts';
import { approversText, progressText } from './pending.ts';
import type { Column } from './table.ts';

export interface PendingQuery {
  readonly status: string;
  readonly limit: number;
  readonly cursor?: string | undefined;
  /** Only those that whoever asks may answer now. */
  readonly mine?: true | undefined;
}

/** A page of the orders that wait, as the API answers it. */
export async function askPendingOrders(
  url: string,
  { status, limit, cursor, mine }: PendingQuery,
  signal?: AbortSignal,
): Promise<Order> {
  const query = new URLSearchParams({ status, limit: String(limit) });
  if (cursor !== undefined) query.set('cursor', cursor);
  if (mine) query.set('mine', 'true');
  return askOrdersApi(
    url,
    { method: 'GET', path: `/orders?${query.toString()}`, ...(signal && { signal }) },
    { 400: '`countersign orders list --help` shows what can be listed.' },
  );
}

export function ordersOf(page: Order): Order[] {
  return Array.isArray(page['orders']) ? page['orders'].filter(isObject) : [];
}

export function pendingColumns(nowMs: number): Column<Order>[] {
  return [
    { heading: 'ORDER', value: (order) => textOf(order, 'orderId') ?? '' },
    { heading: 'WAITING SINCE', value: (order) => whenText(order, 'waitingSince', nowMs) },
    { heading: 'DEADLINE', value: (order) => whenText(order, 'expiresAt', nowMs) },
    { heading: 'APPROVERS', value: (order) => approversText(approversOf(order)), shrinks: true },
    { heading: 'CONFIRMED', value: (order) => progressText(objectOf(order, 'pending')) },
    { heading: 'AMOUNT', value: amountText },
    { heading: 'DETAILS', value: (order) => textOf(order, 'orderDetails') ?? '', shrinks: true },
  ];
}

function approversOf(order: Order): Order | undefined {
  const pending = objectOf(order, 'pending');
  return pending === undefined ? undefined : objectOf(pending, 'approvers');
}
