import type { Confirmations } from './confirmations.ts';
import { deliver } from './deliver.ts';
import type { StoredRecord } from './record-store.ts';
import { type Request, stateOf } from './request-state.ts';
import type { StoredWait } from './wait-store.ts';

/** Where a request stands, and its wait, if there is one now. */
export interface Standing {
  readonly request: Request | undefined;
  readonly wait: StoredWait | undefined;
}

/**
 * Looks at a request, and brings a decision to its wait if it finds both: whoever made the decision died
 * before sending it. The workflow need not wait for them to try again, nor for the deadline.
 */
export async function readStanding(id: string, confirmations: Confirmations): Promise<Standing> {
  const [stored, wait] = await Promise.all([confirmations.records.read(id), confirmations.waits.read(id)]);
  const { request } = stateOf(stored.record);
  if (wait !== undefined && request?.decided !== undefined) await finish(stored, wait, confirmations);
  return { request, wait };
}

/** Looking must work all the same, so a failure is reported and not thrown. */
async function finish(stored: StoredRecord, wait: StoredWait, confirmations: Confirmations): Promise<void> {
  try {
    await deliver(stored, wait, 'api', confirmations);
  } catch (error) {
    const { executionArn } = wait.attempt;
    const cause = error instanceof Error ? error : new Error(String(error));
    confirmations.report('message.undelivered', { id: wait.id, executionArn, error: cause });
  }
}
