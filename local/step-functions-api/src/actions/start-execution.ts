import { action } from '../action.ts';
import { ExecutionInput, Name, Arn, TraceHeader } from '../shapes.ts';
import { timestamp } from '../timestamp.ts';

export const startExecution = action({
  members: {
    stateMachineArn: { ...Arn, required: true },
    name: Name,
    input: ExecutionInput,
    traceHeader: TraceHeader,
  },
  async perform(engine, request) {
    const { executionArn, startDateMs } = await engine.startExecution(request);
    return { executionArn, startDate: timestamp(startDateMs) };
  },
});
