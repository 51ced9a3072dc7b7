import { action } from '../action.ts';
import { pageOf } from '../page.ts';
import { Arn, PageSize, PageToken } from '../shapes.ts';

export const getExecutionHistory = action({
  members: {
    executionArn: { ...Arn, required: true },
    maxResults: PageSize,
    nextToken: PageToken,
    reverseOrder: { type: 'boolean' },
    includeExecutionData: { type: 'boolean' },
  },
  perform(engine, request) {
    const { executionArn, reverseOrder = false, includeExecutionData = true } = request;
    const page = engine.getExecutionHistory({ executionArn, reverseOrder, includeExecutionData, ...pageOf(request) });
    // The events are kept as text; parsing them only to write them again would double the cost of a long history.
    const nextToken = page.nextToken === undefined ? '' : `,"nextToken":${JSON.stringify(page.nextToken)}`;
    return `{"events":${page.eventsText}${nextToken}}`;
  },
});
