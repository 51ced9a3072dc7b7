import { action } from '../action.ts';
import { Arn } from '../shapes.ts';

export const deleteActivity = action({
  members: { activityArn: { ...Arn, required: true } },
  async perform(engine, { activityArn }) {
    await engine.deleteActivity(activityArn);
    return {};
  },
});
