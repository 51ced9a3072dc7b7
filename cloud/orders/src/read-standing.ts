import {
  type ConfirmationRecord,
  type Confirmations,
  deliver,
  type Request,
  stateOf,
  type StoredWait,
} from '../../confirmations/src/index.ts';

/** Where the question about an order stands, and the wait, if there is one now. */
export interface Standing {
  readonly request: Request | undefined;
  readonly wait: StoredWait | undefined;
}

/**
 * Looks at the question about an order, and brings a decision to its wait if it finds both: whoever made the decision died
 * before sending it. The order need not wait for them to try again, nor for the deadline.
 */
export async function readStanding(orderId: string, confirmations: Confirmations): Promise<Standing> {
  const [record, wait] = await Promise.all([confirmations.records.read(orderId), confirmations.waits.read(orderId)]);
  const { request } = stateOf(record);
  if (wait !== undefined && request?.decided !== undefined) await finish(record, wait, confirmations);
  return { request, wait };
}

/** Looking must work all the same, so a failure is reported and not thrown. */
async function finish(record: ConfirmationRecord, wait: StoredWait, confirmations: Confirmations): Promise<void> {
  try {
    await deliver(record, wait, 'api', confirmations);
  } catch (error) {
    const { executionArn } = wait.attempt;
    const cause = error instanceof Error ? error : new Error(String(error));
    confirmations.report('message.undelivered', { id: wait.id, executionArn, error: cause });
  }
}
