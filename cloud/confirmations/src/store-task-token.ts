import type { Confirmations } from './confirmations.ts';
import { open } from './commands/open.ts';
import { deliver } from './deliver.ts';
import type { Draft } from './draft.ts';
import { noticesOf } from './notices.ts';
import { reportEntries } from './observe.ts';
import type { Policy } from './policy.ts';
import { NO_RECORD } from './record-store.ts';
import type { Schedule } from './schedule.ts';
import type { Wait } from './wait.ts';

/**
 * Opens the wait of one attempt: stores its token, asks, and looks whether somebody has answered already.
 *
 * Step Functions mints a new token for each attempt, and the function of a slow one may still run when the next has begun.
 * So an attempt whose successor is there leaves everything as it is.
 */
export async function storeTaskToken(
  { wait: first, policy, schedule }: { wait: Wait; policy: Policy; schedule: Schedule },
  confirmations: Confirmations,
): Promise<void> {
  const { waits, records, notify, now, report } = confirmations;
  const wait = withItsWholeTime(first, now());
  const { id, subject, attempt } = wait;
  const { executionArn, retryCount } = attempt;
  const stored = await waits.put(wait);
  if (stored === undefined) return report('wait.superseded', { id, executionArn, retryCount });
  report('wait.stored', { id, executionArn, retryCount, wakesAt: wait.wakesAt });

  const { executionStartTime } = attempt;
  const asked = { id, run: { executionArn, executionStartTime }, subject, policy };
  const openRequest = (draft: Draft) => open(draft, asked, schedule, Date.parse(attempt.stateEnteredTime));
  // Nearly always nobody has written about it before.
  const appended = await records.append(id, openRequest, NO_RECORD);
  const { record, added, state } = appended;
  reportEntries(report, added, state.request, { id, executionArn });
  if (state.request !== undefined) {
    // An attempt before this one may have died before it told anybody.
    const requested = retryCount > 0 ? record.filter(({ event }) => event.type === 'opened').slice(-1) : [];
    const news = new Set([...requested, ...added]);
    await notify(noticesOf(id, [...news], state.request, subject));
  }
  await deliver(appended, stored, 'workflow', confirmations);
}

/** A retry has its whole TimeoutSeconds again, so it may sleep beyond what is due: then {@link deliver} tells it to wake earlier. */
function withItsWholeTime(wait: Wait, nowMs: number): Wait {
  const { stateEnteredTime, retryCount } = wait.attempt;
  if (retryCount === 0) return wait;
  const timeoutMs = Date.parse(wait.wakesAt) - Date.parse(stateEnteredTime);
  return { ...wait, wakesAt: new Date(nowMs + timeoutMs).toISOString() };
}
