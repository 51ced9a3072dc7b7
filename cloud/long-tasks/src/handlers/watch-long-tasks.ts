import { observed, openS3, openSfn, report } from '../../../confirmations/src/index.ts';
import { answersTo } from '../answer-task-token.ts';
import { attemptStore } from '../attempt-store.ts';
import { readBucketConfig } from '../config.ts';
import { parseStopEvent } from '../stopped.ts';
import { watch } from '../watch.ts';

const { bucket } = readBucketConfig(process.env);
const sfn = openSfn();
const attempts = attemptStore(openS3(), bucket);

/** Called for each container that has stopped, and for each job that has failed. */
export const handler = observed(async (event: unknown): Promise<void> => {
  await watch(parseStopEvent(event), { attempts, answersTo: (taskToken) => answersTo(taskToken, sfn), report });
});
