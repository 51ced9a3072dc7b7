import { action } from '../action.ts';
import { UnlabeledArn } from '../labeled-arn.ts';
import { ExecutionInput, Name, TraceHeader } from '../shapes.ts';
import { timestamp } from '../timestamp.ts';

export const startExecution = action({
  members: {
    stateMachineArn: { ...UnlabeledArn, required: true },
    name: Name,
    input: ExecutionInput,
    traceHeader: TraceHeader,
  },
  async perform(engine, request) {
    const { executionArn, startDateMs } = await engine.startExecution(request);
    return { executionArn, startDate: timestamp(startDateMs) };
  },
});
