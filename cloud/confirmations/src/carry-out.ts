import type { Confirmations } from './confirmations.ts';
import { deliver } from './deliver.ts';
import type { Draft } from './draft.ts';
import type { Actor } from './events.ts';
import { noticesOf } from './notices.ts';
import { reportEntries } from './observe.ts';
import type { RequestState } from './request-state.ts';

/**
 * Carries out what somebody asked for: writes it into the record, tells whom it concerns, and brings it to the workflow, if
 * that waits. All that is said and done about a request goes this way.
 *
 * When this returns, it is written and will be honoured, whether or not the workflow waits yet.
 *
 * @throws {Refusal} {@link InvalidRequest}
 */
export async function carryOut(
  id: string,
  via: Actor['via'],
  work: (draft: Draft) => void,
  confirmations: Confirmations,
): Promise<{ state: RequestState; isDelivered: boolean }> {
  const { waits, records, notify, report } = confirmations;
  const { record, state, added } = await records.append(id, work);
  const { request } = state;
  const executionArn = request?.executionArn;
  reportEntries(report, added, { id, ...(executionArn !== undefined && { executionArn }) });
  if (request === undefined) return { state, isDelivered: false };

  // Read after the record is written: the wait may have opened since, or be another attempt's.
  const wait = await waits.read(id);
  if (wait === undefined) return { state, isDelivered: false };
  await notify(noticesOf(id, added, request, wait.subject));
  const isDelivered = await deliver(record, wait, via, confirmations);
  return { state, isDelivered };
}
