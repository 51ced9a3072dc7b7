import { type AcceptedOrder, linksOf } from './contract.ts';
import { OrderIdTaken } from './errors.ts';
import { type Order, serializeOrder } from './order.ts';
import type { Orders } from './orders.ts';

/**
 * Starts an order's workflow, once: the same order again gets the same answer.
 *
 * @throws {OrderIdTaken} if there is another order of this id.
 */
export async function submitOrder(
  order: Order,
  { workflow, report }: Pick<Orders, 'workflow' | 'report'>,
): Promise<AcceptedOrder> {
  const { orderId } = order;
  const fields = { id: orderId, executionArn: workflow.executionArn(orderId) };
  if ((await workflow.startExecution(order)) === 'started') {
    report('order.accepted', fields);
    return { orderId, status: 'PROCESSING', links: linksOf(orderId) };
  }
  const existing = await workflow.describeExecution(orderId);
  if (existing === undefined || serializeOrder(existing.order) !== serializeOrder(order))
    throw new OrderIdTaken(orderId);
  report('order.repeated', fields);
  return { orderId, status: existing.outcome?.status ?? 'PROCESSING', links: linksOf(orderId) };
}
