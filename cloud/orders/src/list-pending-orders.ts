import { linksOf, type PendingOrder, type PendingOrders } from './contract.ts';
import { finishDelivery } from './finish-delivery.ts';
import type { Orders } from './orders.ts';
import { runOf } from './wait.ts';

/**
 * A page of the orders that wait for a confirmation. One list request and two small reads an order, however many executions
 * there are: ListExecutions cannot tell who waits, and its rate is limited to a few a second.
 *
 * An order whose execution somebody stopped by hand stays in the list until its deadline: nothing tells S3 of it.
 */
export async function listPendingOrders(
  page: { after?: string; limit: number },
  orders: Orders,
): Promise<PendingOrders> {
  const { orderIds, hasMore } = await orders.store.listWaits(page);
  const found = await Promise.all(orderIds.map((orderId) => readPendingOrder(orderId, orders)));
  const last = orderIds.at(-1);
  return {
    orders: found.filter((order) => order !== undefined),
    ...(hasMore && last !== undefined && { nextCursor: last }),
  };
}

async function readPendingOrder(orderId: string, orders: Orders): Promise<PendingOrder | undefined> {
  const { store, now } = orders;
  const wait = await store.readWait(orderId);
  if (wait === undefined) return undefined;
  const decision = await store.readDecision(runOf(wait));
  if (decision !== undefined) {
    await finishDelivery(decision, wait, orders);
    return undefined;
  }
  const { order, waitingSince, expiresAt } = wait;
  if (Date.parse(expiresAt) <= now()) return undefined;
  return { ...order, status: 'AWAITING_CONFIRMATION', waitingSince, expiresAt, links: linksOf(orderId) };
}
