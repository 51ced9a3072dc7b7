import { action } from '../action.ts';
import { activityItem } from '../activity-item.ts';
import { Arn } from '../shapes.ts';

export const describeActivity = action({
  members: { activityArn: { ...Arn, required: true } },
  perform(engine, { activityArn }) {
    const activity = engine.describeActivity(activityArn);
    return { ...activityItem(activity), encryptionConfiguration: activity.encryptionConfiguration };
  },
});
