import type { Decision } from './confirmation.ts';
import type { Orders } from './orders.ts';
import { runOf } from './wait.ts';
import type { StoredWait } from './wait-store.ts';

/**
 * Brings a recorded decision to a wait, and removes the wait: its token is of no use any more.
 *
 * Whoever comes second does this: the API finding a wait, or `storeTaskToken` finding a decision. Each writes its own object
 * before it looks for the other's, so at least one of them finds both. If both do, the second send meets a closed task.
 * It may be repeated at any time, by anybody, and after a crash it should be.
 *
 * @returns whether this call moved the execution on.
 */
export async function deliverDecision(
  decision: Decision,
  wait: StoredWait,
  { store, sendTaskSuccess, report }: Pick<Orders, 'store' | 'sendTaskSuccess' | 'report'>,
): Promise<boolean> {
  let isDelivered = false;
  // Nobody is told of a deadline: the wait's own timeout ends it.
  if (decision.decision !== 'expired') {
    isDelivered = await sendTaskSuccess(wait.taskToken, decision);
    const { orderId, executionArn } = runOf(wait);
    const { retryCount } = wait.attempt;
    report(isDelivered ? 'decision.delivered' : 'decision.late', { orderId, executionArn, retryCount });
  }
  await store.removeWait(wait);
  return isDelivered;
}
