import type { ExecutionDescription } from '../../../engine/src/index.ts';
import { action } from '../action.ts';
import { executionItem } from '../execution-item.ts';
import { Arn, IncludedData } from '../shapes.ts';

export const describeExecution = action({
  members: { executionArn: { ...Arn, required: true }, includedData: IncludedData },
  perform(engine, { executionArn, includedData }) {
    const execution = engine.describeExecution(executionArn);
    return {
      ...executionItem(execution),
      ...dataOf(execution, includedData !== 'METADATA_ONLY'),
      traceHeader: execution.traceHeader,
      mapRunArn: execution.mapRunArn,
      redriveStatus: execution.redriveStatus,
      redriveStatusReason: execution.redriveStatusReason,
    };
  },
});

function dataOf({ input, output, error, cause }: ExecutionDescription, included: boolean) {
  const details = { included };
  const outputDetails = output === undefined ? undefined : details;
  if (!included) return { inputDetails: details, outputDetails };
  return { input, inputDetails: details, output, outputDetails, error, cause };
}
