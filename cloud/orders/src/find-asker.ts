import type { Asker } from '../../confirmations/src/index.ts';
import { UnknownOrder } from './errors.ts';
import type { Orders } from './orders.ts';

/**
 * The request that an order's workflow makes, or is going to make: a confirmation may come before its wait.
 *
 * @throws {UnknownOrder}
 */
export async function findAsker(
  orderId: string,
  { workflow, policy }: Pick<Orders, 'workflow' | 'policy'>,
): Promise<Asker> {
  const execution = await workflow.describeExecution(orderId);
  if (execution === undefined) throw new UnknownOrder(orderId);
  const { executionArn, startedAtMs, order, outcome } = execution;
  const run = { executionArn, executionStartTime: new Date(startedAtMs).toISOString() };
  return {
    request: { id: orderId, run, subject: order, policy },
    ...(outcome && { endedAt: new Date(outcome.endedAtMs).toISOString() }),
  };
}

/** When an order failed or was stopped, if that was before an instant. */
export async function endedBefore(
  orderId: string,
  decidedAt: string,
  { workflow }: Pick<Orders, 'workflow'>,
): Promise<string | undefined> {
  const outcome = (await workflow.describeExecution(orderId))?.outcome;
  const hasFailed = outcome?.status === 'FAILED' && outcome.endedAtMs <= Date.parse(decidedAt);
  return hasFailed ? new Date(outcome.endedAtMs).toISOString() : undefined;
}
