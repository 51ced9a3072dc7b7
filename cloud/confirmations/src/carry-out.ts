import type { Confirmations } from './confirmations.ts';
import { deliver } from './deliver.ts';
import type { Draft } from './draft.ts';
import type { Actor } from './events.ts';
import { InvalidRequest } from './invalid-request.ts';
import { noticesOf } from './notices.ts';
import { reportEntries } from './observe.ts';
import type { StoredRecord } from './record-store.ts';
import { Refusal } from './refusals.ts';
import type { RequestState } from './request-state.ts';
import type { StoredWait } from './wait-store.ts';

/** What was just read of a request for which something waits. Both may have changed since. */
export interface KnownRequest {
  readonly stored: StoredRecord;
  readonly wait: StoredWait;
}

/**
 * Carries out what somebody asked for: writes it into the record, tells whom it concerns, and brings it to the workflow, if
 * that waits. All that is said and done about a request goes this way.
 *
 * When this returns, it is written and will be honoured, whether or not the workflow waits yet.
 *
 * @param known where it has just been read anyway
 * @throws {Refusal} {@link InvalidRequest}
 */
export async function carryOut(
  id: string,
  via: Actor['via'],
  work: (draft: Draft) => void,
  confirmations: Confirmations,
  known?: KnownRequest,
): Promise<{ state: RequestState; isDelivered: boolean }> {
  const { waits, records, notify, report } = confirmations;
  let refusal: Refusal | InvalidRequest | undefined;
  const noteRefusal = (draft: Draft) => {
    refusal = refusalOf(() => work(draft));
  };
  const appended = await records.append(id, noteRefusal, known?.stored);
  const { state, added } = appended;
  const { request } = state;
  const executionArn = request?.executionArn;
  reportEntries(report, added, request, { id, ...(executionArn !== undefined && { executionArn }) });

  // The token that is known counts if Step Functions takes it: then it was the live one, and no attempt came after it.
  let isDelivered = false;
  if (request !== undefined && known !== undefined) {
    await notify(noticesOf(id, added, request, known.wait.subject));
    isDelivered = await deliver(appended, known.wait, via, confirmations);
  }
  // Else read after the record is written: the wait may have opened since, or be another attempt's.
  const wait = request === undefined || isDelivered ? undefined : await waits.read(id);
  if (request !== undefined && wait !== undefined && wait.etag !== known?.wait.etag) {
    if (known === undefined) await notify(noticesOf(id, added, request, wait.subject));
    isDelivered = await deliver(appended, wait, via, confirmations);
  }
  // Also what is refused may have brought something to pass: that the deadline is over, for one.
  if (refusal !== undefined) throw refusal;
  return { state, isDelivered };
}

function refusalOf(work: () => void): Refusal | InvalidRequest | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof Refusal || error instanceof InvalidRequest) return error;
    throw error;
  }
}
