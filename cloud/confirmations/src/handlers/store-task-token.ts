import { observed } from '../observe.ts';
import { openConfirmations } from '../open-confirmations.ts';
import { storeTaskToken } from '../store-task-token.ts';
import { parseWaitEvent } from '../wait.ts';

const confirmations = openConfirmations(process.env);

/** A state that waits: called with the token of each attempt. What it returns, nobody reads. */
export const handler = observed(async (event: unknown): Promise<void> => {
  await storeTaskToken(parseWaitEvent(event), confirmations);
});
