import { openWaitStore } from '../aws.ts';
import { closeConfirmation } from '../close-confirmation.ts';
import { readStoreConfig } from '../config.ts';
import type { Decision } from '../confirmation.ts';
import { observed, report } from '../observe.ts';
import { parseCloseConfirmationEvent } from '../workflow-step.ts';

const config = readStoreConfig(process.env);
const store = openWaitStore(config.taskTokenBucket);

/** The state `CloseConfirmation`, when the wait has timed out. Gives the decision that holds. */
export const handler = observed(async (event: unknown): Promise<Decision> => {
  return await closeConfirmation(parseCloseConfirmationEvent(event), { store, now: Date.now, report });
});
