import { type Actor, pendingOf, readStanding } from '../../confirmations/src/index.ts';
import { linksOf, type PendingOrder, type PendingOrders } from './contract.ts';
import { parseOrder } from './order.ts';
import type { Orders } from './orders.ts';

/**
 * A page of the orders that wait for a confirmation. One list request and two small reads an order, however many executions
 * there are: ListExecutions cannot tell who waits, and its rate is limited to a few a second.
 *
 * An order whose execution somebody stopped by hand stays in the list until the reconciler comes by: nothing tells S3 of it.
 */
export async function listPendingOrders(
  { isForMe, ...page }: { after?: string; limit: number; isForMe: boolean },
  by: Actor,
  orders: Pick<Orders, 'confirmations'>,
): Promise<PendingOrders> {
  const { ids, hasMore } = await orders.confirmations.waits.list(page);
  const found = await Promise.all(ids.map((orderId) => readPendingOrder(orderId, by, orders)));
  const last = ids.at(-1);
  return {
    orders: found.flatMap((order) => (order === undefined || (isForMe && !order.pending.mayAnswer) ? [] : order)),
    ...(hasMore && last !== undefined && { nextCursor: last }),
  };
}

async function readPendingOrder(
  orderId: string,
  by: Actor,
  { confirmations }: Pick<Orders, 'confirmations'>,
): Promise<PendingOrder | undefined> {
  const { wait, request } = await readStanding(orderId, confirmations);
  if (wait === undefined || request?.opened === undefined || request.decided !== undefined) return undefined;
  const { since: waitingSince, deadline: expiresAt } = request.opened;
  if (Date.parse(expiresAt) <= confirmations.now()) return undefined;
  return {
    ...parseOrder(wait.subject),
    status: 'AWAITING_CONFIRMATION',
    waitingSince,
    expiresAt,
    pending: pendingOf(request, by),
    links: linksOf(orderId),
  };
}
