import { action } from '../action.ts';
import { Arn, Name } from '../shapes.ts';

export const getActivityTask = action({
  members: { activityArn: { ...Arn, required: true }, workerName: Name },
  async perform(engine, request, client) {
    const task = await engine.getActivityTask({ ...request, signal: client.hungUp() });
    return task ?? {};
  },
});
