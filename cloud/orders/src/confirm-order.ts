import type { ConfirmedDecision, Confirmation, Decision } from './confirmation.ts';
import { deliverDecision } from './deliver-decision.ts';
import { ContradictingDecision, DeadlinePassed, OrderEnded, UnknownOrder } from './errors.ts';
import type { OrderExecution } from './order-workflow.ts';
import type { OrderRun } from './order-run.ts';
import type { Orders } from './orders.ts';
import type { StoredWait } from './wait-store.ts';
import { runOf } from './wait.ts';

/**
 * Records a person's decision and brings it to the workflow. The first decision wins; the same again gives the same.
 *
 * When this returns, the decision is stored and will be honoured, whether or not the order waits yet.
 *
 * @throws {UnknownOrder} {@link ContradictingDecision} {@link DeadlinePassed} {@link OrderEnded}
 */
export async function confirmOrder(
  orderId: string,
  confirmation: Confirmation,
  orders: Orders,
): Promise<ConfirmedDecision> {
  const { store, workflow, report } = orders;
  // An order that waits needs no DescribeExecution, whose rate is limited to a few a second.
  const wait = await store.readWait(orderId);
  const execution = wait === undefined ? await workflow.describeExecution(orderId) : undefined;
  const run = wait === undefined ? execution : runOf(wait);
  if (run === undefined) throw new UnknownOrder(orderId);

  const decision = (await store.readDecision(run)) ?? (await decide(run, confirmation, wait, execution, orders));

  if (decision.decision === 'expired') throw new DeadlinePassed(orderId, Date.parse(decision.decidedAt));
  if (decision.decision !== confirmation.decision) {
    report('decision.contradicted', { orderId, executionArn: run.executionArn });
    throw new ContradictingDecision(orderId, decision);
  }
  if (!(await deliverDecision(run, decision, orders))) await assertInTime(orderId, decision, orders);
  return decision;
}

async function decide(
  run: OrderRun,
  confirmation: Confirmation,
  wait: StoredWait | undefined,
  execution: OrderExecution | undefined,
  { store, now, report }: Orders,
): Promise<Decision> {
  const { orderId, executionArn } = run;
  const outcome = execution?.outcome;
  if (outcome?.status === 'FAILED') throw new OrderEnded(orderId, outcome.endedAtMs);
  // The decision's object has gone by its retention, and the execution still knows it.
  if (outcome !== undefined) return outcome.confirmation;

  const nowMs = now();
  const expiresAtMs = wait === undefined ? Infinity : Date.parse(wait.expiresAt);
  if (nowMs >= expiresAtMs) throw new DeadlinePassed(orderId, expiresAtMs);

  const mine: ConfirmedDecision = { ...confirmation, decidedAt: new Date(nowMs).toISOString() };
  const decision = await store.recordDecision(run, mine);
  if (decision === mine) {
    report(mine.decision === 'confirm' ? 'order.confirmed' : 'order.rejected', { orderId, executionArn });
  }
  return decision;
}

/**
 * The decision is recorded, and this call did not deliver it: somebody else has, or the order does not wait yet. Or the
 * execution had been stopped, and then it would be wrong to let anybody believe that it was confirmed.
 */
async function assertInTime(orderId: string, decision: ConfirmedDecision, { workflow }: Orders): Promise<void> {
  const outcome = (await workflow.describeExecution(orderId))?.outcome;
  if (outcome?.status === 'FAILED' && outcome.endedAtMs <= Date.parse(decision.decidedAt)) {
    throw new OrderEnded(orderId, outcome.endedAtMs);
  }
}
