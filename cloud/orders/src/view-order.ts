import {
  type Actor,
  digestOf,
  pendingOf,
  type Request,
  type Settlement,
  settlementOf,
  statusOf,
  view,
  readStanding,
} from '../../confirmations/src/index.ts';
import type { ReadProgress } from '../../long-tasks/src/index.ts';
import { linksOf, type OrderView } from './contract.ts';
import { UnknownOrder } from './errors.ts';
import type { OrderExecution, Outcome } from './order-workflow.ts';
import type { Orders } from './orders.ts';

/**
 * An order as somebody sees it; that they saw it is written down.
 *
 * @throws {UnknownOrder}
 */
export async function viewOrder(
  orderId: string,
  by: Actor,
  { workflow, confirmations, readProgress }: Pick<Orders, 'workflow' | 'confirmations' | 'readProgress'>,
): Promise<OrderView> {
  const execution = await workflow.describeExecution(orderId);
  if (execution === undefined) throw new UnknownOrder(orderId);
  const { order, startedAtMs, outcome } = execution;
  const always = { ...order, acceptedAt: new Date(startedAtMs).toISOString(), links: linksOf(orderId) };
  if (outcome !== undefined) return { ...always, ...ended(outcome) };

  const { request } = await readStanding(orderId, confirmations);
  if (request === undefined || !isOfThisRun(request.executionStartTime, execution)) {
    return { ...always, status: 'PROCESSING', ...(await progressOf(execution, readProgress)) };
  }
  if (request.decided === undefined && by.person !== undefined) {
    await confirmations.records.append(orderId, (draft) => view(draft, by, digestOf(order)));
  }
  return { ...always, ...running(request, by) };
}

type Standing = Pick<OrderView, 'status' | 'expiresAt' | 'endedAt' | 'pending' | 'confirmation' | 'failure'>;

function ended(outcome: Outcome): Standing {
  const endedAt = new Date(outcome.endedAtMs).toISOString();
  if (outcome.status === 'FAILED') return { status: outcome.status, endedAt, failure: outcome.failure };
  return { status: outcome.status, endedAt, ...settledBy(outcome.confirmation) };
}

async function progressOf(
  execution: OrderExecution,
  readProgress: ReadProgress | undefined,
): Promise<Pick<OrderView, 'progress'>> {
  const progress = await readProgress?.(execution.orderId);
  return progress !== undefined && isOfThisRun(progress.at, execution) ? { progress } : {};
}

function running(request: Request, by: Actor): Standing {
  const { decided, opened } = request;
  // While the workflow has not ended, the decision already tells where the order stands.
  if (decided !== undefined) return { status: statusOf(request), ...settledBy(settlementOf(decided)) };
  if (opened === undefined) return { status: 'PROCESSING' };
  return { status: 'AWAITING_CONFIRMATION', expiresAt: opened.deadline, pending: pendingOf(request, by) };
}

function settledBy(confirmation: Settlement): Pick<OrderView, 'confirmation'> {
  return confirmation.decision === 'expired' ? {} : { confirmation };
}

/** An id can be used again 90 days after its order ended; the record then begins with the one before. */
function isOfThisRun(at: string, { startedAtMs }: OrderExecution): boolean {
  return Date.parse(at) > startedAtMs - CLOCK_DIFFERENCE_MAX_MS;
}

const CLOCK_DIFFERENCE_MAX_MS = 24 * 60 * 60 * 1000;
