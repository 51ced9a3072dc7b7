import { action } from '../action.ts';
import { LongArn, MaxConcurrency, ToleratedFailureCount, ToleratedFailurePercentage } from '../shapes.ts';

export const updateMapRun = action({
  members: {
    mapRunArn: { ...LongArn, required: true },
    maxConcurrency: MaxConcurrency,
    toleratedFailurePercentage: ToleratedFailurePercentage,
    toleratedFailureCount: ToleratedFailureCount,
  },
  async perform(engine, request) {
    await engine.updateMapRun(request);
    return {};
  },
});
