import type { ActivitySummary } from '../../engine/src/index.ts';
import { timestamp } from './timestamp.ts';

/** What DescribeActivity and ListActivities both say of an activity. */
export function activityItem({ activityArn, name, creationDateMs }: ActivitySummary) {
  return { activityArn, name, creationDate: timestamp(creationDateMs) };
}
