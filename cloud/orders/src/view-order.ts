import type { Decision } from './confirmation.ts';
import { linksOf, type OrderView } from './contract.ts';
import { UnknownOrder } from './errors.ts';
import { finishDelivery } from './finish-delivery.ts';
import type { OrderRun } from './order-run.ts';
import type { Outcome } from './order-workflow.ts';
import type { Orders } from './orders.ts';
import type { StoredWait } from './wait-store.ts';

/** @throws {UnknownOrder} */
export async function viewOrder(orderId: string, orders: Orders): Promise<OrderView> {
  const execution = await orders.workflow.describeExecution(orderId);
  if (execution === undefined) throw new UnknownOrder(orderId);
  const links = linksOf(orderId);
  const acceptedAt = new Date(execution.startedAtMs).toISOString();
  const standing = execution.outcome ? ended(execution.outcome) : await running(execution, orders);
  return { ...execution.order, acceptedAt, ...standing, links };
}

type Standing = Pick<OrderView, 'status' | 'expiresAt' | 'endedAt' | 'confirmation' | 'failure'>;

function ended(outcome: Outcome): Standing {
  const endedAt = new Date(outcome.endedAtMs).toISOString();
  if (outcome.status === 'FAILED') return { status: outcome.status, endedAt, failure: outcome.failure };
  return { status: outcome.status, endedAt, ...confirmationIn(outcome.confirmation) };
}

async function running(run: OrderRun, orders: Orders): Promise<Standing> {
  const [wait, decision] = await Promise.all([orders.store.readWait(run.orderId), orders.store.readDecision(run)]);
  if (decision === undefined) return waiting(wait);
  if (wait !== undefined) await finishDelivery(decision, wait, orders);
  return { status: STATUS_AFTER[decision.decision], ...confirmationIn(decision) };
}

function waiting(wait: StoredWait | undefined): Standing {
  return wait ? { status: 'AWAITING_CONFIRMATION', expiresAt: wait.expiresAt } : { status: 'PROCESSING' };
}

/** While the workflow has not ended, the decision already tells where the order stands. */
const STATUS_AFTER = { confirm: 'CONFIRMED', reject: 'REJECTED', expired: 'EXPIRED' } as const;

function confirmationIn(decision: Decision): Pick<OrderView, 'confirmation'> {
  return decision.decision === 'expired' ? {} : { confirmation: decision };
}
