import { action } from '../action.ts';
import { activityItem } from '../activity-item.ts';
import { pageOf } from '../page.ts';
import { PageSize, PageToken } from '../shapes.ts';

export const listActivities = action({
  members: { maxResults: PageSize, nextToken: PageToken },
  perform(engine, request) {
    const { items, nextToken } = engine.listActivities(pageOf(request));
    return { activities: items.map(activityItem), nextToken };
  },
});
