import { openSfn, openWaitStore } from '../aws.ts';
import { readStoreConfig } from '../config.ts';
import { observed, report } from '../observe.ts';
import { sendTaskSuccessBy } from '../send-task-success.ts';
import { storeTaskToken } from '../store-task-token.ts';
import { parseWaitEvent } from '../wait.ts';

const config = readStoreConfig(process.env);
const store = openWaitStore(config.taskTokenBucket);
const sendTaskSuccess = sendTaskSuccessBy(openSfn());

/** The state `WaitForConfirmation`: called with the token of each attempt. What it returns, nobody reads. */
export const handler = observed(async (event: unknown): Promise<void> => {
  await storeTaskToken(parseWaitEvent(event), { store, sendTaskSuccess, report });
});
