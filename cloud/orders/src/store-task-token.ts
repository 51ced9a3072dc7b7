import { deliverDecision } from './deliver-decision.ts';
import type { Orders } from './orders.ts';
import { runOf, type Wait } from './wait.ts';

/**
 * Opens the wait of one attempt: stores its token, then looks whether somebody has decided already.
 *
 * Step Functions mints a new token for each attempt, and the function of a slow one may still run when the next has begun.
 * So an attempt whose successor is there leaves everything as it is.
 */
export async function storeTaskToken(
  wait: Wait,
  orders: Pick<Orders, 'store' | 'sendTaskSuccess' | 'report'>,
): Promise<void> {
  const { store, report } = orders;
  const run = runOf(wait);
  const { orderId, executionArn } = run;
  const fields = { orderId, executionArn, retryCount: wait.attempt.retryCount };

  const stored = await store.putWait(wait);
  if (stored === undefined) return report('wait.superseded', fields);
  report('wait.stored', { ...fields, expiresAt: wait.expiresAt });

  const decision = await store.readDecision(run);
  if (decision !== undefined) await deliverDecision(decision, stored, orders);
}
