import { action } from '../action.ts';
import { Arn, SensitiveCause, SensitiveError } from '../shapes.ts';
import { timestamp } from '../timestamp.ts';

export const stopExecution = action({
  members: { executionArn: { ...Arn, required: true }, error: SensitiveError, cause: SensitiveCause },
  async perform(engine, request) {
    const { stopDateMs } = await engine.stopExecution(request);
    return { stopDate: timestamp(stopDateMs) };
  },
});
