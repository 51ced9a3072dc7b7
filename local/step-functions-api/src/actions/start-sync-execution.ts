import type { SyncExecution } from '../../../engine/src/index.ts';
import { action } from '../action.ts';
import { Arn, ExecutionInput, IncludedData, Name, TraceHeader } from '../shapes.ts';
import { timestamp } from '../timestamp.ts';

/** Express workflows are billed by the 100 ms, and by 64 MB. AWS Step Functions pricing. */
const BILLED_MS = 100;
const BILLED_MEMORY_MB = 64;

export const startSyncExecution = action({
  members: {
    stateMachineArn: { ...Arn, required: true },
    name: Name,
    input: ExecutionInput,
    traceHeader: TraceHeader,
    includedData: IncludedData,
  },
  async perform(engine, { includedData, ...request }) {
    const execution = await engine.startSyncExecution(request);
    const { startDateMs, stopDateMs, input, output, error, cause, ...rest } = execution;
    const isIncluded = includedData !== 'METADATA_ONLY';
    const details = { included: isIncluded };
    return {
      ...rest,
      startDate: timestamp(startDateMs),
      stopDate: timestamp(stopDateMs),
      inputDetails: details,
      outputDetails: details,
      ...(isIncluded && { input, output, error, cause }),
      billingDetails: billingOf(execution),
    };
  },
});

/** What it would have cost; nobody bills anything here. */
function billingOf({ startDateMs, stopDateMs }: SyncExecution) {
  return {
    billedDurationInMilliseconds: Math.max(1, Math.ceil((stopDateMs - startDateMs) / BILLED_MS)) * BILLED_MS,
    billedMemoryUsedInMB: BILLED_MEMORY_MB,
  };
}
