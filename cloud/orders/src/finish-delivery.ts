import type { Decision } from './confirmation.ts';
import { deliverDecision } from './deliver-decision.ts';
import type { Orders } from './orders.ts';
import { runOf } from './wait.ts';
import type { StoredWait } from './wait-store.ts';

/**
 * Brings a decision to its wait for somebody who only looks, and finds both. Whoever made the decision crashed before
 * sending it; it need not wait for them to try again, nor for the deadline. Looking must work all the same, so a failure
 * is reported and not thrown.
 */
export async function finishDelivery(decision: Decision, wait: StoredWait, orders: Orders): Promise<void> {
  try {
    await deliverDecision(decision, wait, orders);
  } catch (error) {
    const { orderId, executionArn } = runOf(wait);
    const cause = error instanceof Error ? error : new Error(String(error));
    orders.report('decision.undelivered', { orderId, executionArn, error: cause });
  }
}
