import type { Confirmations } from './confirmations.ts';
import type { Draft } from './draft.ts';
import type { Actor } from './events.ts';
import { type Message, messageFor } from './message.ts';
import { decidedNotice } from './notices.ts';
import { type Request, stateOf } from './request-state.ts';
import type { ConfirmationRecord } from './record.ts';
import type { StoredRecord } from './record-store.ts';
import type { StoredWait } from './wait-store.ts';

/**
 * So much too late a task may wake. Step Functions counts whole seconds, and by a clock that may be ahead of ours: without
 * this, a wait that has just been told when to wake could be told again and again.
 */
const SLACK_MS = 2_000;

/**
 * Brings what the record says to a wait: what was decided; or that something is due sooner than the task times out, since
 * a deadline was moved or a decision is held.
 *
 * Whoever comes second does this: who has written an answer and finds a wait, or `storeTaskToken` finding an answer. Each
 * writes its own object before it looks for the other's, so at least one of them finds both. If both do, the second send
 * meets a closed task. It may be repeated at any time, by anybody, and after a crash it should be.
 *
 * @returns whether this call moved the workflow on.
 */
export async function deliver(
  stored: StoredRecord,
  wait: StoredWait,
  via: Actor['via'] | 'workflow',
  { waits, records, sendTaskSuccess, notify, now, report }: Confirmations,
): Promise<boolean> {
  const toSend = messageToSend(stored.record, wait, now());
  if (toSend === undefined) return false;
  const { request, message } = toSend;

  const { id } = wait;
  const isSent = await sendTaskSuccess(wait.taskToken, message);
  const { executionArn, retryCount } = wait.attempt;
  report(isSent ? 'message.delivered' : 'message.late', { id, executionArn, retryCount, decision: message.decision });
  // A closed task was answered by somebody, who sees to the rest; or it was tried again, and then the next attempt does.
  // If the rest is done, this is a slow attempt that has come after everything.
  if (!isSent && request.isDelivered) await waits.remove(wait);
  if (!isSent || message.decision === 'wait') return isSent;

  await notify([decidedNotice(id, request, wait.subject)]);
  const markDelivered = (draft: Draft) => {
    if (draft.state.request?.isDelivered === false) draft.add({ type: 'delivered', via });
  };
  await records.append(id, markDelivered, stored);
  await waits.remove(wait);
  return true;
}

/** What a wait is to be told now; undefined as long as it may sleep. */
export function messageToSend(
  record: ConfirmationRecord,
  { attempt, wakesAt }: StoredWait,
  nowMs: number,
): { request: Request; message: Message } | undefined {
  const { request } = stateOf(record);
  if (request === undefined || request.executionArn !== attempt.executionArn) return undefined;
  const message = messageFor(request, nowMs);
  const maySleep = message.decision === 'wait' && nowMs + message.seconds * 1000 + SLACK_MS >= Date.parse(wakesAt);
  return maySleep ? undefined : { request, message };
}
