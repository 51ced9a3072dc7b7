import { openSfn, openStores } from './aws.ts';
import type { Confirmations } from './confirmations.ts';
import { readStoreConfig } from './config.ts';
import { report } from './observe.ts';
import { sendTaskSuccessBy } from './send-task-success.ts';

/** What a handler works with, made of its environment when it is loaded. */
export function openConfirmations(environment: NodeJS.ProcessEnv): Confirmations {
  const { bucket } = readStoreConfig(environment);
  return {
    ...openStores(bucket),
    sendTaskSuccess: sendTaskSuccessBy(openSfn()),
    notify: async () => {},
    now: Date.now,
    report,
  };
}
