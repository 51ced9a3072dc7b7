import { openS3, openSfn } from './aws.ts';
import type { Confirmations } from './confirmations.ts';
import { confirmationsOver } from './confirmations-over.ts';
import { readNotifyConfig, readStoreConfig } from './config.ts';
import { openNotify } from './notify/open-notify.ts';
import { report } from './observe.ts';

/** What a handler works with, made of its environment when it is loaded. */
export function openConfirmations(environment: NodeJS.ProcessEnv): Confirmations {
  const { bucket } = readStoreConfig(environment);
  const notifyConfig = readNotifyConfig(environment);
  const silent = { s3: openS3(), sfn: openSfn(), bucket, notify: async () => {}, now: Date.now, report };
  const confirmations = confirmationsOver(silent);
  return { ...confirmations, notify: openNotify(notifyConfig, confirmations) };
}
