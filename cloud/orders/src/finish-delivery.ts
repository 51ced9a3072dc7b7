import type { Decision } from './confirmation.ts';
import { deliverDecision } from './deliver-decision.ts';
import type { OrderRun } from './order-run.ts';
import type { Orders } from './orders.ts';

/**
 * Brings a decision to its wait for somebody who only looks, and finds both. Whoever made the decision crashed before
 * sending it; it need not wait for them to try again, nor for the deadline. Looking must work all the same, so a failure
 * is reported and not thrown.
 */
export async function finishDelivery(run: OrderRun, decision: Decision, orders: Orders): Promise<void> {
  try {
    await deliverDecision(run, decision, orders);
  } catch (error) {
    const { orderId, executionArn } = run;
    const cause = error instanceof Error ? error : new Error(String(error));
    orders.report('decision.undelivered', { orderId, executionArn, error: cause });
  }
}
