import { observed, openS3, report } from '../../../confirmations/src/index.ts';
import { attemptStore } from '../attempt-store.ts';
import { readStartConfig } from '../config.ts';
import { runTaskBy } from '../run-task.ts';
import { parseStart, start } from '../start.ts';

const { bucket, place } = readStartConfig(process.env);
const dependencies = { attempts: attemptStore(openS3(), bucket), runTask: runTaskBy(process.env), place, report };

/** A state that waits for a container: called with the token of each attempt. What it returns, nobody reads. */
export const handler = observed(async (event: unknown): Promise<void> => {
  await start(parseStart(event), dependencies);
});
