import type { Decision } from './confirmation.ts';
import type { OrderRun } from './order-run.ts';
import type { Orders } from './orders.ts';

/**
 * Settles an order whose wait has timed out, and gives what holds from now on.
 *
 * It records `expired` under the same condition as any decision. If somebody's decision is there, made in time but never
 * delivered, that one holds: a receipt that was given is honoured, whatever crashed on the way.
 */
export async function closeConfirmation(
  run: OrderRun,
  { store, now, report }: Pick<Orders, 'store' | 'now' | 'report'>,
): Promise<Decision> {
  const { orderId, executionArn } = run;
  const expired: Decision = { decision: 'expired', decidedAt: new Date(now()).toISOString() };
  const decision = await store.recordDecision(run, expired);
  if (decision === expired) report('order.expired', { orderId, executionArn });

  // Its task has timed out, so the token is dead. After the decision: at no moment does it look as if nothing had waited.
  const wait = await store.readWait(orderId);
  if (wait !== undefined) await store.removeWait(wait);
  return decision;
}
