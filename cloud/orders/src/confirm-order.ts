import type { ConfirmedDecision, Confirmation, Decision } from './confirmation.ts';
import { deliverDecision } from './deliver-decision.ts';
import { ContradictingDecision, DeadlinePassed, OrderEnded, UnknownOrder } from './errors.ts';
import type { Outcome } from './order-workflow.ts';
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

  const outcome = execution?.outcome;
  const decision =
    outcome === undefined ? await decide(run, confirmation, wait, orders) : await decisionBefore(outcome, run, orders);

  if (decision.decision === 'expired') throw new DeadlinePassed(orderId, Date.parse(decision.decidedAt));
  if (decision.decision !== confirmation.decision) {
    report('decision.contradicted', { orderId, executionArn: run.executionArn });
    throw new ContradictingDecision(orderId, decision);
  }
  // Read again, after the decision is written: the wait may have opened since, or be another attempt's.
  const open = await store.readWait(orderId);
  const isDelivered = open !== undefined && (await deliverDecision(decision, open, orders));
  if (!isDelivered) await assertInTime(orderId, decision, orders);
  return decision;
}

async function decide(
  run: OrderRun,
  confirmation: Confirmation,
  wait: StoredWait | undefined,
  { store, now, report }: Orders,
): Promise<Decision> {
  const { orderId, executionArn } = run;
  const decidedAt = new Date(now()).toISOString();
  const isLate = wait !== undefined && decidedAt >= wait.expiresAt;
  // Whoever comes too late closes the question, so that nobody who is just as late is told something else.
  const mine: Decision = isLate ? { decision: 'expired', decidedAt } : { ...confirmation, decidedAt };
  const decision = await store.recordDecision(run, mine);
  if (decision === mine) report(EVENTS[mine.decision], { orderId, executionArn });
  return decision;
}

const EVENTS = { confirm: 'order.confirmed', reject: 'order.rejected', expired: 'order.expired' } as const;

/** What had been decided on an order that has ended. */
async function decisionBefore(outcome: Outcome, run: OrderRun, { store }: Orders): Promise<Decision> {
  // An execution that ended well knows it, and longer than the decision's object lives.
  if (outcome.status !== 'FAILED') return outcome.confirmation;
  const decision = await store.readDecision(run);
  if (decision !== undefined) return decision;
  throw new OrderEnded(run.orderId, outcome.endedAtMs);
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
