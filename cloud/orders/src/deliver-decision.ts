import type { Decision } from './confirmation.ts';
import type { OrderRun } from './order-run.ts';
import type { Orders } from './orders.ts';

/**
 * Brings a recorded decision to the wait, if there is one, and removes the wait: its token is of no use any more.
 *
 * Whoever comes second does this: the API finding a wait, or `storeTaskToken` finding a decision. Each writes its own object
 * before it looks for the other's, so at least one of them finds both. If both do, the second send meets a closed task.
 * It may be repeated at any time, by anybody, and after a crash it should be.
 *
 * @returns whether this call moved the execution on.
 */
export async function deliverDecision(
  { orderId, executionArn }: OrderRun,
  decision: Decision,
  { store, sendTaskSuccess, report }: Pick<Orders, 'store' | 'sendTaskSuccess' | 'report'>,
): Promise<boolean> {
  let isDelivered = false;
  for (;;) {
    const wait = await store.readWait(orderId);
    if (wait === undefined) return isDelivered;
    // An expired wait was closed by its own timeout; there is nothing to send.
    if (decision.decision !== 'expired') {
      const isAccepted = await sendTaskSuccess(wait.taskToken, decision);
      const { retryCount } = wait.attempt;
      report(isAccepted ? 'decision.delivered' : 'decision.late', { orderId, executionArn, retryCount });
      isDelivered ||= isAccepted;
    }
    // If it has changed, a later attempt stored its token while we sent to the earlier one's: that is the one to answer.
    if (await store.removeWait(wait)) return isDelivered;
  }
}
