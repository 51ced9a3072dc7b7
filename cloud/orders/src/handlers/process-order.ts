import { observed, report } from '../../../confirmations/src/index.ts';
import type { Order } from '../order.ts';
import { parseProcessOrderEvent } from '../workflow-step.ts';

/** The state `ProcessOrder`: here an order is looked at before anybody is asked about it. Gives the order. */
export const handler = observed(async (event: unknown): Promise<Order> => {
  const { order, executionArn } = parseProcessOrderEvent(event);
  report('order.processed', { id: order.orderId, executionArn });
  return order;
});
