import { observed, report } from '../../../confirmations/src/index.ts';
import { parseCompleteOrderEvent } from '../workflow-step.ts';

/** The state `CompleteOrder`: here a confirmed order is carried out. The state machine itself says that it is completed. */
export const handler = observed(async (event: unknown): Promise<void> => {
  const { order, executionArn } = parseCompleteOrderEvent(event);
  report('order.completed', { id: order.orderId, executionArn });
});
